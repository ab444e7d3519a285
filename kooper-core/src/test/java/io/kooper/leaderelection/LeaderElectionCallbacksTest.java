package io.kooper.leaderelection;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Level;
import io.kooper.clock.ManualClock;
import io.kooper.fake.Logs;
import io.kooper.internal.Urgent;
import io.kooper.metrics.ElectionFigures;
import io.kooper.metrics.ElectionMetrics;
import io.kooper.metrics.MetricsRecorder;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What an election tells, and that who is told cannot hold it up. */
@Timeout(60)
class LeaderElectionCallbacksTest {

  private final ManualClock clock = new ManualClock();
  private final GatedStore store = new GatedStore();
  private final List<String> told = new CopyOnWriteArrayList<>();
  private final AtomicInteger newLeaders = new AtomicInteger();
  private final AtomicInteger failedAttempts = new AtomicInteger();
  private final AtomicReference<ElectionFigures> figures = new AtomicReference<>();
  private final CountDownLatch hangs = new CountDownLatch(1);
  private final CountDownLatch goOn = new CountDownLatch(1);
  private final CountDownLatch endTask = new CountDownLatch(1);
  private final List<Thread> threads = new ArrayList<>();
  private volatile String hangsIn = "";

  private final LeaderElectionListener listener = new LeaderElectionListener() {
    @Override
    public void startedLeading(long token) {
      tell("started " + token);
    }

    @Override
    public void stoppedLeading(long token, Reason reason) {
      tell("stopped " + token + " " + reason);
    }

    @Override
    public void newLeader(String identity) {
      tell("leader " + identity);
    }

    @Override
    public void attemptFailed(Exception cause) {
      tell("failed");
    }

    private void tell(String what) {
      told.add(what + " on " + Thread.currentThread().getName());
      if (!hangsIn.isEmpty() && what.startsWith(hangsIn)) {
        hang();
      }
    }
  };

  private final LeaderElection election = LeaderElection.builder(null, "op").namespace("default").identity("a")
      .clock(clock).store(store).listener(listener).metrics(new MetricsRecorder() {
        @Override
        public ElectionMetrics election(String lease, ElectionFigures now) {
          figures.set(now);
          return new ElectionMetrics() {
            @Override
            public void newLeader() {
              newLeaders.incrementAndGet();
            }

            @Override
            public void renewed(Duration took) {
              if (hangsIn.equals("renewed")) {
                hang();
              }
            }

            @Override
            public void attemptFailed() {
              failedAttempts.incrementAndGet();
            }
          };
        }
      }).build();

  private void hang() {
    hangs.countDown();
    boolean over = false;
    while (!over) {
      try {
        goOn.await();
        over = true;
      } catch (InterruptedException e) {
        // as System.exit() does
      }
    }
  }

  private Thread start(Runner.Task task) {
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

  private Thread startLeading() throws InterruptedException {
    CountDownLatch leads = new CountDownLatch(1);
    Thread thread = start(term -> {
      leads.countDown();
      endTask.await();
    });
    leads.await();
    return thread;
  }

  /** Lets time pass until the next request has been made. */
  private void tickUntilRequest() {
    int before = store.requests().size();
    await().until(() -> clock.waiting() >= 2);
    clock.advance(Duration.ofMillis(4400));
    await().until(() -> store.requests().size() > before && clock.waiting() >= 2);
  }

  @AfterEach
  void end() {
    goOn.countDown();
    endTask.countDown();
    store.openAll();
    store.failure = null;
    threads.forEach(Thread::interrupt);
    await().until(() -> {
      clock.advance(Duration.ofSeconds(1));
      return Thread.getAllStackTraces().keySet().stream().noneMatch(thread -> thread.getName().startsWith("kooper-op-"));
    });
  }

  @Nested
  class Listeners {

    @Test
    @DisplayName("are told in order on one thread of their own, all of it before run() returns")
    void inOrder() throws InterruptedException {
      for (int i = 0; i < 20; i++) {
        election.run(term -> {});
      }
      List<String> expected = new ArrayList<>(List.of("leader a on kooper-op-listener"));
      for (int i = 0; i < 20; i++) {
        expected.add("started " + i + " on kooper-op-listener");
        expected.add("stopped " + i + " STOPPED on kooper-op-listener");
      }
      assertThat(told).isEqualTo(expected);
    }

    @Test
    @DisplayName("L11: one that hangs does not keep the lease, is waited for for 5 s, and the log says so")
    void doNotHoldUpAStop() throws InterruptedException {
      hangsIn = "stopped";
      try (Logs logs = new Logs(LeaderElection.class.getName(), Level.WARN)) {
        Thread leading = startLeading();
        endTask.countDown();
        hangs.await();
        await().until(() -> store.holder().isEmpty());
        await().until(() -> clock.waiting() >= 1 && leading.getState() == Thread.State.WAITING);
        assertThat(leading.isAlive()).isTrue();
        clock.advance(Duration.ofMillis(4999));
        await().until(() -> clock.waiting() >= 1);
        assertThat(logs.lines()).isEmpty();

        clock.advance(Duration.ofMillis(1));

        leading.join();
        assertThat(logs.lines()).singleElement().asString().contains("default/op", "has not returned within PT5S");
      }
    }

    @Test
    @DisplayName("L11: one that hangs delays neither renewals nor the end of the term nor its actions")
    void doNotHoldUpTheElection() throws InterruptedException {
      hangsIn = "started";
      CountDownLatch ended = new CountDownLatch(1);
      AtomicReference<String> urgentOn = new AtomicReference<>();
      AtomicReference<Leadership> seen = new AtomicReference<>();
      start(term -> {
        term.onEnd(ended::countDown);
        term.onEnd((Urgent) () -> urgentOn.set(Thread.currentThread().getName()));
        seen.set(term);
        endTask.await();
      });
      hangs.await();
      await().until(() -> seen.get() != null);
      tickUntilRequest();
      await().until(() -> seen.get().remaining().equals(Duration.ofSeconds(10)));
      assertThat(figures.get().leading()).as("a figure is no memory").isTrue();

      store.server(server -> server.put(new LeaseRecord("b", 15, null, null, 9).on(server.get())));
      tickUntilRequest();

      ended.await();
      assertThat(seen.get().isValid()).isFalse();
      assertThat(urgentOn).hasValue("kooper-op-watchdog");
      assertThat(figures.get().leading()).isFalse();
      assertThat(told).hasSize(2);
      goOn.countDown();
      await().until(() -> told.contains("stopped 0 TAKEN on kooper-op-listener"));
    }

    @Test
    @DisplayName("L11: metrics that hang delay no renewal")
    void metricsDoNotHoldUpTheElection() throws InterruptedException {
      hangsIn = "renewed";
      startLeading();
      tickUntilRequest();
      hangs.await();
      for (int i = 0; i < 5; i++) {
        tickUntilRequest();
        assertThat(election.health().leading()).isTrue();
      }
    }

    @Test
    @DisplayName("L11: an action at the end of a term that hangs is waited for for 5 s")
    void doNotHoldUpAStopByAnAction() throws InterruptedException {
      CountDownLatch leads = new CountDownLatch(1);
      Thread leading = start(term -> {
        term.onEnd(() -> hang());
        leads.countDown();
        endTask.await();
      });
      leads.await();
      endTask.countDown();
      hangs.await();
      await().until(() -> store.holder().isEmpty());
      await().until(() -> {
        clock.advance(Duration.ofSeconds(1));
        return !leading.isAlive();
      });
      assertThat(told).contains("stopped 0 STOPPED on kooper-op-listener");
    }
  }

  @Nested
  class WithoutALeader {

    private final LeaseException forbidden = new LeaseException(LeaseException.Kind.REFUSED, "403, grant update", null);

    @Test
    @DisplayName("L9: may read but not update: one warning a minute, a reason, a gauge; health stays good")
    void saysSo() throws InterruptedException {
      store.server(server -> server.put(new LeaseRecord("", 1, null, null, 3).on(
          new io.fabric8.kubernetes.api.model.coordination.v1.LeaseBuilder().withNewMetadata().endMetadata().build())));
      try (Logs logs = new Logs(LeaderElection.class.getName(), Level.INFO)) {
        store.failure = null;
        store.refuseUpdates = forbidden;
        start(term -> endTask.await());
        await().until(() -> clock.waiting() >= 2);
        assertThat(election.reasons()).singleElement().isEqualTo("403, grant update");
        for (int i = 0; i < 28; i++) { // 119 s and 3 s of requests
          tickUntilRequest();
        }
        assertThat(logs.lines()).hasSizeBetween(2, 3)
            .allMatch(line -> line.startsWith("WARN 403, grant update (consecutive failure"));
        assertThat(logs.lines().get(1)).contains("nobody has led for PT");
        assertThat(election.health().healthy()).isTrue();
        assertThat(election.health().leaderless()).isGreaterThan(Duration.ofSeconds(100));
        assertThat(election.reasons()).singleElement().asString()
            .contains("nobody has led by lease default/op for PT", "403, grant update");
        assertThat(figures.get().leaderless()).isTrue();
        await().until(() -> failedAttempts.get() == 29);

        store.refuseUpdates = null;
        tickUntilRequest();

        await().until(() -> election.health().leading());
        assertThat(election.reasons()).isEmpty();
        assertThat(figures.get().leaderless()).isFalse();
        assertThat(logs.lines()).contains("INFO requests about lease default/op succeed again after 29 failures");
      }
    }

    @Test
    @DisplayName("L9: a change of the leader is no reason, nor a leader elsewhere")
    void doesNotSaySoTooEarly() throws InterruptedException {
      store.server(server -> server.put(new LeaseRecord("b", 15, null, null, 3).on(
          new io.fabric8.kubernetes.api.model.coordination.v1.LeaseBuilder().withNewMetadata().endMetadata().build())));
      start(term -> endTask.await());
      for (int i = 0; i < 10; i++) { // b renews
        int now = i;
        tickUntilRequest();
        store.server(server -> server.put(
            new LeaseRecord("b", 15, null, java.time.Instant.ofEpochSecond(now), 3).on(server.get())));
        assertThat(election.health().leaderless()).isNull();
      }
      assertThat(newLeaders).as("the first holder that is seen is no transition").hasValue(0);
      for (int i = 0; i < 5 && !election.health().leading(); i++) { // b vanishes
        tickUntilRequest();
        assertThat(election.health().leaderless()).isNull();
      }
      await().until(() -> election.health().leading());
      await().until(() -> newLeaders.get() == 1);
      assertThat(election.reasons()).isEmpty();
    }
  }

  @Test
  @DisplayName("a conflict is no failed attempt")
  void conflictsAreNotCounted() throws InterruptedException {
    store.failure = new LeaseException(LeaseException.Kind.CONFLICT, "409", null);
    start(term -> endTask.await());
    tickUntilRequest();
    tickUntilRequest();
    assertThat(failedAttempts).hasValue(0);
    assertThat(told).isEmpty();
  }
}
