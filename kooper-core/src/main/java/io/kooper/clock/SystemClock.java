package io.kooper.clock;

import java.time.Instant;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.ForkJoinWorkerThread;
import java.util.concurrent.RejectedExecutionException;
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

  /** Lets a fork-join pool, whose thread this may be, start another one: a condition does so in waits without limit only. */
  @Override
  @SuppressWarnings("WaitNotInLoop") // the caller's is one
  public void await(Lock lock, Condition condition, long nanos) throws InterruptedException {
    if (nanos == Long.MAX_VALUE) {
      condition.await();
    } else if (nanos > 0 && Thread.currentThread() instanceof ForkJoinWorkerThread) {
      try {
        ForkJoinPool.managedBlock(new Wait(condition, nanos));
      } catch (RejectedExecutionException e) { // the pool has all the threads that it may have
        condition.await(nanos, TimeUnit.NANOSECONDS);
      }
    } else if (nanos > 0) {
      condition.await(nanos, TimeUnit.NANOSECONDS);
    }
  }

  private record Wait(Condition condition, long nanos) implements ForkJoinPool.ManagedBlocker {

    @Override
    @SuppressWarnings("WaitNotInLoop") // as above
    public boolean block() throws InterruptedException {
      condition.await(nanos, TimeUnit.NANOSECONDS);
      return true;
    }

    @Override
    public boolean isReleasable() {
      return false;
    }
  }
}
