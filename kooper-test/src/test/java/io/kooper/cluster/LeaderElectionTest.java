package io.kooper.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.api.model.coordination.v1.Lease;
import io.fabric8.kubernetes.api.model.coordination.v1.LeaseBuilder;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.kooper.leaderelection.LeaderElection;
import io.kooper.leaderelection.LeaderElectionBuilder;
import io.kooper.leaderelection.LeaderElectionListener;
import io.kooper.leaderelection.Leadership;
import io.kooper.test.ApiRequest;
import io.kooper.test.EmbeddedApiServer;
import io.kooper.test.Fault;
import io.kooper.test.Faults;
import io.kooper.test.junit.KooperTest;
import io.kooper.test.junit.TestCluster;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.UnaryOperator;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Elections over real connections, with both HTTP clients, with a period of 0.5 s: on a lease of 5 s and a deadline of 3 s
 * where that is to pass, and on a long one where a machine that is busy for seconds must not end the term.
 */
@KooperTest(serverPerTest = true, rbac = true)
@Execution(ExecutionMode.SAME_THREAD) // they compare times
class LeaderElectionTest {

  private static final Duration RENEW_DEADLINE = Duration.ofSeconds(3);
  private static final Duration A_BUSY_MACHINE = Duration.ofSeconds(10);
  private static final Duration LONG_LEASE = Duration.ofSeconds(60);

  /** Of this test alone, on a cluster that outlives it. */
  private final String lease = "op-" + UUID.randomUUID();

  /** One replica: an election with a client of its own, and a task that works until leadership ends or it is stopped. */
  private final class Replica implements LeaderElectionListener, AutoCloseable {

    final KubernetesClient client;
    final LeaderElection election;
    final List<String> failures = new CopyOnWriteArrayList<>();
    final AtomicLong began = new AtomicLong();
    final AtomicLong ended = new AtomicLong();
    volatile @Nullable Leadership leadership;
    volatile boolean again; // whether it campaigns again after it lost its term
    private final CountDownLatch stop = new CountDownLatch(1);
    private final Thread thread;

    Replica(Config config, HttpModule http, String identity, UnaryOperator<LeaderElectionBuilder> options) {
      client = http.client(config);
      election = options.apply(LeaderElection.builder(client, lease).namespace("default").identity(identity).listener(this)
          .leaseDuration(Duration.ofSeconds(5)).renewDeadline(RENEW_DEADLINE).retryPeriod(Duration.ofMillis(500)))
          .build();
      thread = new Thread(this::live, "replica-" + identity);
      thread.start();
    }

    Replica(TestCluster cluster, HttpModule http, String identity) {
      this(cluster.config(), http, identity, builder -> builder);
    }

    private void live() {
      try {
        do {
          election.run(term -> {
            CountDownLatch over = new CountDownLatch(1);
            term.onEnd(() -> {
              ended.set(System.nanoTime());
              over.countDown();
            });
            began.set(System.nanoTime());
            leadership = term;
            while (stop.getCount() > 0 && !over.await(5, TimeUnit.MILLISECONDS)) {
              // works
            }
          });
        } while (again && stop.getCount() > 0);
      } catch (InterruptedException e) {
        // a standby that was stopped
      }
    }

    boolean leads() {
      Leadership current = leadership;
      return current != null && current.isValid();
    }

    @Override
    public void attemptFailed(Exception cause) {
      failures.add(String.valueOf(cause.getMessage()));
    }

    /** Stops it as an operator is stopped: a leader gives the lease back. */
    void stop() {
      stop.countDown();
      if (!leads()) {
        thread.interrupt();
      }
      try {
        thread.join();
      } catch (InterruptedException e) {
        throw new AssertionError(e);
      }
    }

    @Override
    public void close() {
      stop();
      client.close();
    }
  }

  private Replica withLongLease(TestCluster cluster, HttpModule http, String identity) {
    return new Replica(cluster.config(), http, identity,
        builder -> builder.leaseDuration(LONG_LEASE).renewDeadline(LONG_LEASE.dividedBy(2)));
  }

  /** The first request of a client loads a thousand classes: that is not what is measured here. */
  @BeforeAll
  static void warmUp() {
    Awaitility.setDefaultTimeout(Duration.ofSeconds(30));
    Awaitility.setDefaultPollInterval(Duration.ofMillis(10));
    for (HttpModule http : HttpModule.values()) {
      try (EmbeddedApiServer server = EmbeddedApiServer.start(); KubernetesClient client = http.client(server.config())) {
        Lease lease = client.resource(new LeaseBuilder().withNewMetadata().withNamespace("default").withName("x")
            .endMetadata().withNewSpec().endSpec().build()).create();
        client.resource(lease).update();
      }
    }
  }

  @AfterAll
  static void reset() {
    Awaitility.reset();
  }

  private Lease lease(KubernetesClient client) {
    return client.leases().inNamespace("default").withName(lease).get();
  }

  private static List<String> verbs(EmbeddedApiServer server) {
    return server.requests(request -> request.is("*", "leases")).stream().map(ApiRequest::verb).toList();
  }

  @ParameterizedTest
  @EnumSource
  @DisplayName("L6: get and create, then one update for each renewal, then get and update to give it back")
  void asksForNoMoreThanItNeeds(HttpModule http, TestCluster cluster, EmbeddedApiServer server) throws Exception {
    try (Replica a = withLongLease(cluster, http, "a")) {
      await().until(() -> verbs(server).size() >= 4);
      a.stop();
      List<String> verbs = verbs(server);
      assertThat(String.join(" ", verbs)).matches("get create( update)+ get update");
      Lease released = lease(a.client);
      assertThat(released.getSpec().getHolderIdentity()).isEmpty();
      assertThat(released.getSpec().getLeaseTransitions()).isZero();
      assertThat(a.client.raw("/apis/coordination.k8s.io/v1/namespaces/default/leases/" + lease))
          .as("Go reads exactly this format").containsPattern("\"renewTime\":\"[-0-9]{10}T[:0-9]{8}\\.[0-9]{6}Z\"");
    }
  }

  @ParameterizedTest
  @EnumSource
  void handsOverFastWhenTheLeaderStops(HttpModule http, TestCluster cluster) throws Exception {
    try (Replica a = withLongLease(cluster, http, "a")) {
      await().until(a::leads);
      try (Replica b = withLongLease(cluster, http, "b")) {
        await().until(() -> "a".equals(b.election.health().holder()));
        long stopped = System.nanoTime();
        a.stop();
        await().pollInterval(Duration.ofMillis(10)).until(b::leads);
        assertThat(Duration.ofNanos(System.nanoTime() - stopped)).as("the lease did not have to expire")
            .isLessThan(LONG_LEASE.dividedBy(2));
        assertThat(b.leadership.token()).isEqualTo(a.leadership.token() + 1);
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void endsTheTermWhenRenewalsHangBeforeAnotherLeads(HttpModule http, TestCluster cluster, EmbeddedApiServer server)
      throws Exception {
    try (Replica a = new Replica(cluster, http, "a")) {
      await().until(a::leads);
      try (Replica b = new Replica(cluster, http, "b")) {
        await().until(() -> "a".equals(b.election.health().holder()));
        Faults.Injection hang = server.faults().inject(Fault.hang().on("update", "leases"));
        long hung = System.nanoTime();
        await().until(() -> a.ended.get() != 0);
        hang.stop(); // for b
        await().until(b::leads);
        assertThat(Duration.ofNanos(a.ended.get() - hung)).isLessThan(RENEW_DEADLINE.plus(A_BUSY_MACHINE));
        assertThat(a.ended.get()).isLessThan(b.began.get());
        assertThat(b.leadership.token()).isGreaterThan(a.leadership.token());
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void endsTheTermWhenNothingArrivesAnyMoreAndLeadsAgainAfterwards(HttpModule http, TestCluster cluster) throws Exception {
    try (Wire wire = new Wire(cluster.config());
        Replica a = new Replica(wire.config(cluster.config()), http, "a", builder -> builder)) {
      await().until(a::leads);
      long token = a.leadership.token();
      a.again = true;
      wire.blackhole(true);
      long frozen = System.nanoTime();
      await().until(() -> a.ended.get() != 0);
      assertThat(Duration.ofNanos(a.ended.get() - frozen)).isLessThan(RENEW_DEADLINE.plus(A_BUSY_MACHINE));
      wire.blackhole(false);
      await().until(a::leads);
      assertThat(a.leadership.token()).isGreaterThan(token);
    }
  }

  @ParameterizedTest
  @EnumSource
  void endsTheTermWhenTheServerIsKilledAndOneLeadsAfterItCameBack(HttpModule http, TestCluster cluster) throws Exception {
    try (Replica a = new Replica(cluster, http, "a")) {
      await().until(a::leads);
      long token = a.leadership.token();
      a.again = true;
      try (Replica b = new Replica(cluster, http, "b")) {
        await().until(() -> "a".equals(b.election.health().holder()));
        b.again = true;
        cluster.kill();
        long killed = System.nanoTime();
        await().until(() -> a.ended.get() != 0);
        assertThat(Duration.ofNanos(a.ended.get() - killed)).isLessThan(RENEW_DEADLINE.plus(A_BUSY_MACHINE));
        cluster.restart();
        await().until(() -> a.leads() != b.leads());
        assertThat((a.leads() ? a : b).leadership.token()).isGreaterThan(token);
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void keepsTheTermThroughSingleFailuresOfEveryKind(HttpModule http, TestCluster cluster, EmbeddedApiServer server)
      throws Exception {
    try (Replica a = withLongLease(cluster, http, "a")) {
      await().until(a::leads);
      Leadership term = a.leadership;
      List<Fault> faults = List.of(Fault.status(500), Fault.status(409), Fault.status(429), Fault.status(404),
          Fault.loseAnswer(), Fault.truncate(), Fault.disconnect(), Fault.delay(Duration.ofMillis(300)));
      for (Fault fault : faults) {
        Faults.Injection injection = server.faults().inject(fault.on("update", "leases").times(1));
        await().until(() -> injection.hits() == 1);
        String version = lease(a.client).getMetadata().getResourceVersion();
        await().until(() -> !lease(a.client).getMetadata().getResourceVersion().equals(version));
      }
      server.faults().cutConnections();
      String version = lease(a.client).getMetadata().getResourceVersion();
      await().until(() -> !lease(a.client).getMetadata().getResourceVersion().equals(version));
      assertThat(a.leadership).isSameAs(term);
      assertThat(term.isValid()).isTrue();
      assertThat(a.ended).hasValue(0);
    }
  }

  @ParameterizedTest
  @EnumSource
  void saysWhichRightsAreMissingAndLeadsWhenTheyAreGiven(HttpModule http, TestCluster cluster) throws Exception {
    Rights rights = new Rights(cluster);
    rights.forbid("default", "leases"); // what a test before it permitted, if it did not get so far
    try (Replica a = new Replica(rights.config(), http, "a", builder -> builder)) {
      await().until(() -> !a.failures.isEmpty());
      assertThat(a.failures.get(0)).contains("cannot get lease default/" + lease + ": 403",
          "\"get\", \"create\" and \"update\"", "\"leases\"", "\"coordination.k8s.io\"", "namespace \"default\"");
      rights.permit("default", "coordination.k8s.io", "leases");
      await().until(a::leads);
    } finally {
      rights.forbid("default", "leases");
    }
  }

  @ParameterizedTest
  @EnumSource
  void goesOnWhenTheLeaseIsDeleted(HttpModule http, TestCluster cluster) throws Exception {
    try (Replica a = withLongLease(cluster, http, "a")) {
      await().until(a::leads);
      Leadership term = a.leadership;
      try (Replica b = withLongLease(cluster, http, "b")) {
        await().until(() -> "a".equals(b.election.health().holder()));
        Lease before = lease(b.client);
        b.client.resource(before).delete();
        await().until(() -> lease(b.client) != null);
        Lease after = lease(b.client);
        assertThat(after.getMetadata().getUid()).isNotEqualTo(before.getMetadata().getUid());
        assertThat(after.getSpec().getHolderIdentity()).as("whoever put it back").isEqualTo("a");
        await().until(() -> !lease(b.client).getMetadata().getResourceVersion()
            .equals(after.getMetadata().getResourceVersion()));
        assertThat(lease(b.client).getSpec().getLeaseTransitions()).isEqualTo((int) term.token());
        assertThat(term.isValid()).isTrue();
        assertThat(b.leads()).isFalse();
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void takesALeaseThatIsHalfEmptyOrCannotBeRead(HttpModule http, TestCluster cluster, EmbeddedApiServer server)
      throws Exception {
    Faults faults = server.faults();
    faults.putRaw("coordination.k8s.io/v1", "leases", "default", lease, """
        {"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "spec": "none"}""");
    try (Replica a = new Replica(cluster, http, "a")) {
      await().until(() -> !a.failures.isEmpty());
      faults.putRaw("coordination.k8s.io/v1", "leases", "default", lease, """
          {"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": {"uid": "1", "labels": {"team": "x"}},
           "spec": {"holderIdentity": "old", "leaseDurationSeconds": 1, "acquireTime": "2020-01-01T00:00:00.500000Z"}}""");
      await().until(a::leads);
      Lease taken = lease(a.client);
      assertThat(taken.getMetadata().getLabels()).containsEntry("team", "x");
      assertThat(taken.getSpec().getLeaseTransitions()).isOne();
    }
  }
}
