package io.kooper.bench;

import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.apps.DeploymentBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.kooper.test.EmbeddedApiServer;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryMXBean;
import java.util.Arrays;
import java.util.Locale;
import java.util.function.IntFunction;

/**
 * What the test kit's API server costs: its start, a creation of a small object and of one with much to validate, and the heap of
 * a small object with its managed fields, without the requests.
 *
 * <pre>
 * mvn -q -B verify -DskipTests -Pbench -pl kooper-bench -am -Dbench=TestServer -Dbench.args="[OBJECTS]"
 * </pre>
 *
 * <p>Start it several times, since the first start of a server can be measured once in a process. Times include the client's.
 */
public final class TestServer {

  private static final int STARTS = 20;
  private static final int WARM_UP = 2_000;

  private TestServer() {}

  public static void main(String[] args) {
    int objects = args.length > 0 ? Integer.parseInt(args[0]) : 10_000;
    print("first start", start(), "ms");
    print("start, the median of " + STARTS, warmStart(), "ms");
    try (EmbeddedApiServer server = EmbeddedApiServer.builder().requestsKept(0).start();
        KubernetesClient client = server.client()) {
      create(client, "warm", WARM_UP, TestServer::configMap);
      long before = heap();
      print("creation of a ConfigMap", create(client, "maps", objects, TestServer::configMap), "µs");
      print("heap of a ConfigMap", (heap() - before) / (double) objects, "bytes");
      create(client, "warm", WARM_UP, TestServer::deployment);
      print("creation of a Deployment", create(client, "deployments", objects, TestServer::deployment), "µs");
    }
  }

  private static double warmStart() {
    double[] millis = new double[STARTS];
    for (int i = 0; i < STARTS; i++) {
      millis[i] = start();
    }
    Arrays.sort(millis);
    return millis[STARTS / 2];
  }

  private static double start() {
    long begin = System.nanoTime();
    EmbeddedApiServer server = EmbeddedApiServer.start();
    long end = System.nanoTime();
    server.close();
    return (end - begin) / 1e6;
  }

  /** The time of one. */
  private static double create(KubernetesClient client, String prefix, int count, IntFunction<HasMetadata> object) {
    long begin = System.nanoTime();
    for (int i = 0; i < count; i++) {
      HasMetadata one = object.apply(i);
      one.getMetadata().setName(prefix + "-" + i);
      client.resource(one).create();
    }
    return (System.nanoTime() - begin) / 1e3 / count;
  }

  private static HasMetadata configMap(int i) {
    return new ConfigMapBuilder().withNewMetadata().withNamespace("default").addToLabels("app", "bench").endMetadata()
        .addToData("number", Integer.toString(i)).build();
  }

  private static Deployment deployment(int i) {
    return new DeploymentBuilder().withNewMetadata().withNamespace("default").endMetadata()
        .withNewSpec().withReplicas(i).withNewSelector().addToMatchLabels("app", "bench").endSelector()
        .withNewTemplate().withNewMetadata().addToLabels("app", "bench").endMetadata()
        .withNewSpec().addNewContainer().withName("web").withImage("nginx").addNewPort().withContainerPort(80).endPort()
        .addNewEnv().withName("NUMBER").withValue(Integer.toString(i)).endEnv()
        .withNewReadinessProbe().withNewHttpGet().withPath("/").withNewPort(80).endHttpGet().endReadinessProbe().endContainer()
        .endSpec().endTemplate().endSpec().build();
  }

  private static long heap() {
    MemoryMXBean memory = ManagementFactory.getMemoryMXBean();
    long least = Long.MAX_VALUE;
    for (int i = 0; i < 5; i++) {
      memory.gc();
      least = Math.min(least, memory.getHeapMemoryUsage().getUsed());
    }
    return least;
  }

  private static void print(String what, double value, String unit) {
    System.out.printf(Locale.ROOT, "%-28s %,.1f %s%n", what, value, unit);
  }
}
