package io.kooper.clock;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.ForkJoinTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SystemClockTest {

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private boolean done; // guarded by lock

  /** As a controller that somebody runs on the common pool, on which the JDK's HTTP client completes its requests. */
  @ParameterizedTest
  @ValueSource(longs = {Long.MAX_VALUE, 3_600_000_000_000L})
  @Timeout(60)
  void whoWaitsOnAPoolsOnlyThreadLetsItsOtherTasksRun(long nanos) throws Exception {
    ForkJoinPool pool = new ForkJoinPool(1);
    try {
      ForkJoinTask<?> waiting = pool.submit(() -> {
        awaitDone(nanos);
        return null;
      });
      pool.submit(this::setDone);

      waiting.get(30, TimeUnit.SECONDS);
    } finally {
      pool.shutdownNow();
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void aWaitEndsWithItsTime(boolean ofPool) throws Exception {
    ForkJoinPool pool = new ForkJoinPool(1);
    try {
      long waited = ofPool ? pool.submit(this::awaitOnce).get() : awaitOnce();

      assertThat(Duration.ofNanos(waited)).isGreaterThanOrEqualTo(Duration.ofMillis(1));
    } finally {
      pool.shutdownNow();
    }
  }

  @Test
  @Timeout(60)
  void aWaitEndsWithItsTimeThoughThePoolMayHaveNoOtherThread() throws Exception {
    ForkJoinPool pool = new ForkJoinPool(1, ForkJoinPool.defaultForkJoinWorkerThreadFactory, null, false, 1, 1, 1, null, 60,
        TimeUnit.SECONDS);
    try {
      assertThat(pool.submit(this::awaitOnce).get()).isGreaterThanOrEqualTo(1_000_000);
    } finally {
      pool.shutdownNow();
    }
  }

  @Test
  void noTimeIsNoWait() throws InterruptedException {
    lock.lock();
    try {
      Clock.system().await(lock, changed, 0);
    } finally {
      lock.unlock();
    }
  }

  private void awaitDone(long nanos) throws InterruptedException {
    lock.lock();
    try {
      while (!done) {
        Clock.system().await(lock, changed, nanos);
      }
    } finally {
      lock.unlock();
    }
  }

  private long awaitOnce() throws InterruptedException {
    long begin = System.nanoTime();
    lock.lock();
    try {
      for (long left; (left = begin + 1_000_000 - System.nanoTime()) > 0; ) {
        Clock.system().await(lock, changed, left);
      }
      return System.nanoTime() - begin;
    } finally {
      lock.unlock();
    }
  }

  private void setDone() {
    lock.lock();
    try {
      done = true;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }
}
