package io.kooper.queue;

import static java.time.Duration.ofHours;
import static java.time.Duration.ofMillis;
import static java.time.Duration.ofNanos;
import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.kooper.clock.ManualClock;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

class RateLimiterTest {
  private final ManualClock clock = new ManualClock();

  private static List<Duration> ask(RateLimiter<String> limiter, String key, int times) {
    return IntStream.rangeClosed(1, times).mapToObj(failures -> limiter.delay(key, failures)).toList();
  }

  @Nested
  class Exponential {
    private final RateLimiter<String> limiter = RateLimiter.exponential(ofMillis(1), ofSeconds(1));

    @Test
    @DisplayName("W15 doubles with each consecutive failure of a key, and starts anew with its count")
    void doubles() {
      assertThat(ask(limiter, "one", 5)).containsExactly(ofMillis(1), ofMillis(2), ofMillis(4), ofMillis(8), ofMillis(16));
      assertThat(limiter.delay("one", 1)).isEqualTo(ofMillis(1));
    }

    @Test
    @DisplayName("W16 reaches the cap exactly and never overflows, after whatever many failures")
    void capsWithoutOverflow() {
      for (Duration cap : List.of(ofSeconds(1000), ofHours(1000))) {
        RateLimiter<String> capped = RateLimiter.exponential(ofMillis(1), cap);
        Duration expected = ofMillis(1);
        for (int i = 1; i <= 10_000; i++) { // the official Java client falls back to the base at the 64th
          assertThat(capped.delay("x", i)).isEqualTo(expected);
          expected = expected.multipliedBy(2).compareTo(cap) > 0 ? cap : expected.multipliedBy(2);
        }
      }
    }

    @Test
    void takesTheLongestDurations() {
      RateLimiter<String> longest = RateLimiter.exponential(ofNanos(1), ofSeconds(Long.MAX_VALUE));
      assertThat(ask(longest, "x", 200)).allMatch(delay -> delay.compareTo(Duration.ZERO) > 0).isSorted();
    }

    @Test
    void refusesDelaysThatMakeNoSense() {
      refuses(() -> RateLimiter.exponential(Duration.ZERO, ofSeconds(1)), "first delay", "PT0S");
      refuses(() -> RateLimiter.exponential(ofSeconds(2), ofSeconds(1)), "longest delay", "PT2S", "PT1S");
    }
  }

  @Nested
  class Bucket {
    private final RateLimiter<String> limiter = RateLimiter.bucket(10, 100, clock);

    @Test
    void letsTheBurstThroughAndThenOneEachTenthOfASecond() {
      assertThat(ask(limiter, "x", 100)).containsOnly(Duration.ZERO);
      assertThat(ask(limiter, "x", 3)).containsExactly(ofMillis(100), ofMillis(200), ofMillis(300));
    }

    @Test
    void reservesPlacesSoThatWaitingForThemRefillsNothing() {
      ask(limiter, "x", 110);
      clock.advance(ofSeconds(1));
      assertThat(limiter.delay("x", 1)).isEqualTo(ofMillis(100));
    }

    @Test
    void refillsAtItsRateUpToTheBurst() {
      ask(limiter, "x", 100);
      clock.advance(ofMillis(250));
      assertThat(ask(limiter, "x", 3)).containsExactly(Duration.ZERO, Duration.ZERO, ofMillis(50));
      clock.advance(ofHours(10));
      assertThat(ask(limiter, "x", 101)).endsWith(Duration.ZERO, ofMillis(100)).contains(Duration.ZERO);
    }

    @Test
    void theSlowestBucketDoesNotOverflow() {
      RateLimiter<String> slow = RateLimiter.bucket(Double.MIN_VALUE, Integer.MAX_VALUE, clock);
      assertThat(ask(slow, "x", 100)).isSorted().allMatch(delay -> !delay.isNegative());
    }

    @Test
    void refusesRatesThatMakeNoSense() {
      refuses(() -> RateLimiter.bucket(0, 1, clock), "rate", "0.0");
      refuses(() -> RateLimiter.bucket(Double.NaN, 1, clock), "rate", "NaN");
      refuses(() -> RateLimiter.bucket(Double.POSITIVE_INFINITY, 1, clock), "rate");
      refuses(() -> RateLimiter.bucket(1, 0, clock), "burst", "0");
    }
  }

  @Nested
  class Combinations {

    private final RateLimiter<String> fixed = (key, failures) -> ofMillis(8);

    @Test
    @DisplayName("W17 is a lambda: fast for the first n failures, then slow")
    void fastThenSlow() {
      RateLimiter<String> limiter = (key, failures) -> failures <= 3 ? ofMillis(5) : ofSeconds(10);
      assertThat(ask(limiter, "x", 5))
          .containsExactly(ofMillis(5), ofMillis(5), ofMillis(5), ofSeconds(10), ofSeconds(10));
    }

    @Test
    @DisplayName("W18 maxOf says the longest")
    void maxOf() {
      RateLimiter<String> limiter =
          RateLimiter.maxOf((key, failures) -> ofMillis(5), RateLimiter.exponential(ofMillis(1), ofSeconds(1)));
      assertThat(ask(limiter, "x", 5)).containsExactly(ofMillis(5), ofMillis(5), ofMillis(5), ofMillis(8), ofMillis(16));
    }

    @Test
    void jitterOnlyShortensAndByNoMoreThanItsFraction() {
      RateLimiter<String> plain = RateLimiter.exponential(ofMillis(5), ofSeconds(1000));
      RateLimiter<String> jittered = RateLimiter.jittered(plain, 0.2, new Random(1)::nextDouble);
      for (int i = 1; i <= 1000; i++) {
        long whole = plain.delay("x", i).toNanos();
        assertThat(jittered.delay("x", i).toNanos()).isBetween(whole * 8 / 10, whole);
      }
    }

    @Test
    void jitterTakesOffWhatTheRandomNumberSays() {
      assertThat(RateLimiter.jittered(fixed, 0.5, () -> 0.5).delay("x", 1)).isEqualTo(ofMillis(6));
      assertThat(RateLimiter.jittered(fixed, 1, () -> 7).delay("x", 1)).isEqualTo(Duration.ZERO);
    }

    @Test
    void theStandardIsTheLongerOfAJitteredExponentialAndABucketButNeverMoreThanAMinute() {
      RateLimiter<String> standard = RateLimiter.standard(clock);
      assertThat(standard.delay("x", 1)).isBetween(ofMillis(4), ofMillis(5));
      assertThat(standard.delay("x", 2)).isBetween(ofMillis(8), ofMillis(10));
      for (int i = 2; i < 100; i++) {
        standard.delay("key " + i, 1);
      }
      assertThat(standard.delay("late", 1)).isEqualTo(ofMillis(100));
      assertThat(standard.delay("x", 90)).isBetween(ofSeconds(48), ofSeconds(60));
      for (int i = 0; i < 10_000; i++) {
        assertThat(standard.delay("key " + i, 1)).isLessThanOrEqualTo(ofSeconds(60));
      }
    }

    @Test
    void refusesWhatMakesNoSense() {
      refuses(RateLimiter::<String>maxOf, "at least one");
      refuses(() -> RateLimiter.jittered(fixed, 1.1, () -> 0), "fraction", "1.1");
      refuses(() -> RateLimiter.jittered(fixed, Double.NaN, () -> 0), "fraction");
    }
  }

  private static void refuses(Runnable making, String... words) {
    assertThatThrownBy(making::run).isInstanceOf(IllegalArgumentException.class).hasMessageContainingAll(words);
  }
}
