package io.kooper.internal;

import io.kooper.clock.Clock;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** A lock, its one condition and a clock, for state that several threads share and wait for. What is run here never blocks. */
public final class Monitor {

  private static final long SHORTLY = 1_000_000;

  private final Clock clock;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();

  public Monitor(Clock clock) {
    this.clock = clock;
  }

  /** Looks at the state. */
  public <R extends @Nullable Object> R get(Supplier<R> question) {
    lock();
    try {
      return question.get();
    } finally {
      lock.unlock();
    }
  }

  /** Changes the state, and lets all who wait look again. */
  public <R extends @Nullable Object> R change(Supplier<R> change) {
    lock();
    try {
      R result = change.get();
      signalAll();
      return result;
    } finally {
      lock.unlock();
    }
  }

  /** Changes the state, and lets all who wait look again. */
  public void run(Runnable change) {
    lock();
    try {
      change.run();
      signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** Lets all who wait look again, at state that is not guarded by this. */
  public void signal() {
    lock();
    try {
      signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** Waiting for a lock needs memory. A change that has to be made must not be lost for a lack of it. */
  private void lock() {
    while (true) {
      try {
        lock.lock();
        return;
      } catch (OutOfMemoryError e) {
        LockSupport.parkNanos(SHORTLY);
      }
    }
  }

  /** A lock's first signal allocates. One that is lost must not look like a failure of the change: the next follows. */
  private void signalAll() {
    try {
      changed.signalAll();
    } catch (OutOfMemoryError e) {
      // who waits looks again at the next change, or when its time is over
    }
  }

  /**
   * Waits until {@code left} says 0 or less.
   *
   * @param left how long to wait, in nanoseconds, looked at again after each change; {@link Long#MAX_VALUE} until the next
   */
  public void await(LongSupplier left) throws InterruptedException {
    lock.lockInterruptibly();
    try {
      for (long nanos; (nanos = left.getAsLong()) > 0; ) {
        clock.await(lock, changed, nanos);
      }
    } finally {
      lock.unlock();
    }
  }

  /** Waits until it is so, looked at after each change, for so many nanoseconds at most. Whether it is so. */
  public boolean await(BooleanSupplier condition, long limit) throws InterruptedException {
    long end = clock.nanoTime() + Math.min(limit, Durations.LONGEST);
    await(() -> condition.getAsBoolean() ? 0 : end - clock.nanoTime());
    return get(condition::getAsBoolean);
  }
}
