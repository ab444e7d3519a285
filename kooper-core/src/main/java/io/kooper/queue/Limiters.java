package io.kooper.queue;

import io.kooper.clock.Clock;
import io.kooper.internal.Durations;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.DoubleSupplier;

/** What {@link RateLimiter}'s factories make. */
final class Limiters {

  private Limiters() {}

  /** Failures by key; keys without one are not in the map. */
  private static final class Failures<K> {
    private final ConcurrentMap<K, Integer> counts = new ConcurrentHashMap<>();

    /** How many there are with this one. */
    int add(K key) {
      return counts.merge(key, 1, (count, one) -> count == Integer.MAX_VALUE ? count : count + one);
    }

    int of(K key) {
      return counts.getOrDefault(key, 0);
    }

    void forget(K key) {
      counts.remove(key);
    }
  }

  static final class Exponential<K> implements RateLimiter<K> {
    private final Failures<K> failures = new Failures<>();
    private final long base;
    private final long max;

    Exponential(Duration base, Duration max) {
      check(base.compareTo(Duration.ZERO) > 0, "the first delay must be more than zero: %s", base);
      check(max.compareTo(base) >= 0, "the longest delay must not be shorter than the first, %s: %s", base, max);
      this.base = Durations.nanos(base);
      this.max = Durations.nanos(max);
    }

    @Override
    public Duration when(K key) {
      int doublings = failures.add(key) - 1;
      // base << doublings > max, without the overflow; Java shifts by the last six bits only
      boolean capped = doublings >= Long.SIZE - 1 || base > max >> doublings;
      return Duration.ofNanos(capped ? max : base << doublings);
    }

    @Override
    public void forget(K key) {
      failures.forget(key);
    }

    @Override
    public int retries(K key) {
      return failures.of(key);
    }
  }

  static final class FastSlow<K> implements RateLimiter<K> {
    private final Failures<K> failures = new Failures<>();
    private final Duration fast;
    private final Duration slow;
    private final int fastAttempts;

    FastSlow(Duration fast, Duration slow, int fastAttempts) {
      check(!fast.isNegative(), "the fast delay must not be negative: %s", fast);
      check(!slow.isNegative(), "the slow delay must not be negative: %s", slow);
      check(fastAttempts >= 0, "the number of fast attempts must not be negative: %s", fastAttempts);
      this.fast = fast;
      this.slow = slow;
      this.fastAttempts = fastAttempts;
    }

    @Override
    public Duration when(K key) {
      return failures.add(key) <= fastAttempts ? fast : slow;
    }

    @Override
    public void forget(K key) {
      failures.forget(key);
    }

    @Override
    public int retries(K key) {
      return failures.of(key);
    }
  }

  static final class Bucket<K> implements RateLimiter<K> {
    private final long interval; // between two places once the burst is used up
    private final long window; // how long an empty bucket takes to fill
    private final Clock clock;
    private final AtomicLong last; // the time of the last place; the bucket is full when it is a window ago

    Bucket(double perSecond, int burst, Clock clock) {
      check(perSecond > 0 && Double.isFinite(perSecond), "the rate must be a number more than zero: %s", perSecond);
      check(burst > 0, "the burst must be more than zero: %s", burst);
      this.interval = (long) Math.min(Durations.LONGEST, Math.ceil(1e9 / perSecond));
      this.window = (long) Math.min(Durations.LONGEST, (double) burst * interval);
      this.clock = Objects.requireNonNull(clock, "clock");
      this.last = new AtomicLong(clock.nanoTime() - window);
    }

    @Override
    public Duration when(K key) {
      long now = clock.nanoTime();
      long place = last.updateAndGet(before -> now + Math.min(Durations.LONGEST, Math.max(before - now, -window) + interval));
      return Duration.ofNanos(Math.max(0, place - now));
    }

    @Override
    public void forget(K key) {}

    @Override
    public int retries(K key) {
      return 0;
    }
  }

  record MaxOf<K>(List<RateLimiter<K>> limiters) implements RateLimiter<K> {
    MaxOf {
      check(!limiters.isEmpty(), "the longest of no limiters is nothing: give at least one");
    }

    @Override
    public Duration when(K key) {
      Duration longest = Duration.ZERO;
      for (RateLimiter<K> limiter : limiters) {
        Duration delay = limiter.when(key);
        longest = delay.compareTo(longest) > 0 ? delay : longest;
      }
      return longest;
    }

    @Override
    public void forget(K key) {
      for (RateLimiter<K> limiter : limiters) {
        limiter.forget(key);
      }
    }

    @Override
    public int retries(K key) {
      int most = 0;
      for (RateLimiter<K> limiter : limiters) {
        most = Math.max(most, limiter.retries(key));
      }
      return most;
    }
  }

  record MaxWait<K>(RateLimiter<K> limiter, Duration max) implements RateLimiter<K> {
    MaxWait {
      Objects.requireNonNull(limiter, "limiter");
      check(!max.isNegative(), "the longest wait must not be negative: %s", max);
    }

    @Override
    public Duration when(K key) {
      Duration delay = limiter.when(key);
      return delay.compareTo(max) > 0 ? max : delay;
    }

    @Override
    public void forget(K key) {
      limiter.forget(key);
    }

    @Override
    public int retries(K key) {
      return limiter.retries(key);
    }
  }

  record Jittered<K>(RateLimiter<K> limiter, double fraction, DoubleSupplier random) implements RateLimiter<K> {
    Jittered {
      Objects.requireNonNull(limiter, "limiter");
      Objects.requireNonNull(random, "random");
      check(fraction >= 0 && fraction <= 1, "the jitter must be a fraction from 0 to 1: %s", fraction);
    }

    @Override
    public Duration when(K key) {
      Duration delay = limiter.when(key);
      double off = fraction * Math.min(1, Math.max(0, random.getAsDouble()));
      return delay.minusNanos((long) (Durations.nanos(delay) * off));
    }

    @Override
    public void forget(K key) {
      limiter.forget(key);
    }

    @Override
    public int retries(K key) {
      return limiter.retries(key);
    }
  }

  private static void check(boolean valid, String message, Object... values) {
    if (!valid) {
      throw new IllegalArgumentException(String.format(message, values));
    }
  }
}
