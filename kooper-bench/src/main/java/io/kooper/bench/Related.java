package io.kooper.bench;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.SecretBuilder;
import io.fabric8.kubernetes.api.model.ServiceAccount;
import io.fabric8.kubernetes.api.model.ServiceAccountBuilder;
import io.fabric8.kubernetes.api.model.coordination.v1.Lease;
import io.fabric8.kubernetes.api.model.coordination.v1.LeaseBuilder;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import io.kooper.controller.Controller;
import io.kooper.handler.Handler;
import io.kooper.retrieve.Retriever;
import io.kooper.test.EmbeddedApiServer;
import io.kooper.write.Owner;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Scanner;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/**
 * What an operator with three related kinds costs, beside bare fabric8 informers of the same four kinds: heap an object, and CPU
 * for each change of a related object, from the watch's line to the handler of its owner, which reads what it owns.
 *
 * <pre>
 * mvn -q -B verify -DskipTests -Pbench -pl kooper-bench -am -Dbench=Related -Dbench.args="[OWNERS [CHANGES]]"
 * </pre>
 *
 * <p>Each owner, a ConfigMap, has a Secret, a ServiceAccount and a Lease; the changes, about 100 a second, are of Secrets. A
 * process a row, against one server in another process.
 */
public final class Related {

  private static final String NAMESPACE = "default";

  private record Row(double heap, double cpu) {} // KB an object, µs a change

  private Related() {}

  public static void main(String[] args) throws Exception {
    if (args.length == 3) {
      contend(args[0], Path.of(args[1]), Integer.parseInt(args[2]));
      return;
    }
    int owners = args.length > 0 ? Integer.parseInt(args[0]) : 10_000;
    int changes = args.length > 1 ? Integer.parseInt(args[1]) : 2_000;
    Path kubeconfig = Files.createTempFile("kooper-bench", ".yaml");
    kubeconfig.toFile().deleteOnExit();
    try (EmbeddedApiServer server = EmbeddedApiServer.start(); KubernetesClient client = server.client()) {
      Files.writeString(kubeconfig, server.kubeconfig());
      for (int i = 0; i < owners; i++) {
        create(client, i);
      }
      Row fabric8 = run("fabric8", client, kubeconfig, owners, changes);
      Row kooper = run("kooper", client, kubeconfig, owners, changes);
      print("fabric8", fabric8);
      print("kooper", kooper);
      print("kooper / fabric8", new Row(kooper.heap / fabric8.heap, kooper.cpu / fabric8.cpu));
    }
  }

  private static void create(KubernetesClient client, int i) {
    ConfigMap owner = client.resource(new ConfigMapBuilder().withMetadata(metadata(i).build())
        .addToData("host", "site-" + i + ".example.com").build()).create();
    var meta = metadata(i).withOwnerReferences(Owner.of(owner)).build();
    client.resource(new SecretBuilder().withMetadata(meta).addToStringData("password", "secret of " + i).build()).create();
    client.resource(new ServiceAccountBuilder().withMetadata(meta).build()).create();
    client.resource(new LeaseBuilder().withMetadata(meta)
        .withNewSpec().withHolderIdentity("site-" + i).withLeaseDurationSeconds(15).endSpec().build()).create();
  }

  private static ObjectMetaBuilder metadata(int i) {
    return new ObjectMetaBuilder().withNamespace(NAMESPACE).withName("site-" + i)
        .addToLabels("app", "site").addToLabels("tier", "web");
  }

  private static void print(String what, Row row) {
    System.out.printf(Locale.ROOT, "%-16s heap/object %.2f KB, CPU/change %.2f µs%n", what, row.heap, row.cpu);
  }

  private static Row run(String contender, KubernetesClient client, Path kubeconfig, int owners, int changes) throws Exception {
    Process process = new ProcessBuilder(ProcessHandle.current().info().command().orElse("java"), "-Xmx2g",
        "-cp", System.getProperty("java.class.path"), Related.class.getName(), contender, kubeconfig.toString(),
        Integer.toString(owners)).redirectError(ProcessBuilder.Redirect.INHERIT).start();
    try (var lines = process.inputReader(); var commands = process.outputWriter()) {
      double heap = Double.parseDouble(lines.readLine());
      change(client, owners, changes); // warms it up
      double cpu = 0;
      for (int measured = 0; measured < 2; measured++) { // the CPU time before, and after
        commands.write(changes + "\n");
        commands.flush();
        double now = Double.parseDouble(lines.readLine());
        if (measured == 0) {
          change(client, owners, changes);
        }
        cpu = measured == 0 ? now : now - cpu;
      }
      return new Row(heap / (4 * owners), cpu / changes);
    } finally {
      process.destroy();
    }
  }

  private static void change(KubernetesClient client, int owners, int changes) throws InterruptedException {
    String mark = Long.toString(System.nanoTime());
    for (int i = 0; i < changes; i++) {
      client.secrets().inNamespace(NAMESPACE).withName("site-" + i % owners).patch(PatchContext.of(PatchType.JSON_MERGE),
          "{\"metadata\":{\"annotations\":{\"changed\":\"" + mark + "\"}}}");
      TimeUnit.MILLISECONDS.sleep(8);
    }
  }

  /** Says its heap once all were seen; then, for each number, its CPU time in µs once it was called so often. */
  private static void contend(String contender, Path kubeconfig, int owners) throws Exception {
    Semaphore calls = new Semaphore(0);
    try (KubernetesClient client =
        new KubernetesClientBuilder().withConfig(Config.fromKubeconfig(Files.readString(kubeconfig))).build()) {
      if (contender.equals("kooper")) {
        kooper(client, calls);
        calls.acquire(owners);
      } else {
        List.of(client.configMaps(), client.secrets(), client.serviceAccounts(), client.leases())
            .forEach(kind -> kind.inNamespace(NAMESPACE).inform(new Counting<>(calls)));
        calls.acquire(4 * owners);
      }
      System.out.printf(Locale.ROOT, "%f%n", heap() / 1024.0);
      try (var commands = new Scanner(System.in, StandardCharsets.UTF_8)) {
        while (commands.hasNextInt()) {
          calls.acquire(commands.nextInt());
          System.out.printf(Locale.ROOT, "%f%n", cpu());
        }
      }
    }
  }

  private static void kooper(KubernetesClient client, Semaphore calls) {
    Handler<ConfigMap> handler = (context, owner) -> {
      if (context.owned(Secret.class).size() == 1) {
        calls.release();
      }
    };
    Controller controller = Controller.builder(Retriever.builder(client, ConfigMap.class).inNamespace(NAMESPACE).build(), handler)
        .owns(Retriever.builder(client, Secret.class).inNamespace(NAMESPACE).build())
        .owns(Retriever.builder(client, ServiceAccount.class).inNamespace(NAMESPACE).build())
        .owns(Retriever.builder(client, Lease.class).inNamespace(NAMESPACE).build())
        .noResync().build();
    Thread running = new Thread(controller::run);
    running.setDaemon(true);
    running.start();
  }

  /** Counts what an informer tells of objects that are there. */
  static final class Counting<T extends HasMetadata> implements ResourceEventHandler<T> {

    private final Semaphore calls;

    Counting(Semaphore calls) {
      this.calls = calls;
    }

    @Override
    public void onAdd(T object) {
      calls.release();
    }

    @Override
    public void onUpdate(T before, T after) {
      calls.release();
    }

    @Override
    public void onDelete(T object, boolean unknown) {}
  }

  private static double cpu() {
    var bean = (com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
    return bean.getProcessCpuTime() / 1e3;
  }

  private static long heap() {
    for (int i = 0; i < 3; i++) {
      System.gc();
    }
    return Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();
  }
}
