package io.kooper.bench;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.kooper.controller.Controller;
import io.kooper.handler.Handler;
import io.kooper.retrieve.ObjectKey;
import io.kooper.retrieve.Retriever;
import io.kooper.test.EmbeddedApiServer;
import io.kooper.test.Fault;
import io.kooper.test.Faults;
import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Scanner;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;

/**
 * A process that has many pods in its store follows 100 changes a second, then survives a list in which all have changed, beside
 * a bare fabric8 informer: CPU a change, once the JVM is warm, and the memory. Which heap is enough shows from several. Of Kooper
 * also the CPU a call when all pods are handled though nothing has changed, as at a resync.
 *
 * <pre>
 * mvn -q -B verify -DskipTests -Pbench -pl kooper-bench -am -Dbench=Follow \
 *     -Dbench.args="[PODS [SECONDS [HEAPS [HEAPS_OF_FABRIC8]]]]"
 * </pre>
 *
 * <p>The pods are those of {@link Sync}, and the server is the embedded one. A process for each heap, as in {@code 120m,160m};
 * {@code 0} leaves the contender out.
 */
public final class Follow {

  private static final int CHANGES_A_SECOND = 100;
  private static final int WARM = 4; // resyncs until the JVM has compiled what reads a pod

  private final EmbeddedApiServer server;
  private final KubernetesClient client;
  private final int pods;

  private Follow(EmbeddedApiServer server, KubernetesClient client, int pods) {
    this.server = server;
    this.client = client;
    this.pods = pods;
  }

  public static void main(String[] args) throws Exception {
    if (args.length > 1 && (args[0].equals("fabric8") || args[0].equals("kooper"))) {
      contend(args[0], Path.of(args[1]), Integer.parseInt(args[2]));
      return;
    }
    int pods = args.length > 0 ? Integer.parseInt(args[0]) : 10_000;
    int seconds = args.length > 1 ? Integer.parseInt(args[1]) : 20;
    String heaps = args.length > 2 ? args[2] : "2g";
    String heapsOfFabric8 = args.length > 3 ? args[3] : heaps;
    Path kubeconfig = Files.createTempFile("kooper-bench", ".yaml");
    kubeconfig.toFile().deleteOnExit();
    try (EmbeddedApiServer server = EmbeddedApiServer.start(); KubernetesClient client = server.client()) {
      Files.writeString(kubeconfig, server.kubeconfig());
      Sync.create(kubeconfig, pods);
      Follow follow = new Follow(server, client, pods);
      for (String heap : heaps.split(",")) {
        follow.run("kooper", kubeconfig, seconds, heap);
      }
      for (String heap : heapsOfFabric8.split(",")) {
        follow.run("fabric8", kubeconfig, seconds, heap);
      }
    }
  }

  private void run(String contender, Path kubeconfig, int seconds, String heap) throws Exception {
    if (heap.equals("0")) {
      return;
    }
    Process process = new ProcessBuilder(ProcessHandle.current().info().command().orElse("java"), "-Xmx" + heap,
        "-XX:+ExitOnOutOfMemoryError", "-cp", System.getProperty("java.class.path"), Follow.class.getName(), contender,
        kubeconfig.toString(), Integer.toString(pods)).redirectError(ProcessBuilder.Redirect.INHERIT).start();
    try (BufferedReader lines = process.inputReader(); BufferedWriter commands = process.outputWriter()) {
      answer(lines); // all were seen
      int changes = seconds * CHANGES_A_SECOND;
      follow(lines, commands, changes); // warms it up
      double before = follow(lines, commands, 0);
      double cpu = (follow(lines, commands, changes) - before) / changes;
      System.out.printf(Locale.ROOT, "%-8s -Xmx%s: CPU a change %.0f µs%n", contender, heap, cpu);
      if (contender.equals("kooper")) {
        for (int i = 0; i < WARM; i++) {
          resync(lines, commands);
        }
        System.out.printf(Locale.ROOT, "%-8s -Xmx%s: CPU a pod of a resync %.0f µs%n", contender, heap, resync(lines, commands));
      }
      changeAllUnseen();
      ask(commands, pods);
      answer(lines);
      System.out.printf(Locale.ROOT, "%-8s -Xmx%s: survived a list of changed pods, peak RSS %s MB%n", contender, heap,
          answer(lines));
    } catch (IOException e) {
      System.out.printf(Locale.ROOT, "%-8s -Xmx%s: it ended%n", contender, heap);
    } finally {
      process.destroyForcibly().waitFor();
    }
  }

  /** Makes so many changes, and returns the CPU time of the process in µs once it has seen them. */
  private double follow(BufferedReader lines, BufferedWriter commands, int changes) throws IOException, InterruptedException {
    ask(commands, changes);
    long begin = System.nanoTime();
    for (int i = 0; i < changes; i++) {
      TimeUnit.NANOSECONDS.sleep(begin + i * TimeUnit.SECONDS.toNanos(1) / CHANGES_A_SECOND - System.nanoTime());
      change(i * 37 % pods);
    }
    double cpu = Double.parseDouble(answer(lines));
    answer(lines);
    return cpu;
  }

  /** Has each pod handled, and returns the CPU time that took for each, in µs. */
  private double resync(BufferedReader lines, BufferedWriter commands) throws IOException, InterruptedException {
    double before = follow(lines, commands, 0);
    ask(commands, -pods);
    double cpu = Double.parseDouble(answer(lines)) - before;
    answer(lines);
    return cpu / pods;
  }

  private void change(int pod) {
    client.pods().inNamespace("default").withName("web-" + pod).patch(PatchContext.of(PatchType.JSON_MERGE),
        "{\"metadata\":{\"annotations\":{\"changed\":\"" + System.nanoTime() + "\"}}}");
  }

  /** While the process can neither list nor watch. */
  private void changeAllUnseen() {
    Faults.Injection lists = server.faults().inject(Fault.status(503).on("list", "pods"));
    Faults.Injection watches = server.faults().inject(Fault.status(503).on("watch", "pods"));
    server.faults().cutConnections();
    IntStream.range(0, pods).parallel().forEach(this::change);
    server.faults().compact();
    watches.stop();
    lists.stop();
  }

  private static void ask(BufferedWriter commands, int changes) throws IOException {
    commands.write(changes + "\n");
    commands.flush();
  }

  private static String answer(BufferedReader lines) throws IOException {
    String line = lines.readLine();
    if (line == null) {
      throw new IOException("the process has ended");
    }
    return line;
  }

  // a contender

  /**
   * Says when all were seen; then, for each number, its CPU time in µs and its peak of memory once so many more were seen. A
   * negative number has all handled first.
   */
  private static void contend(String contender, Path kubeconfig, int pods) throws Exception {
    Semaphore seen = new Semaphore(0);
    try (KubernetesClient client = Sync.client(kubeconfig)) {
      Runnable resync = () -> {};
      if (contender.equals("kooper")) {
        Handler<Pod> handler = (context, pod) -> seen.release();
        Controller controller = Controller.builder(Retriever.builder(client, Pod.class).build(), handler).noResync().build();
        Thread running = new Thread(controller::run);
        running.setDaemon(true);
        running.start();
        resync = () -> IntStream.range(0, pods).forEach(i -> controller.trigger(new ObjectKey("default", "web-" + i)));
      } else {
        client.pods().inAnyNamespace().inform(new Related.Counting<>(seen));
      }
      seen.acquire(pods);
      System.out.println("all");
      try (var commands = new Scanner(System.in, StandardCharsets.UTF_8)) {
        while (commands.hasNextInt()) {
          int more = commands.nextInt();
          if (more < 0) {
            resync.run();
          }
          seen.acquire(Math.abs(more));
          var bean = (com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
          System.out.printf(Locale.ROOT, "%f%n%.0f%n", bean.getProcessCpuTime() / 1e3, Sync.peakRss());
        }
      }
    }
  }
}
