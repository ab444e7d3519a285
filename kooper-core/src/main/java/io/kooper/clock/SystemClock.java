package io.kooper.clock;

import java.time.Instant;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.Lock;

/** {@link System#nanoTime()} and the JDK's own waits. */
enum SystemClock implements Clock {
  INSTANCE;

  @Override
  public long nanoTime() {
    return System.nanoTime();
  }

  @Override
  public Instant now() {
    return Instant.now();
  }

  @Override
  @SuppressWarnings("WaitNotInLoop") // the caller's is one
  public void await(Lock lock, Condition condition, long nanos) throws InterruptedException {
    if (nanos == Long.MAX_VALUE) {
      condition.await();
    } else if (nanos > 0) {
      condition.await(nanos, TimeUnit.NANOSECONDS);
    }
  }
}
