package io.kooper.leaderelection;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.kooper.clock.Clock;
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
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Participants and their tasks as threads, on a clock that the test moves. */
@Timeout(60)
class LeaderElectionThreadsTest extends ElectionThreads {

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
