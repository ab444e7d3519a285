package io.kooper.crd;

import io.kooper.clock.Clock;
import io.kooper.internal.Durations;
import java.time.Duration;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.DoubleSupplier;

/** The time that is left, spent in growing steps: 100 ms, doubled up to Kooper's 2 s, each shortened by up to a quarter. */
final class Patience {

  private static final long FIRST = Duration.ofMillis(100).toNanos();
  private static final long LAST = Duration.ofSeconds(2).toNanos();

  private final Clock clock;
  private final DoubleSupplier random; // in [0, 1), so that replicas do not go in step
  private final long start;
  private final long nanos;
  private final Lock lock = new ReentrantLock();
  private final Condition never = lock.newCondition();
  private long step = FIRST;

  Patience(Duration timeout, Clock clock, DoubleSupplier random) {
    this.clock = clock;
    this.random = random;
    this.start = clock.nanoTime();
    this.nanos = Durations.nanos(timeout);
  }

  Duration left() {
    return Duration.ofNanos(Math.max(0, nanos - (clock.nanoTime() - start)));
  }

  /** Waits a step, at least {@code atLeast}, at most what is left; false, at once, when nothing is left. */
  boolean pause(Duration atLeast) throws InterruptedException {
    long left = left().toNanos();
    if (left == 0) {
      return false;
    }
    long wait = Math.min(left, Math.max(Durations.nanos(atLeast), (long) (step * (1 - random.getAsDouble() / 4))));
    step = Math.min(2 * step, LAST);
    long from = clock.nanoTime();
    lock.lockInterruptibly();
    try {
      long passed;
      while ((passed = clock.nanoTime() - from) < wait) {
        clock.await(lock, never, wait - passed);
      }
    } finally {
      lock.unlock();
    }
    return true;
  }
}
