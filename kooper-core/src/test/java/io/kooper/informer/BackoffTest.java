package io.kooper.informer;

import static org.assertj.core.api.Assertions.assertThat;

import io.kooper.clock.ManualClock;
import io.kooper.retrieve.RetrieveException;
import io.kooper.retrieve.RetrieveException.Reason;
import java.time.Duration;
import java.util.List;
import java.util.function.Supplier;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class BackoffTest {

  private final ManualClock clock = new ManualClock();
  private double random;
  private final Backoff backoff = new Backoff(clock, () -> random);

  private Duration after(Reason reason, Duration retryAfter) {
    return Duration.ofNanos(backoff.after(new RetrieveException(reason, "test", retryAfter, null), true));
  }

  private Duration next() {
    return after(Reason.CONNECTION_LOST, null);
  }

  /** Fails again and again, waiting as told, until so much time has passed since the first failure. */
  private void failFor(Duration outage) {
    failFor(outage, this::next);
  }

  private void failFor(Duration outage, Supplier<Duration> failure) {
    long end = clock.nanoTime() + outage.toNanos();
    while (clock.nanoTime() < end) {
      clock.advance(failure.get());
    }
  }

  @Nested
  @Tag("R5")
  @DisplayName("R5: while connections fail")
  class Outage {

    @Test
    void theDelayIsFlatInTheFirstTenSeconds() {
      for (int i = 0; i < 12; i++) { // 12 * 800 ms < 10 s
        assertThat(next()).isEqualTo(Duration.ofMillis(800));
        clock.advance(Duration.ofMillis(800));
      }
    }

    @Test
    void afterwardsItDoublesUpToHalfTheCap() {
      failFor(Duration.ofSeconds(10));
      assertThat(next()).isEqualTo(Duration.ofMillis(800));
      assertThat(next()).isEqualTo(Duration.ofMillis(1_600));
      assertThat(next()).isEqualTo(Duration.ofMillis(3_200));
      assertThat(next()).isEqualTo(Duration.ofSeconds(5));
      assertThat(next()).isEqualTo(Duration.ofSeconds(5));
    }

    @Test
    void aServerThatHasTooMuchToDoIsAskedLessOften() {
      for (Reason reason : List.of(Reason.SERVER_ERROR, Reason.THROTTLED)) {
        failFor(Duration.ofHours(1), () -> after(reason, null));
        assertThat(after(reason, null)).isEqualTo(Duration.ofSeconds(15));
      }
      failFor(Duration.ofHours(1));
      assertThat(next()).isEqualTo(Duration.ofSeconds(5));
    }

    @Test
    void whatOneCauseHasEarnedIsNotChargedToAnother() {
      failFor(Duration.ofHours(1));
      assertThat(after(Reason.SERVER_ERROR, null)).isEqualTo(Duration.ofMillis(800));
      assertThat(next()).as("nor forgotten").isEqualTo(Duration.ofSeconds(5));
    }

    @Test
    void norWhatListsHaveToWatches() {
      RetrieveException failure = new RetrieveException(Reason.CONNECTION_LOST, "test");
      failFor(Duration.ofHours(1), () -> Duration.ofNanos(backoff.after(failure, false)));
      assertThat(next()).isEqualTo(Duration.ofMillis(800));
      backoff.listed();
      assertThat(backoff.after(failure, false)).isEqualTo(Duration.ofMillis(800).toNanos());
    }

    @Test
    void itIsStretchedAtRandomButNeverPastTheCap() {
      random = 0.999_999;
      assertThat(next()).isBetween(Duration.ofMillis(1_599), Duration.ofMillis(1_600));
      failFor(Duration.ofDays(1));
      assertThat(next()).isBetween(Duration.ofSeconds(9), Duration.ofSeconds(10));
      for (int i = 0; i < 100_000; i++) {
        assertThat(next()).isLessThanOrEqualTo(Duration.ofSeconds(10)).isPositive();
        assertThat(after(Reason.SERVER_ERROR, null)).isLessThanOrEqualTo(Duration.ofSeconds(30)).isPositive();
      }
    }

    @Test
    void aSuccessMakesTheNextFailureAFirstOne() {
      failFor(Duration.ofHours(1));
      backoff.reset();
      assertThat(next()).isEqualTo(Duration.ofMillis(800));
      clock.advance(Duration.ofSeconds(9));
      assertThat(next()).isEqualTo(Duration.ofMillis(800));
      assertThat(next()).isEqualTo(Duration.ofMillis(800));
    }
  }

  @Nested
  @Tag("R4")
  @DisplayName("R4: when the server says when to come back")
  class RetryAfter {

    @Test
    void itIsTheLeastToWait() {
      assertThat(after(Reason.THROTTLED, Duration.ofSeconds(20))).isEqualTo(Duration.ofSeconds(20));
      assertThat(after(Reason.THROTTLED, Duration.ofMillis(1))).isEqualTo(Duration.ofMillis(800));
    }

    @Test
    void aServerThatThrottlesIsAskedAgainWithinOneToTwoTimesThatHoweverLongItDoes() {
      random = 0.999_999;
      for (int i = 0; i < 100; i++) {
        assertThat(after(Reason.THROTTLED, Duration.ofSeconds(1))).isBetween(Duration.ofSeconds(1), Duration.ofSeconds(2));
        clock.advance(Duration.ofSeconds(2));
      }
    }

    @Test
    void nonsenseDoesNotSilenceTheInformerForEver() {
      assertThat(after(Reason.THROTTLED, Duration.ofSeconds(Long.MAX_VALUE))).isEqualTo(Duration.ofMinutes(5));
      assertThat(after(Reason.THROTTLED, Duration.ofSeconds(Long.MIN_VALUE))).isEqualTo(Duration.ofMillis(800));
    }
  }

  @Nested
  class WhenAConnectionWentSilent {

    @Test
    void theNextTryComesAtOnceSinceFindingOutTookLong() {
      assertThat(after(Reason.SILENT, null)).isZero();
    }

    @Test
    void butOnlyTheFirstTime() {
      after(Reason.SILENT, null);
      assertThat(after(Reason.SILENT, null)).isEqualTo(Duration.ofMillis(800));
    }
  }

  @Nested
  @Tag("R3")
  @DisplayName("R3: when the version is gone")
  class WhenAVersionIsGone {

    @Test
    void theListComesAtOnceHoweverLongTheOutageBeforeIt() {
      assertThat(after(Reason.GONE, null)).isZero();
      backoff.reset();
      failFor(Duration.ofHours(1));
      assertThat(after(Reason.GONE, null)).isZero();
    }

    @Test
    void butNotOnceMoreBeforeAWatchWorked() {
      after(Reason.GONE, null);
      assertThat(after(Reason.GONE, null)).isEqualTo(Duration.ofMillis(800));
      backoff.reset();
      assertThat(after(Reason.GONE, null)).isZero();
    }
  }
}
