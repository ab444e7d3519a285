package io.kooper.leaderelection;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.kooper.clock.Clock;
import io.kooper.clock.ManualClock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.mockito.Mockito;

/** Participants, campaign and watchdog as threads, on a clock that the test moves. */
@Timeout(60)
class LeaderElectionThreadsTest {

  private final ManualClock clock = new ManualClock();
  private final GatedStore store = new GatedStore();
  private final List<String> events = new CopyOnWriteArrayList<>();
  private final List<Worker> workers = new ArrayList<>();
  private final LeaderElectionListener listener = new LeaderElectionListener() {
    @Override
    public void startedLeading(long token) {
      events.add("started " + token);
    }

    @Override
    public void stoppedLeading(long token, Reason reason) {
      events.add("stopped " + token + " " + reason);
    }

    @Override
    public void newLeader(String identity) {
      events.add("leader " + identity);
    }
  };
  private final LeaderElection election = builder().build();

  private LeaderElectionBuilder builder() {
    return LeaderElection.builder(Mockito.mock(KubernetesClient.class), "op")
        .namespace("default").identity("a").clock(clock).store(store).listener(listener);
  }

  /** A thread that runs a task which works until it is told to end. */
  private final class Worker extends Thread {
    final CountDownLatch started = new CountDownLatch(1);
    final CountDownLatch told = new CountDownLatch(1); // by onEnd
    final CountDownLatch end = new CountDownLatch(1);
    final AtomicReference<@Nullable Leadership> leadership = new AtomicReference<>();
    final AtomicReference<@Nullable Throwable> thrown = new AtomicReference<>();

    Worker(LeaderElection election) {
      super("worker");
      setDaemon(true);
      target = election;
      workers.add(this);
      start();
    }

    private final LeaderElection target;

    @Override
    public void run() {
      try {
        target.run(term -> {
          leadership.set(term);
          term.onEnd(told::countDown);
          started.countDown();
          boolean interrupted = false;
          while (true) {
            try {
              end.await();
              break;
            } catch (InterruptedException e) {
              interrupted = true;
            }
          }
          if (interrupted) {
            Thread.currentThread().interrupt();
          }
        });
      } catch (Throwable t) {
        thrown.set(t);
      }
    }

    Leadership awaitStarted() throws InterruptedException {
      started.await();
      return java.util.Objects.requireNonNull(leadership.get());
    }

    void awaitEnd() throws InterruptedException {
      end.countDown();
      join();
    }
  }

  @BeforeEach
  void quickPolls() {
    org.awaitility.Awaitility.setDefaultPollInterval(Duration.ofMillis(2));
    org.awaitility.Awaitility.setDefaultTimeout(Duration.ofSeconds(30));
  }

  @AfterEach
  void endsItsThreads() {
    store.openAll();
    for (Worker worker : workers) {
      worker.interrupt();
      worker.end.countDown();
    }
    for (Worker worker : workers) {
      pass(worker);
    }
    await().until(() -> {
      if (electionThreads().isEmpty()) {
        return true;
      }
      clock.advance(Duration.ofSeconds(1));
      return false;
    });
    org.awaitility.Awaitility.reset();
  }

  private void pass(Thread thread) {
    await().until(() -> {
      if (!thread.isAlive()) {
        return true;
      }
      clock.advance(Duration.ofSeconds(1));
      return false;
    });
  }

  private static List<String> electionThreads() {
    return Thread.getAllStackTraces().keySet().stream().map(Thread::getName)
        .filter(name -> name.startsWith("kooper-op-")).sorted().toList();
  }

  /** Lets time pass when both threads wait for it. */
  private void tick(double seconds) {
    await().until(() -> clock.waiting() >= 2);
    clock.advance(Duration.ofNanos((long) (seconds * 1e9)));
  }

  /** Lets time pass until its task has begun, but none while a request or the answer to one is on its way. */
  private void tickUntilStarted(Worker worker) {
    await().until(() -> {
      if (!election.health().leading() && clock.waiting() >= 2) {
        clock.advance(Duration.ofMillis(100));
      }
      return worker.started.getCount() == 0;
    });
  }

  /** Lets the time pass until the next request has been made, and waits for it. */
  private void tickUntilRequest() {
    int before = store.requests().size();
    tick(4.4);
    await().until(() -> store.requests().size() > before);
  }

  private void steal(String holder) {
    store.server(server -> server.put(
        new LeaseRecord(holder, 15, null, null, server.record().transitions() + 1).on(server.get())));
  }

  @Nested
  class Participants {

    @Test
    void runsATaskAsTheLeaderAndGivesTheLeaseBack() throws InterruptedException {
      AtomicReference<@Nullable Leadership> seen = new AtomicReference<>();
      election.run(term -> {
        assertThat(term.isValid()).isTrue();
        assertThat(term.token()).isZero();
        assertThat(term.remaining()).isEqualTo(Duration.ofSeconds(10));
        assertThat(store.holder()).isEqualTo("a");
        assertThat(election.health().leading()).isTrue();
        assertThat(electionThreads()).contains("kooper-op-election", "kooper-op-watchdog");
        seen.set(term);
      });
      assertThat(store.holder()).isEmpty();
      assertThat(seen.get().isValid()).isFalse();
      assertThat(seen.get().remaining()).isZero();
      await().until(() -> electionThreads().isEmpty());
      assertThat(events).containsExactly("leader a", "started 0", "stopped 0 STOPPED");
      assertThat(store.requests()).containsExactly("get", "create", "get", "update");
    }

    @Test
    void shareOneTermAndTheLastGivesTheLeaseBack() throws InterruptedException {
      List<Worker> many = new ArrayList<>();
      for (int i = 0; i < 20; i++) {
        many.add(new Worker(election));
      }
      Set<Leadership> terms = new HashSet<>();
      for (Worker worker : many) {
        terms.add(worker.awaitStarted());
      }
      assertThat(terms).hasSize(1);
      for (Worker worker : many) {
        assertThat(terms.iterator().next().isValid()).isTrue();
        assertThat(store.holder()).isEqualTo("a");
        worker.awaitEnd();
      }
      assertThat(store.holder()).isEmpty();
      assertThat(store.requests().stream().filter("create"::equals)).hasSize(1);
      assertThat(store.requests()).endsWith("get", "update");
    }

    @Test
    void joinTheTermUnderWayAtOnce() throws InterruptedException {
      Leadership first = new Worker(election).awaitStarted();
      int requests = store.requests().size();
      assertThat(new Worker(election).awaitStarted()).isSameAs(first);
      assertThat(store.requests()).hasSize(requests);
    }

    @Test
    void leaveAtOnceWhenInterruptedThoughARequestHangs() throws InterruptedException {
      GatedStore.Gate gate = store.holdUpDeaf("get");
      Worker standby = new Worker(election);
      gate.awaitReached();
      standby.interrupt();
      standby.join();
      assertThat(standby.thrown.get()).isInstanceOf(InterruptedException.class);
      assertThat(standby.started.getCount()).isOne();
      gate.open();
      await().until(() -> electionThreads().isEmpty());
      assertThat(store.requests()).as("nothing was taken").containsOnly("get");
    }

    @Test
    void areNotCountedWhenTheyComeInterrupted() {
      Thread.currentThread().interrupt();
      assertThatThrownBy(() -> election.run(term -> {})).isInstanceOf(InterruptedException.class);
      assertThat(electionThreads()).isEmpty();
    }

    @Test
    void giveBackALeaseThatTheyGotAfterTheyLeft() throws InterruptedException {
      GatedStore.Gate gate = store.holdUpAnswer("create");
      Worker standby = new Worker(election);
      gate.awaitReached();
      assertThat(store.holder()).isEqualTo("a");
      standby.interrupt();
      standby.join();
      gate.open();
      await().until(() -> electionThreads().isEmpty());
      assertThat(store.holder()).isEmpty();
      assertThat(standby.started.getCount()).isOne();
    }

    @Test
    @DisplayName("L7: stopped while an update is in flight")
    void giveTheLeaseBackAfterTheRenewalInFlight() throws InterruptedException {
      Worker worker = new Worker(election);
      worker.awaitStarted();
      GatedStore.Gate gate = store.holdUpAnswer("update");
      tickUntilRequest();
      gate.awaitReached();
      worker.end.countDown();
      await().until(() -> !worker.leadership.get().isValid());
      gate.open();
      worker.join();
      assertThat(store.holder()).isEmpty();
      assertThat(worker.leadership.get().isValid()).as("the renewal came too late").isFalse();
    }

    @Test
    @DisplayName("L7: a release that hangs is waited for until the renew deadline")
    void doNotWaitForeverForTheRelease() throws InterruptedException {
      Worker worker = new Worker(election);
      worker.awaitStarted();
      GatedStore.Gate gate = store.holdUpDeaf("get");
      worker.end.countDown();
      gate.awaitReached();
      await().until(() -> clock.waiting() >= 2); // the watchdog and the worker
      clock.advance(Duration.ofSeconds(10));
      worker.join();
      gate.open();
      await().until(() -> electionThreads().isEmpty());
    }

    @Test
    void hurryWhenInterruptedWhileTheyWaitForTheRelease() throws InterruptedException {
      Worker worker = new Worker(election);
      worker.awaitStarted();
      GatedStore.Gate gate = store.holdUpDeaf("get");
      worker.end.countDown();
      gate.awaitReached();
      await().until(() -> clock.waiting() >= 2); // the watchdog and the worker
      worker.interrupt();
      worker.join();
      gate.open();
      await().until(() -> store.holder().isEmpty());
    }

    @Test
    void mayJoinAgainDuringTheRelease() throws InterruptedException {
      Worker first = new Worker(election);
      long token = first.awaitStarted().token();
      GatedStore.Gate gate = store.holdUpDeaf("get");
      first.end.countDown();
      gate.awaitReached();
      Worker second = new Worker(election);
      gate.open();
      first.join();
      assertThat(second.awaitStarted().token()).isGreaterThan(token);
    }

    @Test
    void keepTheLeaseIfSoConfigured() throws InterruptedException {
      LeaderElection keeping = builder().releaseOnStop(false).build();
      keeping.run(term -> {});
      assertThat(store.holder()).isEqualTo("a");
      keeping.run(term -> assertThat(term.token()).isOne());
    }
  }

  @Nested
  class Tasks {

    @Test
    void thatThrowLeaveTheLeaseToExpire() throws InterruptedException {
      assertThatThrownBy(() -> election.run(term -> {
        throw new IllegalStateException("a worker ignores its interrupt");
      })).hasMessage("a worker ignores its interrupt");
      await().until(() -> electionThreads().isEmpty());
      assertThat(store.holder()).isEqualTo("a");
      Worker next = new Worker(election);
      for (int i = 0; i < 3; i++) {
        tickUntilRequest();
      }
      assertThat(next.started.getCount()).as("its work may go on").isOne();
      tick(4.4);
      assertThat(next.awaitStarted().token()).isOne();
    }

    @Test
    void thatAreInterruptedGiveTheLeaseBack() {
      assertThatThrownBy(() -> election.run(term -> {
        throw new InterruptedException();
      })).isInstanceOf(InterruptedException.class);
      assertThat(store.holder()).isEmpty();
    }

    @Test
    void thatEndWithAnInterruptGiveTheLeaseBackAndKeepTheInterrupt() throws InterruptedException {
      election.run(term -> Thread.currentThread().interrupt());
      assertThat(Thread.interrupted()).isTrue();
      assertThat(store.holder()).isEmpty();
    }

    @Test
    void areToldThatTheTermEndedEachInSpiteOfTheOthers() throws InterruptedException {
      CountDownLatch told = new CountDownLatch(1);
      Worker worker = new Worker(election);
      Leadership term = worker.awaitStarted();
      term.onEnd(() -> {
        throw new AssertionError("this is meant to be logged");
      });
      term.onEnd(told::countDown);
      steal("b");
      tick(2);
      told.await();
      worker.told.await();
      AtomicBoolean late = new AtomicBoolean();
      term.onEnd(() -> late.set(true));
      assertThat(late).as("at once, in this thread").isTrue();
    }

    @Test
    void ofALostTermKeepTheProcessFromANewOne() throws InterruptedException {
      Worker quick = new Worker(election);
      Worker slow = new Worker(election);
      long token = quick.awaitStarted().token();
      slow.awaitStarted();
      steal("");
      tick(2);
      quick.told.await();
      quick.awaitEnd();
      Worker again = new Worker(election);
      int requests = store.requests().size();
      for (int i = 0; i < 10; i++) {
        tick(2);
      }
      assertThat(store.requests()).as("it does not even try").hasSize(requests);
      slow.awaitEnd();
      assertThat(again.awaitStarted().token()).isGreaterThan(token);
      assertThat(events).contains("stopped 0 TAKEN");
    }

    @Test
    void ofATermThatEndedNeedNotWaitForARelease() throws InterruptedException {
      Worker worker = new Worker(election);
      worker.awaitStarted();
      GatedStore.Gate gate = store.holdUpDeaf("update");
      tickUntilRequest();
      gate.awaitReached();
      clock.advance(Duration.ofSeconds(10));
      worker.told.await();
      worker.awaitEnd();
      gate.open();
    }
  }

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

  @ParameterizedTest
  @ValueSource(ints = {500, 3}) // with 3 ms terms expire at any moment
  void neverHasTwoTermsAtOnceHoweverTasksComeAndGo(int renewDeadline) throws InterruptedException {
    LeaderElection real = builder().clock(Clock.system()).leaseDuration(Duration.ofSeconds(1))
        .renewDeadline(Duration.ofMillis(renewDeadline)).retryPeriod(Duration.ofMillis(2)).build();
    ConcurrentHashMap<Long, AtomicInteger> working = new ConcurrentHashMap<>();
    List<String> wrong = new CopyOnWriteArrayList<>();
    AtomicInteger tasks = new AtomicInteger();
    List<Thread> threads = new ArrayList<>();
    for (int i = 0; i < 6; i++) {
      Random random = new Random(i);
      Thread thread = new Thread(() -> {
        for (int k = 0; k < 40; k++) {
          try {
            real.run(term -> {
              working.computeIfAbsent(term.token(), token -> new AtomicInteger()).incrementAndGet();
              tasks.incrementAndGet();
              working.forEach((token, count) -> {
                if (token != term.token() && count.get() > 0) {
                  wrong.add("terms " + token + " and " + term.token());
                }
              });
              if (random.nextInt(10) == 0) {
                steal("");
              }
              CountDownLatch ended = new CountDownLatch(1);
              term.onEnd(ended::countDown);
              ended.await(random.nextInt(3), TimeUnit.MILLISECONDS);
              working.get(term.token()).decrementAndGet();
            });
          } catch (InterruptedException e) {
            wrong.add("interrupted");
          }
        }
      });
      threads.add(thread);
      thread.start();
    }
    for (Thread thread : threads) {
      thread.join();
    }
    assertThat(wrong).isEmpty();
    assertThat(tasks).hasValue(240);
    await().until(() -> electionThreads().isEmpty());
    assertThat(events.stream().filter(event -> event.startsWith("started")).count())
        .isEqualTo(events.stream().filter(event -> event.startsWith("stopped")).count());
  }
}
