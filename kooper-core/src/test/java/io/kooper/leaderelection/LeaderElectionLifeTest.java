package io.kooper.leaderelection;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Level;
import io.fabric8.kubernetes.api.model.coordination.v1.Lease;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.kooper.clock.ManualClock;
import io.kooper.fake.BrokenAppender;
import io.kooper.fake.Logs;
import io.kooper.leaderelection.LeaseException.Kind;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What only a restart mends is said, and nothing else ends an election. */
@Timeout(60)
class LeaderElectionLifeTest {

  private static final LeaseException CLOSED =
      new LeaseException(Kind.CLIENT_CLOSED, "cannot get lease default/op: it is closed", null);

  private final ManualClock clock = new ManualClock();
  private final GatedStore store = new GatedStore();
  private final LeaderElection election = builder().store(store).build();
  private final List<Thread> threads = new ArrayList<>();
  private final CountDownLatch end = new CountDownLatch(1);

  private LeaderElectionBuilder builder() {
    return LeaderElection.builder(null, "op").namespace("default").identity("a").clock(clock);
  }

  private Thread start(LeaderElection election, Runner.Task task) {
    Thread thread = new Thread(() -> {
      try {
        election.run(task);
      } catch (InterruptedException e) {
        // the test is over
      }
    });
    threads.add(thread);
    thread.start();
    return thread;
  }

  private static boolean noThreads() {
    return Thread.getAllStackTraces().keySet().stream().noneMatch(thread -> thread.getName().startsWith("kooper-op-"));
  }

  @AfterEach
  void stop() {
    end.countDown();
    store.openAll();
    threads.forEach(Thread::interrupt);
    await().until(() -> {
      clock.advance(Duration.ofSeconds(1));
      return noThreads();
    });
  }

  @Nested
  class AClientThatIsOfNoUseAnyMore {

    @Test
    @DisplayName("L9: is said once, turns the health bad, and nothing is sent any more; a standby stops at once")
    void ofAStandby() throws Exception {
      store.failure = CLOSED;
      try (Logs logs = new Logs(LeaderElection.class.getName(), Level.WARN)) {
        Thread standby = start(election, term -> {});
        await().until(() -> election.defect() != null);
        for (int i = 0; i < 10; i++) {
          clock.advance(Duration.ofHours(1));
        }
        assertThat(election.health().healthy()).isFalse();
        assertThat(election.health().failure()).isEqualTo("cannot get lease default/op: it is closed");
        assertThat(store.requests()).containsExactly("get");
        assertThat(logs.lines())
            .containsExactly("ERROR cannot get lease default/op: it is closed; the election does not try again");
        standby.interrupt();
        standby.join();
        await().until(LeaderElectionLifeTest::noThreads);
        assertThat(store.requests()).containsExactly("get");
      }
    }

    @Test
    @DisplayName("L9: ends the term of a leader at its deadline, and the stop does not wait for the release")
    void ofALeader() throws Exception {
      CountDownLatch leads = new CountDownLatch(1);
      CountDownLatch told = new CountDownLatch(1);
      AtomicReference<Leadership> term = new AtomicReference<>();
      Thread leader = start(election, now -> {
        term.set(now);
        now.onEnd(told::countDown);
        leads.countDown();
        end.await();
      });
      leads.await();
      store.failure = CLOSED;
      await().until(() -> clock.waiting() >= 2);
      clock.advance(Duration.ofSeconds(2));
      await().until(() -> election.defect() != null);
      int requests = store.requests().size();
      assertThat(term.get().isValid()).as("until its deadline").isTrue();
      await().until(() -> clock.waiting() >= 2);
      clock.advance(Duration.ofSeconds(8));
      told.await();
      assertThat(term.get().isValid()).isFalse();
      end.countDown();
      leader.join();
      await().until(LeaderElectionLifeTest::noThreads);
      assertThat(store.requests()).hasSize(requests);
    }

    @Test
    @DisplayName("L9: one that is closed is seen before a request is sent")
    void isClosed() {
      Config config = new ConfigBuilder(Config.empty()).withMasterUrl("http://127.0.0.1:1").build();
      KubernetesClient client = new KubernetesClientBuilder().withConfig(config).build();
      LeaderElection real = LeaderElection.builder(client, "op").namespace("default").clock(clock).build();
      client.close();
      start(real, term -> {});
      await().until(() -> real.defect() != null);
      assertThat(real.defect()).isEqualTo("cannot get lease default/op: the HTTP client is of no use any more,"
          + " and only a restart helps: it is closed");
    }

    @Test
    @DisplayName("L9: whether it is, is asked before each attempt of one that does not lead")
    void isProvedWhileNothingIsInAHurry() throws Exception {
      AtomicInteger proofs = new AtomicInteger();
      AtomicInteger requests = new AtomicInteger();
      AtomicBoolean leads = new AtomicBoolean();
      FakeLeaseServer server = new FakeLeaseServer();
      LeaderElection asking = builder().store(new LeaseStore() {
        @Override
        public void prove() {
          assertThat(leads).isFalse();
          proofs.incrementAndGet();
        }

        @Override
        public Lease get() {
          requests.incrementAndGet();
          return server.get();
        }

        @Override
        public Lease create(Lease lease) throws LeaseException {
          return server.create(lease);
        }

        @Override
        public Lease update(Lease lease) throws LeaseException {
          requests.incrementAndGet();
          return server.update(lease);
        }
      }).build();
      CountDownLatch started = new CountDownLatch(1);
      start(asking, term -> {
        leads.set(true);
        started.countDown();
        end.await();
      });
      started.await();
      assertThat(proofs).hasValue(1);
      for (int i = 1; i < 5; i++) {
        int renewals = i;
        await().until(() -> clock.waiting() >= 2);
        clock.advance(Duration.ofSeconds(2));
        await().until(() -> requests.get() > renewals);
      }
      assertThat(proofs).hasValue(1);
    }
  }

  @Test
  @DisplayName("L9: a thread that has ended turns the health bad")
  void aThreadThatHasEnded() throws Exception {
    LeaderElection.Settings settings = new LeaderElection.Settings("default", "op", "a", Duration.ofSeconds(15),
        Duration.ofSeconds(10), Duration.ofSeconds(2), Duration.ofSeconds(20), true, clock);
    Thread ended = new Thread(() -> {});
    ended.start();
    ended.join();
    Thread lives = Thread.currentThread();
    Elector elector = new Elector(settings, store, new ElectionEvents(settings, List.of()));
    assertThat(elector.defect()).isNull();
    elector.thread = lives;
    elector.watchdog = lives;
    assertThat(elector.defect()).isNull();
    elector.watchdog = ended;
    assertThat(elector.defect()).isEqualTo("a thread of the election on lease default/op has ended");
    elector.watchdog = lives;
    elector.thread = ended;
    assertThat(elector.defect()).isEqualTo("a thread of the election on lease default/op has ended");
  }

  @Test
  @DisplayName("L11: an election whose lines cannot be logged leads, renews, loses the term, and releases")
  void nothingCanBeLogged() throws Exception {
    try (BrokenAppender appender = new BrokenAppender("leaderelection")) {
      store.failure = new LeaseException(Kind.REFUSED, "403", null);
      CountDownLatch lost = new CountDownLatch(1);
      start(election, term -> {
        term.onEnd(() -> {
          lost.countDown();
          throw new AssertionError("as asked");
        });
        lost.await();
      });
      await().until(() -> store.requests().size() == 1 && clock.waiting() >= 2);
      store.failure = null;
      clock.advance(Duration.ofMillis(4400));
      await().until(() -> election.health().leading() && clock.waiting() >= 2);
      store.failure = new OutOfMemoryError("as asked");
      await().until(() -> {
        clock.advance(Duration.ofSeconds(1));
        return lost.getCount() == 0;
      });
      store.failure = null;
      assertThatThrownBy(() -> election.run(term -> {
        throw new InterruptedException("done");
      })).hasMessage("done");
      assertThat(store.holder()).isEmpty();
      assertThat(appender.lines()).isPositive();
    }
  }
}
