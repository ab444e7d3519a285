package io.kooper.crd;

import io.kooper.clock.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.Lock;

/** A clock for one thread: whoever waits is there at once. It notes the waits. */
final class LeapingClock implements Clock {

  final List<Duration> waits = new ArrayList<>();
  private long nanos;

  @Override
  public long nanoTime() {
    return nanos;
  }

  @Override
  public Instant now() {
    return Instant.EPOCH.plusNanos(nanos);
  }

  @Override
  public void await(Lock lock, Condition condition, long wait) throws InterruptedException {
    if (Thread.interrupted()) {
      throw new InterruptedException();
    }
    waits.add(Duration.ofNanos(wait));
    nanos += wait;
  }

  Duration elapsed() {
    return Duration.ofNanos(nanos);
  }
}
