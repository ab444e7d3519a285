package io.kooper.queue;

import static java.time.Duration.ofHours;
import static java.time.Duration.ofMillis;
import static java.time.Duration.ofNanos;
import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.kooper.clock.ManualClock;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

class RateLimiterTest {
  private final ManualClock clock = new ManualClock();

  private static List<Duration> ask(RateLimiter<String> limiter, String key, int times) {
    return Stream.generate(() -> limiter.when(key)).limit(times).toList();
  }

  @Nested
  class Exponential {
    private final RateLimiter<String> limiter = RateLimiter.exponential(ofMillis(1), ofSeconds(1));

    @Test
    @DisplayName("W15 doubles for each key on its own, counts its failures and starts anew when it is forgotten")
    void keysAreIndependent() {
      assertThat(ask(limiter, "one", 5)).containsExactly(ofMillis(1), ofMillis(2), ofMillis(4), ofMillis(8), ofMillis(16));
      assertThat(limiter.retries("one")).isEqualTo(5);
      assertThat(limiter.retries("two")).isZero();
      assertThat(ask(limiter, "two", 2)).containsExactly(ofMillis(1), ofMillis(2));
      assertThat(limiter.retries("two")).isEqualTo(2);

      limiter.forget("one");
      assertThat(limiter.retries("one")).isZero();
      assertThat(limiter.when("one")).isEqualTo(ofMillis(1));
      assertThat(limiter.when("two")).isEqualTo(ofMillis(4));
    }

    @Test
    @DisplayName("W16 reaches the cap exactly and never overflows, after whatever many failures")
    void capsWithoutOverflow() {
      for (Duration cap : List.of(ofSeconds(1000), ofHours(1000))) {
        RateLimiter<String> capped = RateLimiter.exponential(ofMillis(1), cap);
        Duration expected = ofMillis(1);
        for (int i = 0; i < 10_000; i++) { // the official Java client falls back to the base at the 64th
          assertThat(capped.when("x")).isEqualTo(expected);
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
    void forgettingAKeyThatNeverFailedDoesNothing() {
      limiter.forget("never");
      assertThat(limiter.retries("never")).isZero();
    }

    @Test
    void refusesDelaysThatMakeNoSense() {
      refuses(() -> RateLimiter.exponential(Duration.ZERO, ofSeconds(1)), "first delay", "PT0S");
      refuses(() -> RateLimiter.exponential(ofSeconds(2), ofSeconds(1)), "longest delay", "PT2S", "PT1S");
    }

    @Test
    void countsEveryFailureOfManyThreads() throws InterruptedException {
      CountDownLatch go = new CountDownLatch(1);
      Thread[] threads = IntStream.range(0, 4).mapToObj(i -> new Thread(() -> {
        try {
          go.await();
        } catch (InterruptedException e) {
          return;
        }
        ask(limiter, "x", 1000);
      })).toArray(Thread[]::new);
      Arrays.stream(threads).forEach(Thread::start);
      go.countDown();
      for (Thread thread : threads) {
        thread.join();
      }
      assertThat(limiter.retries("x")).isEqualTo(4000);
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
      assertThat(limiter.when("x")).isEqualTo(ofMillis(100));
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
    void remembersNoKey() {
      ask(limiter, "x", 200);
      limiter.forget("x");
      assertThat(limiter.retries("x")).isZero();
      assertThat(limiter.when("x")).isEqualTo(ofSeconds(10).plusMillis(100));
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
  class FastSlow {
    @Test
    @DisplayName("W17 is fast for the first n failures, then slow, and fast again when forgotten")
    void switchesAfterN() {
      RateLimiter<String> limiter = RateLimiter.fastSlow(ofMillis(5), ofSeconds(10), 3);
      assertThat(ask(limiter, "x", 5))
          .containsExactly(ofMillis(5), ofMillis(5), ofMillis(5), ofSeconds(10), ofSeconds(10));
      assertThat(limiter.retries("x")).isEqualTo(5);
      assertThat(limiter.when("y")).isEqualTo(ofMillis(5));
      limiter.forget("x");
      assertThat(limiter.when("x")).isEqualTo(ofMillis(5));
    }

    @Test
    void refusesNegatives() {
      refuses(() -> RateLimiter.fastSlow(ofMillis(-1), ofMillis(1), 1), "fast delay");
      refuses(() -> RateLimiter.fastSlow(ofMillis(1), ofMillis(-1), 1), "slow delay");
      refuses(() -> RateLimiter.fastSlow(ofMillis(1), ofMillis(1), -1), "number");
    }
  }

  @Nested
  class Combinations {
    @Test
    @DisplayName("W18 maxOf says the longest, counts the most, and forgets in all")
    void maxOf() {
      RateLimiter<String> limiter = RateLimiter.maxOf(
          RateLimiter.fastSlow(ofMillis(5), ofSeconds(3), 3), RateLimiter.exponential(ofMillis(1), ofSeconds(1)));
      assertThat(ask(limiter, "x", 5))
          .containsExactly(ofMillis(5), ofMillis(5), ofMillis(5), ofSeconds(3), ofSeconds(3));
      assertThat(limiter.retries("x")).isEqualTo(5);
      limiter.forget("x");
      assertThat(limiter.retries("x")).isZero();
      assertThat(limiter.when("x")).isEqualTo(ofMillis(5));
    }

    @Test
    @DisplayName("W18 withMaxWait cuts what is longer and changes nothing else")
    void withMaxWait() {
      RateLimiter<String> limiter = RateLimiter.withMaxWait(RateLimiter.exponential(ofMillis(1), ofSeconds(9)), ofMillis(3));
      assertThat(ask(limiter, "x", 4)).containsExactly(ofMillis(1), ofMillis(2), ofMillis(3), ofMillis(3));
      assertThat(limiter.retries("x")).isEqualTo(4);
      limiter.forget("x");
      assertThat(limiter.when("x")).isEqualTo(ofMillis(1));
    }

    @Test
    void jitterOnlyShortensAndByNoMoreThanItsFraction() {
      RateLimiter<String> plain = RateLimiter.exponential(ofMillis(5), ofSeconds(1000));
      RateLimiter<String> jittered =
          RateLimiter.jittered(RateLimiter.exponential(ofMillis(5), ofSeconds(1000)), 0.2, new Random(1)::nextDouble);
      for (int i = 0; i < 1000; i++) {
        long whole = plain.when("x").toNanos();
        assertThat(jittered.when("x").toNanos()).isBetween(whole * 8 / 10, whole);
      }
      assertThat(jittered.retries("x")).isEqualTo(1000);
      jittered.forget("x");
      assertThat(jittered.retries("x")).isZero();
    }

    @Test
    void jitterTakesOffWhatTheRandomNumberSays() {
      assertThat(RateLimiter.jittered(RateLimiter.<String>fastSlow(ofMillis(8), ofMillis(8), 1), 0.5, () -> 0.5).when("x"))
          .isEqualTo(ofMillis(6));
      assertThat(RateLimiter.jittered(RateLimiter.<String>fastSlow(ofMillis(8), ofMillis(8), 1), 1, () -> 7).when("x"))
          .isEqualTo(Duration.ZERO);
    }

    @Test
    void theStandardIsTheLongerOfAJitteredExponentialAndABucket() {
      RateLimiter<String> standard = RateLimiter.standard(clock);
      assertThat(standard.when("x")).isBetween(ofMillis(4), ofMillis(5));
      assertThat(standard.when("x")).isBetween(ofMillis(8), ofMillis(10));
      for (int i = 2; i < 100; i++) {
        standard.when("key " + i);
      }
      assertThat(standard.when("late")).isEqualTo(ofMillis(100));
      RateLimiter<String> another = RateLimiter.standard(new ManualClock());
      assertThat(ask(another, "x", 90).get(89)).isBetween(ofSeconds(800), ofSeconds(1000));
    }

    @Test
    void refusesWhatMakesNoSense() {
      RateLimiter<String> limiter = RateLimiter.standard(clock);
      refuses(RateLimiter::<String>maxOf, "at least one");
      refuses(() -> RateLimiter.withMaxWait(limiter, ofMillis(-1)), "longest wait");
      refuses(() -> RateLimiter.jittered(limiter, 1.1, () -> 0), "fraction", "1.1");
      refuses(() -> RateLimiter.jittered(limiter, Double.NaN, () -> 0), "fraction");
    }
  }

  private static void refuses(Runnable making, String... words) {
    assertThatThrownBy(making::run).isInstanceOf(IllegalArgumentException.class).hasMessageContainingAll(words);
  }
}
