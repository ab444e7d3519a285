package io.kooper.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.api.model.coordination.v1.Lease;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.kooper.controller.Controller;
import io.kooper.handler.HandlerContext;
import io.kooper.leaderelection.LeaderElection;
import io.kooper.retrieve.ObjectKey;
import io.kooper.retrieve.Retriever;
import io.kooper.test.junit.KooperTest;
import io.kooper.test.junit.TestCluster;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Several replicas that share objects, each with a client of its own, on a lease of 5 s. */
@KooperTest
@Timeout(180)
class ShardsTest {

  private static final int OBJECTS = 120;

  private TestCluster cluster;
  private KubernetesClient client;
  private String namespace;
  private final List<Replica> replicas = new ArrayList<>();
  private final Set<ObjectKey> running = ConcurrentHashMap.newKeySet();
  private final List<String> twice = new CopyOnWriteArrayList<>();

  /** The last state that a handler has seen, and which replica's it was. */
  private final Map<String, String> seen = new ConcurrentHashMap<>();

  private final class Replica {

    final String name;
    private final KubernetesClient own = new KubernetesClientBuilder().withConfig(cluster.config()).build();
    private final Controller controller;
    private final Thread thread;

    Replica(String name, int count) {
      this.name = name;
      controller = Controller.builder(Retriever.builder(own, ConfigMap.class).inNamespace(namespace)
              .withLabelSelector("shared=yes").build(), (context, object) -> handle(context, object))
          .workers(4).noResync()
          .shards(LeaderElection.builder(own, "work").namespace(namespace).identity(name).leaseDuration(Duration.ofSeconds(5))
              .renewDeadline(Duration.ofSeconds(3)).retryPeriod(Duration.ofMillis(300)).shards(count))
          .build();
      thread = new Thread(controller::run, "replica-" + name);
      thread.start();
      replicas.add(this);
    }

    private void handle(HandlerContext<ConfigMap> context, ConfigMap object) throws InterruptedException {
      if (!running.add(context.key())) {
        twice.add(name + " began a second call for " + context.key());
      }
      try {
        Thread.sleep(2);
        seen.put(object.getMetadata().getName(), object.getData().get("value") + " " + name);
      } finally {
        running.remove(context.key());
      }
    }

    void close() throws InterruptedException {
      controller.close();
      thread.join();
      own.close();
      replicas.remove(this);
    }
  }

  @BeforeEach
  void start(TestCluster cluster, KubernetesClient client) {
    this.cluster = cluster;
    this.client = client;
    namespace = client.getNamespace();
  }

  @AfterEach
  void stop() throws Exception {
    for (Replica replica : List.copyOf(replicas)) {
      replica.close();
    }
  }

  private void write(int value) {
    IntStream.range(0, OBJECTS).forEach(i -> client.resource(new ConfigMapBuilder().withNewMetadata().withNamespace(namespace)
        .withName("site-" + i).addToLabels("shared", "yes").endMetadata().addToData("value", "" + value).build())
        .serverSideApply());
  }

  private static void await(BooleanSupplier condition) {
    Awaitility.await().atMost(Duration.ofSeconds(60)).pollInterval(Duration.ofMillis(20)).until(condition::getAsBoolean);
  }

  /** Waits until handlers of all of these replicas, and of no others, have seen this value of all objects. */
  private void awaitSeen(int value, String... names) {
    await(() -> seen.size() == OBJECTS && seen.values().stream().allMatch(one -> one.startsWith(value + " ")));
    assertThat(seen.values().stream().map(one -> one.substring(one.indexOf(' ') + 1)).distinct())
        .containsExactlyInAnyOrder(names);
  }

  private List<Lease> leases(String role) {
    return client.leases().inNamespace(namespace).withLabel("kooper.io/lease-of", role).list().getItems();
  }

  private long held(String holder) {
    return leases("shard").stream().filter(lease -> holder.equals(lease.getSpec().getHolderIdentity())).count();
  }

  @Test
  @DisplayName("Invariants 2 and 4 across replicas: each key in one call at a time, whoever comes and goes, in even shares")
  void replicasShareTheWork() throws Exception {
    write(1);
    Replica a = new Replica("a", 7);
    Replica b = new Replica("b", 7);
    await(() -> held("a") + held("b") == 7 && Math.abs(held("a") - held("b")) == 1);
    write(2);
    awaitSeen(2, "a", "b");

    new Replica("c", 7);
    await(() -> held("c") >= 2 && held("a") >= 2 && held("b") >= 2 && held("a") + held("b") + held("c") == 7);
    a.close();
    await(() -> held("b") + held("c") == 7);
    write(3);
    awaitSeen(3, "b", "c");

    new Replica("d", 5);
    b.close();
    assertThat(held("d")).as("while one with another number of shards works").isZero();
    replicas.stream().filter(one -> one.name.equals("c")).findFirst().orElseThrow().close();
    await(() -> held("d") == 5);
    write(4);
    awaitSeen(4, "d");

    assertThat(twice).isEmpty();
    assertThat(leases("member")).as("of those that work").hasSize(1);
    replicas.get(0).close();
    assertThat(leases("member")).isEmpty();
    assertThat(leases("shard")).allMatch(lease -> lease.getSpec().getHolderIdentity() == null
        || lease.getSpec().getHolderIdentity().isEmpty());
  }
}
