package io.kooper.bench;

import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.NonDeletingOperation;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.kooper.test.EmbeddedApiServer;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;

/**
 * Three replicas on 16 shards, each a process of its own, with handlers that take 20 ms: what each keeps and reads, and how fast
 * they handle a change of all objects, beside one without shards; how long the longest change waits for its call while replicas
 * come and go; and whether any key was in two calls at once.
 *
 * <pre>
 * mvn -q -B verify -DskipTests -Pbench -pl kooper-bench -am -Dbench=Sharded -Dbench.args="[OBJECTS]"
 * </pre>
 *
 * <p>Objects are ConfigMaps of some 2 KB; one is changed each 25 ms.
 */
public final class Sharded {

  static final String NAMESPACE = "default";

  private final KubernetesClient client;
  private final Path kubeconfig;
  private final int objects;
  private final List<Replica> replicas = new ArrayList<>();
  private final Map<String, Long> unhandled = new ConcurrentHashMap<>(); // when the first change was made that waits, by name
  private final AtomicLong longest = new AtomicLong();
  private final CallLog calls = new CallLog();
  private final Random random = new Random(1);
  private volatile boolean changing;

  private Sharded(KubernetesClient client, Path kubeconfig, int objects) {
    this.client = client;
    this.kubeconfig = kubeconfig;
    this.objects = objects;
  }

  public static void main(String[] args) throws Exception {
    Path kubeconfig = Files.createTempFile("kooper-bench", ".yaml");
    kubeconfig.toFile().deleteOnExit();
    try (EmbeddedApiServer server = EmbeddedApiServer.start(); KubernetesClient client = server.client()) {
      Files.writeString(kubeconfig, server.kubeconfig());
      new Sharded(client, kubeconfig, args.length > 0 ? Integer.parseInt(args[0]) : 10_000).run();
    }
    System.exit(0); // of the bench alone: the printers of replicas that were killed
  }

  private void run() throws Exception {
    start(1, 16);
    TimeUnit.SECONDS.sleep(10);
    stats("without objects");
    stop(replicas.get(0));
    for (int i = 0; i < objects; i++) {
      client.resource(new ConfigMapBuilder().withNewMetadata().withNamespace(NAMESPACE).withName("site-" + i)
          .addToLabels("app", "site").endMetadata().addToData("value", "0").addToData("host", "site-" + i + ".example.com")
          .addToData("text", text()).build()).createOr(NonDeletingOperation::update);
    }
    try {
      start(1, 0);
      settle(objects);
      stats("one without shards");
      double alone = handleAll();
      double changedAlone = changeAll();
      stop(replicas.get(0));
      start(3, 16);
      settle(objects);
      stats("three with shards");
      print("all objects handled once more", alone, handleAll());
      print("all objects changed", changedAlone, changeAll());
      during("a replica starts", 20, () -> start(1, 16));
      during("a replica stops normally (SIGTERM)", 15, () -> stop(replicas.get(3)));
      stats("three again");
      during("a replica dies (SIGKILL)", 35, () -> kill(replicas.remove(2)));
      stats("the two that are left");
      start(1, 16);
      settle(objects);
      during("a replica stands still (SIGSTOP)", 35, () -> freeze(replicas.get(0)));
      during("it goes on (SIGCONT)", 20, () -> signal("CONT", replicas.get(0)));
      settle(objects);
      triggerAll(); // for the log of calls: others handle the keys of the calls that run when it happens
      stop(replicas.get(0));
      start(1, 16);
      settle(objects);
      triggerAll();
      kill(replicas.remove(0));
      start(1, 16);
      settle(objects);
      triggerAll();
      freeze(replicas.get(0));
      TimeUnit.SECONDS.sleep(35);
      signal("CONT", replicas.get(0));
      settle(objects);
      during("the number of shards changes", 50, () -> {
        List<Replica> old = List.copyOf(replicas);
        start(3, 8);
        TimeUnit.SECONDS.sleep(5);
        for (Replica one : old) {
          stop(one);
        }
      });
      System.out.println(calls.summary());
    } finally {
      replicas.forEach(one -> one.process.destroyForcibly());
    }
  }

  private static void print(String what, double alone, double together) {
    System.out.printf(Locale.ROOT, "%s: %.1f s by one process, %.1f s by three: %.2f times as fast%n", what, alone, together,
        alone / together);
  }

  /** Has each object handled though nothing changed, and returns the seconds until no key waits for a call. */
  private double handleAll() throws InterruptedException, IOException {
    long begin = System.nanoTime();
    triggerAll();
    while (queued() > 0) {
      TimeUnit.MILLISECONDS.sleep(100);
    }
    return (System.nanoTime() - begin) / 1e9;
  }

  private int queued() throws InterruptedException, IOException {
    int sum = 0;
    for (Replica one : replicas) {
      sum += Integer.parseInt(one.ask("queued")[0]);
    }
    return sum;
  }

  private void triggerAll() throws InterruptedException, IOException {
    for (Replica one : replicas) {
      one.ask("trigger");
    }
  }

  /** Changes each object once, and returns the seconds until the last of them was handled. */
  private double changeAll() throws InterruptedException {
    long begin = System.nanoTime();
    IntStream.range(0, objects).parallel().forEach(i -> change("site-" + i));
    awaitHandled();
    return (System.nanoTime() - begin) / 1e9;
  }

  private void awaitHandled() throws InterruptedException {
    while (!unhandled.isEmpty()) {
      TimeUnit.MILLISECONDS.sleep(20);
    }
  }

  /** Of 1,500 hexadecimal digits, which pack to half of that. */
  private String text() {
    byte[] bytes = new byte[750];
    random.nextBytes(bytes);
    return HexFormat.of().formatHex(bytes);
  }

  private interface Action {
    void run() throws Exception;
  }

  /** Changes objects for so many seconds, of which the first five come before the action. */
  private void during(String what, int seconds, Action action) throws Exception {
    changing = true;
    Thread load = new Thread(this::changeSome);
    load.start();
    TimeUnit.SECONDS.sleep(5);
    longest.set(0);
    action.run();
    TimeUnit.SECONDS.sleep(seconds);
    changing = false;
    load.join();
    awaitHandled();
    System.out.printf(Locale.ROOT, "%-40s longest wait %.1f s%n", what, longest.get() / 1e3);
  }

  private void change(String name) {
    long now = System.currentTimeMillis();
    unhandled.putIfAbsent(name, now);
    client.configMaps().inNamespace(NAMESPACE).withName(name)
        .patch(PatchContext.of(PatchType.JSON_MERGE), "{\"data\":{\"value\":\"" + now + "\"}}");
  }

  private void changeSome() {
    try {
      while (changing) {
        change("site-" + random.nextInt(objects));
        TimeUnit.MILLISECONDS.sleep(25);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void handled(String name, long value) {
    Long since = unhandled.get(name);
    if (since != null && value >= since && unhandled.remove(name, since)) {
      longest.accumulateAndGet(System.currentTimeMillis() - since, Math::max);
    }
  }

  // the replicas

  private void start(int count, int shards) throws IOException {
    for (int i = 0; i < count; i++) {
      replicas.add(new Replica(shards));
    }
  }

  private void stop(Replica replica) throws IOException, InterruptedException {
    replicas.remove(replica);
    end("TERM", replica);
  }

  private void kill(Replica replica) throws IOException, InterruptedException {
    end("KILL", replica);
  }

  /** By a signal: {@code Process.destroy} closes the pipe, and what a process says of its last calls would be lost. */
  private void end(String signal, Replica replica) throws IOException, InterruptedException {
    signal(signal, replica);
    replica.process.waitFor();
    replica.reader.join();
    calls.died(replica.process.pid(), System.nanoTime());
  }

  private void freeze(Replica replica) throws IOException, InterruptedException {
    signal("STOP", replica);
    calls.stopped(replica.process.pid(), System.nanoTime()); // not before: until the signal comes, calls begin
  }

  private static void signal(String signal, Replica replica) throws IOException, InterruptedException {
    new ProcessBuilder("kill", "-" + signal, Long.toString(replica.process.pid())).start().waitFor();
  }

  /** Waits until the stores have all objects, in even parts, no key waits for a call, and all was so for three seconds. */
  private void settle(int sum) throws InterruptedException, IOException {
    for (int times = 0; times < 3; ) {
      TimeUnit.SECONDS.sleep(1);
      int[] each = new int[replicas.size()];
      for (int i = 0; i < each.length; i++) {
        each[i] = Integer.parseInt(replicas.get(i).ask("size")[0]);
      }
      boolean even = Arrays.stream(each).sum() == sum && Arrays.stream(each).min().orElse(0) > sum / each.length / 2;
      times = even && queued() == 0 ? times + 1 : 0;
    }
  }

  private void stats(String what) throws InterruptedException, IOException {
    System.out.println(what);
    for (Replica one : replicas) {
      String[] said = one.ask("stats");
      System.out.printf(Locale.ROOT, "  objects %s, heap %s KB, since the last time: lists %s, objects read %s, KB read %s%n",
          (Object[]) said);
    }
  }

  private final class Replica {

    final Process process;
    final Thread reader = new Thread(this::read);
    private final BlockingQueue<String[]> answers = new LinkedBlockingQueue<>();

    Replica(int shards) throws IOException {
      process = new ProcessBuilder(ProcessHandle.current().info().command().orElse("java"), "-Xmx512m", "-XX:+UseSerialGC", "-cp",
          System.getProperty("java.class.path"), ShardedReplica.class.getName(), kubeconfig.toString(), Integer.toString(shards))
          .redirectError(ProcessBuilder.Redirect.INHERIT).start();
      reader.setDaemon(true);
      reader.start();
    }

    private void read() {
      try (BufferedReader lines = process.inputReader()) {
        lines.lines().forEach(line -> {
          String[] words = line.split(" ");
          switch (words[0]) {
            case "began" -> calls.began(process.pid(), words[1], Long.parseLong(words[2]));
            case "ended" -> {
              calls.ended(process.pid(), words[1], Long.parseLong(words[2]));
              if (words.length > 3) { // else it was cancelled
                handled(words[1], Long.parseLong(words[3]));
              }
            }
            default -> answers.add(words);
          }
        });
      } catch (IOException | UncheckedIOException e) {
        // it was killed
      }
    }

    String[] ask(String what) throws InterruptedException, IOException {
      process.outputWriter().write(what + "\n");
      process.outputWriter().flush();
      return answers.take();
    }
  }
}
