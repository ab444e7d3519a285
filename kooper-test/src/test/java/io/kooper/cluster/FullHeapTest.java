package io.kooper.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.kooper.controller.Controller;
import io.kooper.controller.Health;
import io.kooper.leaderelection.LeaderElection;
import io.kooper.leaderelection.Runner;
import io.kooper.retrieve.Retriever;
import io.kooper.test.junit.KooperTest;
import io.kooper.test.junit.TestCluster;
import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Something else in the process takes all of its heap for a while. Afterwards a controller works again, or its health says
 * that only a restart helps. A build runs two such processes; {@code -Dkooper.fullHeap.processes=10} and {@code
 * -Dkooper.fullHeap.seconds=12} are the whole experiment.
 */
@KooperTest
class FullHeapTest {

  private static final Logger log = LoggerFactory.getLogger(FullHeapTest.class);

  private static final int PROCESSES = Integer.getInteger("kooper.fullHeap.processes", 2);
  private static final int AT_ONCE = Integer.getInteger("kooper.fullHeap.atOnce", 2);
  private static final long FULL = TimeUnit.SECONDS.toNanos(Integer.getInteger("kooper.fullHeap.seconds", 6));
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  /** The other process: arguments are a kubeconfig file, the HTTP client, and whether there is an election. */
  static final class Victim {

    private static final class Link {
      final @Nullable Link next;
      byte[] bytes = {};

      Link(@Nullable Link next) {
        this.next = next;
      }
    }

    private static final int DUMP_AT = 250;

    private final AtomicLong seen = new AtomicLong(-1);

    private Victim() {}

    public static void main(String[] args) throws Exception {
      new Victim().run(HttpModule.valueOf(args[1]).client(Kubeconfig.read(args[0])), Boolean.parseBoolean(args[2]));
    }

    private void run(KubernetesClient client, boolean elected) throws Exception {
      CountDownLatch works = new CountDownLatch(1);
      Runner runner = !elected ? Runner.ALWAYS
          : LeaderElection.builder(client, "own-" + ProcessHandle.current().pid()).namespace(client.getNamespace())
              .leaseDuration(Duration.ofSeconds(6)).renewDeadline(Duration.ofSeconds(4))
              .retryPeriod(Duration.ofMillis(500)).build();
      Controller controller = Controller.builder(
              Retriever.builder(client, ConfigMap.class).inNamespace(client.getNamespace()).build(),
              (context, object) -> {
                seen.set(Long.parseLong(object.getData().get("n")));
                works.countDown();
              })
          .election(runner).campaignAgain().handlerTimeout(Duration.ofSeconds(30)).build();
      Thread running = new Thread(controller::run, "run");
      running.setDaemon(true);
      running.start();
      works.await();
      System.out.println("works");
      fill(System.nanoTime() + FULL);
      while (true) {
        try {
          System.out.println("freed");
          report(controller);
        } catch (OutOfMemoryError e) {
          // the collector is not done yet: the controller is to be judged, and not who reports of it
        }
      }
    }

    /** Takes all that there is, and each bit that anybody lets go of. */
    private static void fill(long end) {
      Link hoard = null;
      int size = 1 << 20;
      while (System.nanoTime() < end) {
        try {
          hoard = new Link(hoard);
          hoard.bytes = new byte[size];
        } catch (OutOfMemoryError e) {
          size = Math.max(16, size / 2);
        }
      }
    }

    private void report(Controller controller) throws InterruptedException {
      for (int looks = 1; true; looks++) {
        if (looks == DUMP_AT) { // it is about to be given up: its log says where its threads are
          Thread.getAllStackTraces().forEach((thread, trace) -> System.err.println(
              thread + " " + thread.getState() + "\n  " + List.of(trace).toString().replace(", ", "\n  ")));
        }
        Health health = controller.health();
        System.out.println(seen.get() + " " + health.live() + " " + String.join(" | ", health.reasons()).replace('\n', ' '));
        Thread.sleep(100); // of the other process: what it reports is waited for
      }
    }
  }

  private record End(String process, String how, long millis) {}

  private static ConfigMap configMap(long n) {
    return new ConfigMapBuilder().withNewMetadata().withName("a").endMetadata()
        .addToData("n", Long.toString(n)).build();
  }

  @Test
  @Timeout(600)
  void worksAgainOrSaysThatOnlyARestartHelps(TestCluster cluster, KubernetesClient client, @TempDir Path folder)
      throws Exception {
    String kubeconfig = Kubeconfig.write(cluster.config(), client.getNamespace(), folder).toString();
    List<End> ends = new ArrayList<>();
    ExecutorService threads = Executors.newCachedThreadPool();
    try {
      AtomicLong n = new AtomicLong();
      client.resource(configMap(0)).create();
      Future<?> noise = threads.submit(() -> {
        while (!Thread.currentThread().isInterrupted()) { // changes all the time
          client.resource(configMap(n.incrementAndGet())).update();
          TimeUnit.MILLISECONDS.sleep(50);
        }
        return null;
      });
      Semaphore room = new Semaphore(AT_ONCE);
      List<Future<End>> processes = new ArrayList<>();
      for (int i = 0; i < PROCESSES; i++) {
        List<String> arguments = List.of(i % 2 == 0 ? "VERTX" : "JDK", Boolean.toString(i / 2 % 2 == 0));
        List<String> options = i % 3 == 2 ? List.of("-XX:+UseSerialGC") : List.of();
        File errors = new File(System.getProperty("kooper.fullHeap.logs", folder.toString()), i + ".log");
        String name = i + " " + arguments + " " + options;
        processes.add(threads.submit(() -> {
          room.acquire();
          try {
            return endOf(name, kubeconfig, arguments, options, n, errors);
          } finally {
            room.release();
          }
        }));
      }
      for (Future<End> process : processes) {
        End end = process.get();
        ends.add(end);
        log.warn("{}", end);
      }
      noise.cancel(true);
    } finally {
      threads.shutdownNow();
    }
    assertThat(ends).hasSize(PROCESSES).allMatch(end -> end.how.startsWith("works again") || end.how.startsWith("not live"));
  }

  private static End endOf(
      String name, String kubeconfig, List<String> arguments, List<String> options, AtomicLong n, File errors)
      throws IOException {
    List<String> command = new ArrayList<>(List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
        "-Xmx48m", "-Dorg.slf4j.simpleLogger.defaultLogLevel=info",
        "-Dkooper.fullHeap.seconds=" + TimeUnit.NANOSECONDS.toSeconds(FULL), "-cp", System.getProperty("java.class.path")));
    command.addAll(options);
    command.add(Victim.class.getName());
    command.add(kubeconfig);
    command.addAll(arguments);
    Process process = new ProcessBuilder(command).redirectError(errors).start();
    long start = 0;
    long wanted = Long.MAX_VALUE;
    String last = "";
    try (BufferedReader says = new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
      for (String line; (line = says.readLine()) != null; ) {
        if (line.equals("freed")) { // once more, if the reporter had no memory: the time runs from the first
          start = start == 0 ? System.nanoTime() : start;
          wanted = n.get() + 2; // written after this moment
        } else if (!line.equals("works")) {
          last = line;
          long millis = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start);
          String[] words = line.split(" ", 3);
          if (Long.parseLong(words[0]) >= wanted) {
            return new End(name, "works again", millis);
          }
          if (words[1].equals("false")) {
            return new End(name, "not live: " + words[2], millis);
          }
          if (millis > PATIENCE.toMillis()) {
            return new End(name, "neither: " + line, millis);
          }
        }
      }
      return new End(name, "process ended: " + last, 0);
    } finally {
      process.destroyForcibly();
    }
  }
}
