package io.kooper.queue;

import io.kooper.clock.Clock;
import io.kooper.internal.Durations;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.DoubleSupplier;

/**
 * How long to wait before a key is tried again. The factories make client-go's limiters; they combine. The controller counts
 * the failures, so a limiter that does not share something among all keys has no state.
 *
 * <pre>{@code
 * RateLimiter<String> limiter = RateLimiter.maxOf(
 *     RateLimiter.exponential(Duration.ofMillis(5), Duration.ofMinutes(5)),
 *     RateLimiter.bucket(50, 500, Clock.system()));
 *
 * RateLimiter<String> fixed = (key, failures) -> Duration.ofSeconds(10);
 * }</pre>
 *
 * <p>Called from any thread.
 *
 * @param <K> the type of the keys
 */
@FunctionalInterface
public interface RateLimiter<K> {

  /**
   * How long to wait before {@code key} is tried again: zero or more.
   *
   * @param failures how many consecutive failures of the key there were, the last one included; at least 1
   */
  Duration delay(K key, int failures);

  /**
   * {@code base} after the first failure, then twice as long each time, up to {@code max}.
   *
   * @throws IllegalArgumentException unless 0 &lt; base &lt;= max
   */
  static <K> RateLimiter<K> exponential(Duration base, Duration max) {
    check(base.compareTo(Duration.ZERO) > 0, "the first delay must be more than zero: " + base);
    check(max.compareTo(base) >= 0, "the longest delay must not be shorter than the first, " + base + ": " + max);
    long first = Durations.nanos(base);
    long longest = Durations.nanos(max);
    return (key, failures) -> {
      int doublings = failures - 1;
      // first << doublings > longest, without the overflow; Java shifts by the last six bits only
      boolean capped = doublings >= Long.SIZE - 1 || first > longest >> doublings;
      return Duration.ofNanos(capped ? longest : first << doublings);
    };
  }

  /**
   * Limits all keys together: {@code burst} at once, then {@code perSecond}. Every call reserves a place and returns the time
   * until then, as the bucket of golang.org/x/time/rate does. A place is not given back.
   *
   * @throws IllegalArgumentException unless both are more than zero and {@code perSecond} is finite
   */
  static <K> RateLimiter<K> bucket(double perSecond, int burst, Clock clock) {
    check(perSecond > 0 && Double.isFinite(perSecond), "the rate must be a number more than zero: " + perSecond);
    check(burst > 0, "the burst must be more than zero: " + burst);
    long interval = (long) Math.min(Durations.LONGEST, Math.ceil(1e9 / perSecond)); // between two places after the burst
    long window = (long) Math.min(Durations.LONGEST, (double) burst * interval); // how long an empty bucket takes to fill
    AtomicLong last = new AtomicLong(clock.nanoTime() - window); // the last place; the bucket is full when it is a window ago
    return (key, failures) -> {
      long now = clock.nanoTime();
      long place = last.updateAndGet(before -> now + Math.min(Durations.LONGEST, Math.max(before - now, -window) + interval));
      return Duration.ofNanos(Math.max(0, place - now));
    };
  }

  /**
   * The longest delay of several limiters, all of which are asked every time.
   *
   * @throws IllegalArgumentException if there is no limiter
   */
  @SafeVarargs
  @SuppressWarnings("varargs") // copied at once, nothing is stored into the array
  static <K> RateLimiter<K> maxOf(RateLimiter<K>... limiters) {
    List<RateLimiter<K>> all = List.of(limiters);
    check(!all.isEmpty(), "the longest of no limiters is nothing: give at least one");
    return (key, failures) -> {
      Duration longest = Duration.ZERO;
      for (RateLimiter<K> limiter : all) {
        Duration delay = limiter.delay(key, failures);
        longest = delay.compareTo(longest) > 0 ? delay : longest;
      }
      return longest;
    };
  }

  /**
   * The delay of {@code limiter}, shortened at random: keys that failed together are not tried together. A delay is never made
   * longer, so a cap on {@code limiter} holds.
   *
   * @param fraction how much is taken off at most: a delay d becomes one between (1 - fraction)·d and d
   * @param random gives numbers from 0 to 1, for instance {@code () -> ThreadLocalRandom.current().nextDouble()}; called
   *     from any thread
   * @throws IllegalArgumentException unless 0 &lt;= fraction &lt;= 1
   */
  static <K> RateLimiter<K> jittered(RateLimiter<K> limiter, double fraction, DoubleSupplier random) {
    Objects.requireNonNull(limiter, "limiter");
    Objects.requireNonNull(random, "random");
    check(fraction >= 0 && fraction <= 1, "the jitter must be a fraction from 0 to 1: " + fraction);
    return (key, failures) -> {
      Duration delay = limiter.delay(key, failures);
      double off = fraction * Math.min(1, Math.max(0, random.getAsDouble()));
      return delay.minusNanos((long) (Durations.nanos(delay) * off));
    };
  }

  /**
   * The default: the longer of 5 ms·2^n for each key, a fifth of it at random, and 10 a second after a burst of 100 for all
   * together; but never more than a minute. The numbers are client-go's, jitter and cap are not.
   */
  static <K> RateLimiter<K> standard(Clock clock) {
    Duration longest = Duration.ofMinutes(1);
    RateLimiter<K> each = exponential(Duration.ofMillis(5), longest);
    RateLimiter<K> both = maxOf(jittered(each, 0.2, () -> ThreadLocalRandom.current().nextDouble()), bucket(10, 100, clock));
    return (key, failures) -> {
      Duration delay = both.delay(key, failures);
      return delay.compareTo(longest) > 0 ? longest : delay;
    };
  }

  private static void check(boolean valid, String message) {
    if (!valid) {
      throw new IllegalArgumentException(message);
    }
  }
}
