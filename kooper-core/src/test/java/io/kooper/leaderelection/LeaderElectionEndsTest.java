package io.kooper.leaderelection;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.kooper.fake.FailingClock;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The last who takes part leaves at a moment that is bad for the election's own thread. On the machine's clock. */
@Timeout(60)
class LeaderElectionEndsTest {

  private static final int TERMS = Integer.getInteger("kooper.seeds", 400);

  private final GatedStore store = new GatedStore();

  private LeaderElectionBuilder builder() {
    return new LeaderElectionBuilder(null, "op").namespace("default").identity("a").store(store);
  }

  /** Holds one thread up, where it first asks for the time, until it is let go. */
  private static final class Hold {
    private final CountDownLatch reached = new CountDownLatch(1);
    private final Semaphore go = new Semaphore(0);
    private volatile Thread held;

    boolean never() {
      if (Thread.currentThread() == held && reached.getCount() > 0) {
        reached.countDown();
        go.acquireUninterruptibly(); // which keeps an interrupt
      }
      return false;
    }
  }

  @Test
  @DisplayName("Invariant 4: a term ends with the last who takes part, also when that one has not begun to work")
  void aTermThatNobodyWorksInHasEnded() throws Exception {
    Hold hold = new Hold();
    LeaderElection election = builder().clock(new FailingClock(hold::never)).build();
    AtomicReference<Leadership> term = new AtomicReference<>();
    CountDownLatch leads = new CountDownLatch(1);
    CountDownLatch end = new CountDownLatch(1);
    Thread works = start(election, leadership -> {
      term.set(leadership);
      leads.countDown();
      end.await();
    });
    leads.await();
    Thread joins = new Thread(() -> assertThatThrownBy(() -> election.run(leadership -> {}))
        .isInstanceOf(InterruptedException.class));
    hold.held = joins;
    joins.start();
    hold.reached.await();
    end.countDown();
    works.join();

    joins.interrupt();
    hold.go.release();
    joins.join();

    assertThat(term.get().isValid()).isFalse();
    awaitEnd();
    assertThat(store.holder()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  @DisplayName("Invariants 4 and 5: all are told of a term's end first; the lease of work that was abandoned is not given back")
  void allAreToldAndAbandonedWorkKeepsItsLease(boolean abandons) throws Exception {
    AtomicInteger told = new AtomicInteger();
    for (int i = 1; i <= TERMS; i++) {
      GatedStore own = new GatedStore();
      LeaderElection election = builder().store(own).retryPeriod(Duration.ofNanos(1000)).releaseOnStop(abandons).build();
      long spins = i % 50 * 200; // so that it ends at any moment of a renewal
      Runner.Task task = leadership -> {
        leadership.onEnd(told::incrementAndGet);
        for (long left = spins; left > 0; left--) {
          Thread.onSpinWait();
        }
        if (abandons) {
          throw new IllegalStateException("work goes on");
        }
      };
      if (abandons) {
        assertThatThrownBy(() -> election.run(task)).hasMessage("work goes on");
      } else {
        election.run(task);
      }
      awaitEnd();

      assertThat(own.holder()).isEqualTo("a");
      int terms = i;
      await(() -> told.get() == terms);
    }
  }

  private static Thread start(LeaderElection election, Runner.Task task) {
    Thread thread = new Thread(() -> {
      try {
        election.run(task);
      } catch (InterruptedException e) {
        throw new AssertionError(e);
      }
    });
    thread.start();
    return thread;
  }

  private static void awaitEnd() {
    await(() -> Thread.getAllStackTraces().keySet().stream().noneMatch(one -> one.getName().equals("kooper-op-election")));
  }

  private static void await(BooleanSupplier condition) {
    Awaitility.await().pollDelay(Duration.ZERO).pollInterval(Duration.ofMillis(1)).until(condition::getAsBoolean);
  }
}
