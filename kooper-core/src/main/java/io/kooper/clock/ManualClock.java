package io.kooper.clock;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.Lock;

/**
 * A clock that stands still until a test moves it.
 *
 * <p>{@link #advance} wakes every thread that waits in {@link #await}; each looks at the new time and goes on or waits
 * again, so that a test of an hour's back-off takes a millisecond. All methods may be called from any thread.
 *
 * <pre>{@code
 * ManualClock clock = new ManualClock();
 * WorkQueue<String> queue = WorkQueue.<String>builder().clock(clock).build();
 * queue.addAfter("a", Duration.ofHours(1), Lane.RETRY);
 * clock.advance(Duration.ofHours(1)); // now queue.get() returns "a"
 * }</pre>
 */
public final class ManualClock implements Clock {

  private record Waiter(Lock lock, Condition condition) {}

  private final List<Waiter> waiters = new ArrayList<>(); // guarded by itself; never held while a waiter's lock is taken
  private volatile long nanos;

  /** The time that a thread last saw: what it asks to wait for is counted from then. */
  private final ThreadLocal<Long> seen = new ThreadLocal<>();

  @Override
  public long nanoTime() {
    long now = nanos;
    seen.set(now);
    return now;
  }

  /** The epoch, and what the clock was advanced by. */
  @Override
  public Instant now() {
    return Instant.EPOCH.plusNanos(nanos);
  }

  @Override
  @SuppressWarnings("WaitNotInLoop") // the caller's is one
  public void await(Lock lock, Condition condition, long timeout) throws InterruptedException {
    if (timeout <= 0) {
      return;
    }
    Waiter waiter = new Waiter(lock, condition);
    synchronized (waiters) {
      if (hasMovedUnseen()) {
        return; // between the caller's look at the time and now: no advance is to come that would wake it
      }
      waiters.add(waiter);
    }
    try {
      condition.await();
    } finally {
      synchronized (waiters) {
        waiters.remove(waiter);
      }
    }
  }

  /**
   * Moves the time forward and wakes all who wait.
   *
   * @throws IllegalArgumentException when the step is negative
   */
  public void advance(Duration step) {
    if (step.isNegative()) {
      throw new IllegalArgumentException("time does not go back, not by " + step);
    }
    List<Waiter> woken;
    synchronized (waiters) {
      nanos += Math.min(TimeUnit.NANOSECONDS.convert(step), Long.MAX_VALUE / 4); // a few of these do not overflow
      woken = List.copyOf(waiters);
    }
    for (Waiter waiter : woken) {
      waiter.lock.lock();
      try {
        waiter.condition.signalAll();
      } finally {
        waiter.lock.unlock();
      }
    }
  }

  private boolean hasMovedUnseen() {
    Long before = seen.get();
    seen.set(nanos);
    return before != null && before != nanos;
  }

  /** How many threads wait now; a test waits for this before it advances. */
  public int waiting() {
    synchronized (waiters) {
      return waiters.size();
    }
  }
}
