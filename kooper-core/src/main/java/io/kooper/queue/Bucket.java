package io.kooper.queue;

import io.kooper.clock.Clock;
import io.kooper.internal.Durations;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicLong;

/** See {@link RateLimiter#bucket}. */
final class Bucket<K> implements RateLimiter<K> {

  private final long interval; // between two places once the burst is used up
  private final long window; // how long an empty bucket takes to fill
  private final Clock clock;
  private final AtomicLong last; // the time of the last place; the bucket is full when it is a window ago

  Bucket(double perSecond, int burst, Clock clock) {
    if (!(perSecond > 0 && Double.isFinite(perSecond))) {
      throw new IllegalArgumentException("the rate must be a number more than zero: " + perSecond);
    }
    if (burst <= 0) {
      throw new IllegalArgumentException("the burst must be more than zero: " + burst);
    }
    this.interval = (long) Math.min(Durations.LONGEST, Math.ceil(1e9 / perSecond));
    this.window = (long) Math.min(Durations.LONGEST, (double) burst * interval);
    this.clock = Objects.requireNonNull(clock, "clock");
    this.last = new AtomicLong(clock.nanoTime() - window);
  }

  @Override
  public Duration delay(K key, int failures) {
    long now = clock.nanoTime();
    long place = last.updateAndGet(before -> now + Math.min(Durations.LONGEST, Math.max(before - now, -window) + interval));
    return Duration.ofNanos(Math.max(0, place - now));
  }
}
