package io.kooper.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.api.model.coordination.v1.Lease;
import io.fabric8.kubernetes.api.model.coordination.v1.LeaseBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.kooper.leaderelection.LeaderElection;
import io.kooper.leaderelection.LeaderElectionBuilder;
import io.kooper.leaderelection.LeaderElectionListener;
import io.kooper.leaderelection.Leadership;
import io.kooper.test.ApiRequest;
import io.kooper.test.EmbeddedApiServer;
import io.kooper.test.Fault;
import io.kooper.test.Faults;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Elections over real connections, with both HTTP clients, on a lease of 3 s, a deadline of 2 s and a period of 0.5 s. */
@Execution(ExecutionMode.SAME_THREAD)
class LeaderElectionTest {

  /** One replica: an election with a client of its own, and a task that works until leadership ends or it is stopped. */
  private static final class Replica implements LeaderElectionListener, AutoCloseable {

    final KubernetesClient client;
    final LeaderElection election;
    final List<String> failures = new CopyOnWriteArrayList<>();
    final AtomicLong ended = new AtomicLong();
    volatile @Nullable Leadership leadership;
    private final CountDownLatch stop = new CountDownLatch(1);
    private final Thread thread;

    Replica(EmbeddedApiServer server, HttpModule http, String identity, UnaryOperator<LeaderElectionBuilder> options) {
      client = http.client(server.config());
      election = options.apply(LeaderElection.builder(client, "op").identity(identity).listener(this)
          .leaseDuration(Duration.ofSeconds(3)).renewDeadline(Duration.ofSeconds(2)).retryPeriod(Duration.ofMillis(500)))
          .build();
      thread = new Thread(this::live, "replica-" + identity);
      thread.start();
    }

    Replica(EmbeddedApiServer server, HttpModule http, String identity) {
      this(server, http, identity, builder -> builder);
    }

    private void live() {
      try {
        while (stop.getCount() > 0) {
          election.run(term -> {
            CountDownLatch over = new CountDownLatch(1);
            term.onEnd(() -> {
              ended.set(System.nanoTime());
              over.countDown();
            });
            leadership = term;
            while (stop.getCount() > 0 && !over.await(5, TimeUnit.MILLISECONDS)) {
              Thread.onSpinWait();
            }
          });
        }
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

  private static Lease lease(KubernetesClient client) {
    return client.leases().inNamespace("default").withName("op").get();
  }

  private static List<String> verbs(EmbeddedApiServer server) {
    return server.requests(request -> request.is("*", "leases")).stream().map(ApiRequest::verb).toList();
  }

  @ParameterizedTest
  @EnumSource
  @DisplayName("L6: get and create, then one update for each renewal, then get and update to give it back")
  void asksForNoMoreThanItNeeds(HttpModule http) {
    try (EmbeddedApiServer server = EmbeddedApiServer.start(); Replica a = new Replica(server, http, "a")) {
      await().until(() -> verbs(server).size() >= 4);
      a.stop();
      List<String> verbs = verbs(server);
      assertThat(String.join(" ", verbs)).matches("get create( update)+ get update");
      Lease released = lease(a.client);
      assertThat(released.getSpec().getHolderIdentity()).isEmpty();
      assertThat(released.getSpec().getLeaseTransitions()).isZero();
      assertThat(a.client.raw("/apis/coordination.k8s.io/v1/namespaces/default/leases/op"))
          .as("Go reads exactly this format").containsPattern("\"renewTime\":\"[-0-9]{10}T[:0-9]{8}\\.[0-9]{6}Z\"");
    }
  }

  @ParameterizedTest
  @EnumSource
  void handsOverFastWhenTheLeaderStops(HttpModule http) {
    try (EmbeddedApiServer server = EmbeddedApiServer.start(); Replica a = new Replica(server, http, "a")) {
      await().until(a::leads);
      try (Replica b = new Replica(server, http, "b")) {
        await().until(() -> "a".equals(b.election.health().holder()));
        long stopped = System.nanoTime();
        a.stop();
        await().pollInterval(Duration.ofMillis(10)).until(b::leads);
        assertThat(Duration.ofNanos(System.nanoTime() - stopped)).isLessThan(Duration.ofSeconds(3));
        assertThat(b.leadership.token()).isEqualTo(a.leadership.token() + 1);
      }
    }
  }
}
