package io.kooper.leaderelection;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The election's thread, its watchdog and its health, on a clock that the test moves. */
@Timeout(60)
class LeaderElectionWatchdogTest extends ElectionThreads {

  @Nested
  class Watchdog {

    @Test
    void endsTheTermAtItsDeadlineThoughAnUpdateHangsAndIgnoresItsInterrupt() throws InterruptedException {
      Worker worker = new Worker(election);
      Leadership term = worker.awaitStarted();
      GatedStore.Gate gate = store.holdUpDeaf("update");
      tick(2);
      gate.awaitReached();
      for (int i = 0; i < 7; i++) {
        clock.advance(Duration.ofSeconds(1));
        assertThat(term.isValid()).isTrue();
      }
      clock.advance(Duration.ofMillis(999));
      assertThat(term.isValid()).isTrue();
      assertThat(worker.told.getCount()).isOne();
      clock.advance(Duration.ofMillis(1));
      assertThat(term.isValid()).isFalse();
      worker.told.await();
      await().until(() -> events.contains("stopped 0 EXPIRED"));
      gate.open(); // the update succeeds: too late
      worker.awaitEnd();
      assertThat(term.isValid()).isFalse();
      await().untilAsserted(() -> assertThat(store.holder()).as("given back all the same").isEmpty());
    }

    @Test
    void interruptsARequestThatTakesTooLongAndTheNextOneRenews() throws InterruptedException {
      Worker worker = new Worker(election);
      Leadership term = worker.awaitStarted();
      GatedStore.Gate gate = store.holdUp("update");
      tick(2);
      gate.awaitReached();
      await().until(() -> clock.waiting() >= 1); // the watchdog
      clock.advance(Duration.ofSeconds(2));
      await().until(() -> store.requests().size() == 5);
      assertThat(store.requests()).containsExactly("get", "create", "update", "get", "update");
      assertThat(term.remaining()).isEqualTo(Duration.ofSeconds(6));
      gate.open();
      await().until(() -> term.remaining().equals(Duration.ofSeconds(10)));
      worker.awaitEnd();
    }

    @Test
    void givesAServerWhoseWritesAreSlowMoreTimeWhenTwoWereTooLate() throws InterruptedException {
      Worker worker = new Worker(election);
      Leadership term = worker.awaitStarted();
      GatedStore.Gate gate = store.holdUp("update");
      tick(2);
      gate.awaitReached();
      for (int requests = 5; requests <= 7; requests += 2) { // the first two updates are interrupted after 2 s
        int until = requests;
        await().until(() -> clock.waiting() >= 1); // the watchdog
        clock.advance(Duration.ofSeconds(2));
        await().until(() -> store.requests().size() == until);
      }
      await().until(() -> clock.waiting() >= 1);
      clock.advance(Duration.ofSeconds(3)); // the third one is not
      assertThat(term.remaining()).isEqualTo(Duration.ofSeconds(1));

      gate.open();

      await().until(() -> term.remaining().compareTo(Duration.ofSeconds(7)) >= 0);
      assertThat(store.requests()).startsWith("get", "create", "update", "get", "update", "get", "update");
      worker.awaitEnd();
    }

    @Test
    void neverInterruptsTheWrongRequest() throws InterruptedException {
      for (int i = 0; i < 20; i++) {
        GatedStore.Gate gate = store.holdUp("get");
        Worker standby = new Worker(election);
        gate.awaitReached();
        await().until(() -> clock.waiting() >= 1);
        Thread opener = new Thread(gate::open);
        opener.start(); // at the same time as the timeout
        clock.advance(Duration.ofSeconds(2));
        opener.join();
        tickUntilStarted(standby);
        standby.awaitEnd();
        await().until(() -> electionThreads().isEmpty());
      }
      assertThat(events.stream().filter(event -> event.startsWith("started"))).hasSize(20);
      assertThat(events.stream().filter(event -> event.startsWith("stopped"))).hasSize(20);
    }

    @Test
    void waitsForAHungRequestAndThenCampaignsAgain() throws InterruptedException {
      GatedStore.Gate gate = store.holdUpDeaf("get");
      Worker left = new Worker(election);
      gate.awaitReached();
      left.interrupt();
      left.join();
      Worker next = new Worker(election);
      for (int i = 0; i < 10; i++) {
        await().until(() -> clock.waiting() >= 1);
        clock.advance(Duration.ofSeconds(1));
      }
      assertThat(electionThreads()).as("no pile of threads").containsExactly("kooper-op-election", "kooper-op-watchdog");
      gate.open();
      tickUntilStarted(next);
    }
  }

  @Nested
  class Failures {

    @Test
    void ofEveryKindNeverEndTheCampaign() throws InterruptedException {
      List<Throwable> kinds = List.of(
          new LeaseException(LeaseException.Kind.REFUSED, "403", null),
          new LeaseException(LeaseException.Kind.UNKNOWN, "500", null),
          new LeaseException(LeaseException.Kind.CONFLICT, "409", null),
          new IllegalStateException("a bug of the client"),
          new StackOverflowError("a bug of the client"));
      store.failure = kinds.get(0);
      Worker worker = new Worker(election);
      for (Throwable kind : kinds) {
        store.failure = kind;
        tickUntilRequest();
      }
      await().until(() -> clock.waiting() >= 2);
      store.failure = null;
      tick(4.4);
      worker.awaitStarted();
    }

    @Test
    void ofTheListenerChangeNothing() throws InterruptedException {
      LeaderElection told = builder().listener(new LeaderElectionListener() {
        @Override
        public void startedLeading(long token) {
          throw new AssertionError("this is meant to be logged once");
        }

        @Override
        public void stoppedLeading(long token, Reason reason) {
          throw new AssertionError("this is meant to be logged once");
        }

        @Override
        public void renewed(Duration took) {
          throw new AssertionError("this is meant to be logged once");
        }
      }).build();
      told.run(term -> {});
      assertThat(store.holder()).isEmpty();
    }
  }

  @Nested
  class Health {

    @Test
    @DisplayName("L9: nobody takes part")
    void isGoodWithoutACampaign() {
      assertThat(election.health()).isEqualTo(new LeaderElectionHealth(true, false, null, null, null));
    }

    @Test
    @DisplayName("L9: another holds the lease, however long ago it was renewed")
    void isGoodWhenAnotherHoldsTheLease() throws InterruptedException {
      store.server(server -> server.put(new LeaseRecord("b", 1_000_000, null, null, 1).on(
          new io.fabric8.kubernetes.api.model.coordination.v1.LeaseBuilder().withNewMetadata().endMetadata().build())));
      new Worker(election);
      await().until(() -> "b".equals(election.health().holder()));
      tick(1000);
      assertThat(election.health().healthy()).isTrue();
    }

    @Test
    @DisplayName("L9: the renewals of our lease hang: bad when it is older than lease and tolerance, good before")
    void isBadWhenOurRenewalsHangForTooLong() throws InterruptedException {
      Worker worker = new Worker(election);
      worker.awaitStarted();
      GatedStore.Gate gate = store.holdUpDeaf("update");
      tick(2);
      gate.awaitReached();
      clock.advance(Duration.ofSeconds(35));
      assertThat(election.health().healthy()).as("inside the tolerance").isTrue();
      clock.advance(Duration.ofNanos(1));
      assertThat(election.health().healthy()).isFalse();
      assertThat(election.health().leading()).isFalse();
      gate.open();
      worker.awaitEnd();
      await().until(() -> electionThreads().isEmpty());
      assertThat(election.health().healthy()).isTrue();
    }

    @Test
    void tellsWhatWentWrongLast() throws InterruptedException {
      store.failure = new LeaseException(LeaseException.Kind.REFUSED, "403, grant this and that", null);
      Worker worker = new Worker(election);
      await().until(() -> "403, grant this and that".equals(election.health().failure()));
      await().until(() -> clock.waiting() >= 2);
      store.failure = null;
      tick(4.4);
      worker.awaitStarted();
      assertThat(election.health().failure()).isNull();
    }

    @Test
    @DisplayName("L11: may be asked from any thread at any time")
    void mayBeAskedAllTheTime() throws Exception {
      AtomicBoolean over = new AtomicBoolean();
      AtomicReference<@Nullable Throwable> thrown = new AtomicReference<>();
      Thread asking = new Thread(() -> {
        try {
          while (!over.get()) {
            assertThat(election.health().healthy()).isTrue();
          }
        } catch (Throwable t) {
          thrown.set(t);
        }
      });
      asking.start();
      for (int i = 0; i < 50; i++) {
        election.run(term -> {});
      }
      over.set(true);
      asking.join();
      assertThat(thrown.get()).isNull();
    }
  }
}
