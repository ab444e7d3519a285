package io.kooper.clock;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(20)
class ManualClockTest {
  private final ManualClock clock = new ManualClock();
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition condition = lock.newCondition();

  @Test
  void standsStillUntilItIsMoved() {
    assertThat(clock.nanoTime()).isZero();
    assertThat(clock.now()).isEqualTo(Instant.EPOCH);
    clock.advance(Duration.ofSeconds(2));
    assertThat(clock.nanoTime()).isEqualTo(2_000_000_000L);
    assertThat(clock.now()).isEqualTo(Instant.ofEpochSecond(2));
  }

  @Test
  void doesNotGoBack() {
    assertThatThrownBy(() -> clock.advance(Duration.ofNanos(-1))).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void anAdvanceWakesAWaiter() {
    CompletableFuture<Long> woken = CompletableFuture.supplyAsync(() -> waitUntil(Duration.ofHours(1).toNanos()));
    await().pollDelay(Duration.ZERO).pollInterval(Duration.ofMillis(1)).until(() -> clock.waiting() == 1);
    clock.advance(Duration.ofHours(1));
    assertThat(woken.join()).isEqualTo(Duration.ofHours(1).toNanos());
    assertThat(clock.waiting()).isZero();
  }

  @Test
  void anAdvanceBetweenTheLookAtTheTimeAndTheWaitIsNotMissed() throws InterruptedException {
    lock.lock();
    try {
      long left = Duration.ofSeconds(1).toNanos() - clock.nanoTime();
      Thread other = new Thread(() -> clock.advance(Duration.ofSeconds(1)));
      other.start();
      other.join(); // nobody waits yet: it wakes nobody
      clock.await(lock, condition, left); // would wait for ever
      assertThat(clock.nanoTime()).isEqualTo(Duration.ofSeconds(1).toNanos());
    } finally {
      lock.unlock();
    }
  }

  @Test
  void aWaitOfZeroReturnsAtOnceOnBothClocks() throws InterruptedException {
    lock.lock();
    try {
      clock.await(lock, condition, 0);
      Clock.system().await(lock, condition, 0);
      Clock.system().await(lock, condition, -1);
    } finally {
      lock.unlock();
    }
  }

  @Test
  void theSystemClockWaitsForItsTime() throws InterruptedException {
    long start = Clock.system().nanoTime();
    lock.lock();
    try {
      long end = start + 2_000_000;
      for (long left; (left = end - Clock.system().nanoTime()) > 0; ) {
        Clock.system().await(lock, condition, left);
      }
    } finally {
      lock.unlock();
    }
    assertThat(Clock.system().nanoTime() - start).isGreaterThanOrEqualTo(2_000_000);
  }

  private long waitUntil(long end) {
    lock.lock();
    try {
      for (long now; (now = clock.nanoTime()) < end; ) {
        clock.await(lock, condition, end - now);
      }
      return clock.nanoTime();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    } finally {
      lock.unlock();
    }
  }
}
