package io.kooper.controller;

import io.kooper.clock.Clock;
import io.kooper.clock.ManualClock;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.Lock;

/** A clock that a test moves, and that knows whether all who wait for a time have seen what time it is now. */
final class SeenClock implements Clock {

  private final ManualClock clock = new ManualClock();
  private final ThreadLocal<Long> seen = ThreadLocal.withInitial(() -> 0L);
  private final Map<Thread, Long> waiting = new ConcurrentHashMap<>(); // the time that each knew when it began to wait

  @Override
  public long nanoTime() {
    long now = clock.nanoTime();
    seen.set(now);
    return now;
  }

  @Override
  public Instant now() {
    return clock.now();
  }

  @Override
  public void await(Lock lock, Condition condition, long nanos) throws InterruptedException {
    if (nanos == Long.MAX_VALUE) {
      clock.await(lock, condition, nanos);
      return;
    }
    waiting.put(Thread.currentThread(), seen.get());
    try {
      clock.await(lock, condition, nanos);
    } finally {
      waiting.remove(Thread.currentThread());
    }
  }

  void advance(Duration step) {
    clock.advance(step);
  }

  int waiting() {
    return clock.waiting();
  }

  /** Whether a thread of this name waits for a time, and knows what time it is. */
  boolean isUpToDate(String name) {
    long now = clock.nanoTime();
    return waiting.entrySet().stream()
        .anyMatch(entry -> entry.getKey().getName().equals(name) && entry.getValue() == now);
  }
}
