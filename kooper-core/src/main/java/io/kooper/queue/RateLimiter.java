package io.kooper.queue;

import io.kooper.clock.Clock;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.DoubleSupplier;

/**
 * How long to wait before a key is tried again. The factories make client-go's limiters; they combine.
 *
 * <pre>{@code
 * RateLimiter<String> limiter = RateLimiter.maxOf(
 *     RateLimiter.exponential(Duration.ofMillis(5), Duration.ofMinutes(5)),
 *     RateLimiter.bucket(50, 500, Clock.system()));
 * }</pre>
 *
 * <p>All methods may be called from any thread. Limiters made here remember the keys that failed until they are {@linkplain
 * #forget forgotten}; their delays are never negative.
 *
 * @param <K> the type of the keys
 */
public interface RateLimiter<K> {

  /** Counts one more failure of {@code key}, and says how long to wait before it is tried again: zero or more. */
  Duration when(K key);

  /** The key succeeded or no longer matters: its failures are forgotten. Does nothing if there were none. */
  void forget(K key);

  /** How many failures of {@code key} were counted since it was last forgotten. */
  int retries(K key);

  /**
   * Each key on its own: {@code base} after the first failure, then twice as long each time, up to {@code max}.
   *
   * @throws IllegalArgumentException unless 0 &lt; base &lt;= max
   */
  static <K> RateLimiter<K> exponential(Duration base, Duration max) {
    return new Limiters.Exponential<>(base, max);
  }

  /**
   * All keys together: {@code burst} at once, then {@code perSecond}. Every call reserves a place and says when its time
   * comes, as the bucket of golang.org/x/time/rate does: places are not given back.
   *
   * @throws IllegalArgumentException unless both are more than zero and {@code perSecond} is finite
   */
  static <K> RateLimiter<K> bucket(double perSecond, int burst, Clock clock) {
    return new Limiters.Bucket<>(perSecond, burst, clock);
  }

  /**
   * The longest of what several say; each is asked every time.
   *
   * @throws IllegalArgumentException if there is none
   */
  @SafeVarargs
  @SuppressWarnings("varargs") // copied at once, nothing is stored into the array
  static <K> RateLimiter<K> maxOf(RateLimiter<K>... limiters) {
    return new Limiters.MaxOf<>(List.of(limiters));
  }

  /**
   * What {@code limiter} says, but never more than {@code max}.
   *
   * @throws IllegalArgumentException if max is negative
   */
  static <K> RateLimiter<K> withMaxWait(RateLimiter<K> limiter, Duration max) {
    return new Limiters.MaxWait<>(limiter, max);
  }

  /**
   * {@code fast} after each of the first {@code fastAttempts} failures of a key, {@code slow} after each further one.
   *
   * @throws IllegalArgumentException if a duration or the number is negative
   */
  static <K> RateLimiter<K> fastSlow(Duration fast, Duration slow, int fastAttempts) {
    return new Limiters.FastSlow<>(fast, slow, fastAttempts);
  }

  /**
   * What {@code limiter} says, shortened at random, so that keys that failed together are not tried together. It is never
   * prolonged: a cap on {@code limiter} holds.
   *
   * @param fraction the most that is taken off: a delay d becomes one between (1 - fraction)·d and d
   * @param random gives numbers from 0 to 1, for instance {@code () -> ThreadLocalRandom.current().nextDouble()}; called
   *     from any thread
   * @throws IllegalArgumentException unless 0 &lt;= fraction &lt;= 1
   */
  static <K> RateLimiter<K> jittered(RateLimiter<K> limiter, double fraction, DoubleSupplier random) {
    return new Limiters.Jittered<>(limiter, fraction, random);
  }

  /**
   * Kooper's default: the longer of 5 ms·2^n up to 1000 s, a fifth of it at random, for each key; and 10 a second after a
   * burst of 100 for all together. The numbers are client-go's, the jitter is not.
   */
  static <K> RateLimiter<K> standard(Clock clock) {
    RateLimiter<K> each = exponential(Duration.ofMillis(5), Duration.ofSeconds(1000));
    return maxOf(jittered(each, 0.2, () -> ThreadLocalRandom.current().nextDouble()), bucket(10, 100, clock));
  }
}
