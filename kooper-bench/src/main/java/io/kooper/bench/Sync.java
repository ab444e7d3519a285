package io.kooper.bench;

import io.fabric8.kubernetes.api.model.ManagedFieldsEntryBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import io.kooper.controller.Controller;
import io.kooper.handler.Handler;
import io.kooper.retrieve.Retriever;
import io.kooper.retrieve.RetrieverBuilder;
import io.kooper.test.EmbeddedApiServer;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.stream.IntStream;

/**
 * From the start of a process to the call for the last of many pods, beside a bare fabric8 informer: seconds, CPU seconds,
 * heap an object and memory. A process a row, all against one server in another process; the medians and their ratio count.
 *
 * <pre>
 * mvn -q -B verify -DskipTests -Pbench -pl kooper-bench -am -Dbench=Sync -Dbench.args="[PODS [ROUNDS [HEAP [HEAP_OF_FABRIC8]]]]"
 * </pre>
 *
 * <p>The heap an object is the difference to a process that has one of the pods only: without what such a process has anyway,
 * most of it what Jackson knows of the classes.
 *
 * <p>The pods are of about 5 KB of JSON each, a quarter of it managed fields. The server is the cluster of {@code KUBECONFIG},
 * whose namespace default gets the pods if it has none of them yet, or else the embedded one.
 */
public final class Sync {

  private static final List<String> CONTENDERS = List.of("fabric8", "kooper");

  private record Row(double seconds, double cpu, double heap, double rss) {} // heap in KB, an object's or all

  private Sync() {}

  public static void main(String[] args) throws Exception {
    if (args.length > 1 && CONTENDERS.contains(args[0])) {
      contend(args[0], Path.of(args[1]), Integer.parseInt(args[2]));
      return;
    }
    int pods = args.length > 0 ? Integer.parseInt(args[0]) : 10_000;
    int rounds = args.length > 1 ? Integer.parseInt(args[1]) : 5;
    String heap = args.length > 2 ? args[2] : "2g";
    String heapOfFabric8 = args.length > 3 ? args[3] : heap; // which needs more than twice as much
    Path kubeconfig = Files.createTempFile("kooper-bench", ".yaml");
    kubeconfig.toFile().deleteOnExit();
    String given = System.getenv("KUBECONFIG");
    try (EmbeddedApiServer server = given == null ? EmbeddedApiServer.start() : null) {
      Files.writeString(kubeconfig, server == null ? Files.readString(Path.of(given)) : server.kubeconfig());
      create(kubeconfig, pods);
      Map<String, List<Row>> rows = new TreeMap<>();
      Map<String, Row> ofOne = new TreeMap<>();
      for (String contender : CONTENDERS) {
        ofOne.put(contender, run(contender, kubeconfig, 1, heap));
      }
      for (int round = 0; round <= rounds; round++) {
        for (String contender : CONTENDERS) {
          Row all = run(contender, kubeconfig, pods, contender.equals("kooper") ? heap : heapOfFabric8);
          Row row = new Row(all.seconds, all.cpu, (all.heap - ofOne.get(contender).heap) / (pods - 1), all.rss);
          if (round > 0) { // the first warms the server up
            rows.computeIfAbsent(contender, key -> new ArrayList<>()).add(row);
          }
        }
      }
      rows.forEach((contender, all) -> print(contender, median(all)));
      Row kooper = median(rows.get("kooper"));
      Row fabric8 = median(rows.get("fabric8"));
      print("kooper / fabric8", new Row(kooper.seconds / fabric8.seconds, kooper.cpu / fabric8.cpu,
          kooper.heap / fabric8.heap, kooper.rss / fabric8.rss));
    }
  }

  static void create(Path kubeconfig, int pods) throws Exception {
    try (KubernetesClient client = client(kubeconfig)) {
      if (client.pods().inNamespace("default").withName("web-" + (pods - 1)).get() == null) {
        IntStream.range(0, pods).forEach(i -> client.resource(pod(i)).create());
      }
    }
  }

  static KubernetesClient client(Path kubeconfig) throws IOException {
    return new KubernetesClientBuilder().withConfig(Config.fromKubeconfig(Files.readString(kubeconfig))).build();
  }

  private static void print(String what, Row row) {
    System.out.printf(Locale.ROOT, "%-16s wall %.2f s, CPU %.2f s, heap/object %.2f KB, peak RSS %.2f MB%n",
        what, row.seconds, row.cpu, row.heap, row.rss);
  }

  private static Row median(List<Row> rows) {
    return new Row(median(rows.stream().mapToDouble(Row::seconds).toArray()),
        median(rows.stream().mapToDouble(Row::cpu).toArray()),
        median(rows.stream().mapToDouble(Row::heap).toArray()),
        median(rows.stream().mapToDouble(Row::rss).toArray()));
  }

  private static double median(double[] values) {
    Arrays.sort(values);
    return values[values.length / 2];
  }

  private static Row run(String contender, Path kubeconfig, int pods, String heap) throws Exception {
    long start = System.nanoTime();
    Process process = new ProcessBuilder(ProcessHandle.current().info().command().orElse("java"), "-Xmx" + heap,
        "-cp", System.getProperty("java.class.path"), Sync.class.getName(), contender, kubeconfig.toString(),
        Integer.toString(pods))
        .redirectError(ProcessBuilder.Redirect.INHERIT).start();
    try (var lines = process.inputReader()) {
      lines.readLine(); // all were seen
      double seconds = (System.nanoTime() - start) / 1e9;
      String[] figures = lines.readLine().split(" ");
      return new Row(seconds, Double.parseDouble(figures[0]), Double.parseDouble(figures[1]), Double.parseDouble(figures[2]));
    } finally {
      process.waitFor();
    }
  }

  private static void contend(String contender, Path kubeconfig, int pods) throws Exception {
    CountDownLatch all = new CountDownLatch(pods);
    try (KubernetesClient client = client(kubeconfig)) {
      String selector = pods == 1 ? "metadata.name=web-0" : null;
      Runnable stop = contender.equals("kooper") ? kooper(client, selector, all) : fabric8(client, selector, all);
      all.await();
      var bean = (com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
      double cpu = bean.getProcessCpuTime() / 1e9;
      System.out.println("all");
      System.out.printf(Locale.ROOT, "%f %f %f%n", cpu, heap() / 1024.0, peakRss());
      stop.run();
    }
  }

  private static Runnable kooper(KubernetesClient client, String selector, CountDownLatch all) {
    Handler<Pod> handler = (context, pod) -> all.countDown();
    RetrieverBuilder<Pod> pods = Retriever.builder(client, Pod.class);
    if (selector != null) {
      pods.withFieldSelector(selector);
    }
    Controller controller = Controller.builder(pods.build(), handler).noResync().build();
    new Thread(controller::run).start();
    return controller::close;
  }

  private static Runnable fabric8(KubernetesClient client, String selector, CountDownLatch all) {
    ResourceEventHandler<Pod> handler = new ResourceEventHandler<>() {
      @Override
      public void onAdd(Pod pod) {
        all.countDown();
      }

      @Override
      public void onUpdate(Pod before, Pod after) {}

      @Override
      public void onDelete(Pod pod, boolean unknown) {}
    };
    var pods = client.pods().inAnyNamespace();
    return (selector == null ? pods.inform(handler) : pods.withField("metadata.name", "web-0").inform(handler))::close;
  }

  private static long heap() {
    for (int i = 0; i < 3; i++) {
      System.gc();
    }
    return Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();
  }

  static double peakRss() throws Exception {
    return Files.readAllLines(Path.of("/proc/self/status")).stream().filter(line -> line.startsWith("VmHWM"))
        .mapToDouble(line -> Double.parseDouble(line.replaceAll("\\D", "")) / 1024).findFirst().orElse(0);
  }

  private static Pod pod(int i) {
    PodBuilder pod = new PodBuilder()
        .withNewMetadata().withNamespace("default").withName("web-" + i)
        .addToLabels(Map.of("app", "web", "tier", "front", "pod-template-hash", "6f9d8c7b5" + i % 10))
        .addToAnnotations("example.com/checksum", "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08")
        .addToManagedFields(new ManagedFieldsEntryBuilder().withManager("deployment-controller").withOperation("Update")
            .withApiVersion("v1").withFieldsType("FieldsV1").withNewFieldsV1()
            .addToAdditionalProperties("f:metadata", Map.of("f:labels", fields("label")))
            .addToAdditionalProperties("f:spec", Map.of("f:containers", fields("container"))).endFieldsV1().build())
        .endMetadata()
        .withNewSpec().withServiceAccountName("web").withNodeName("node-" + i % 50).endSpec()
        .withNewStatus().withPhase("Running").withPodIP("10.0." + i / 250 + "." + i % 250).endStatus();
    for (String container : List.of("web", "proxy")) {
      pod.editSpec().addNewContainer().withName(container).withImage("registry.example.com/team/" + container + ":1.2.3")
          .addNewPort().withContainerPort(8080).withName("http").endPort()
          .endContainer().endSpec();
      for (int variable = 0; variable < 12; variable++) {
        pod.editSpec().editLastContainer().addNewEnv().withName("SETTING_" + variable)
            .withValue("the value of setting " + variable + " of " + container
                + ", about as long as they are in programs that do much").endEnv().endContainer().endSpec();
      }
    }
    return pod.build();
  }

  private static Map<String, Object> fields(String name) {
    Map<String, Object> fields = new TreeMap<>();
    for (int i = 0; i < 16; i++) {
      fields.put("f:" + name + "-" + i, Map.of("f:value", Map.of(), ".", Map.of()));
    }
    return fields;
  }
}
