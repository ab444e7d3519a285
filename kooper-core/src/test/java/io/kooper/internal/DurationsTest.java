package io.kooper.internal;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.temporal.ChronoUnit;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class DurationsTest {

  private static final Duration FOREVER = ChronoUnit.FOREVER.getDuration();

  @Test
  @DisplayName("a duration that a long cannot hold is a long one, and sums of two are no overflow")
  void saturates() {
    assertThat(Durations.nanos(FOREVER)).isEqualTo(Durations.LONGEST);
    assertThat(Durations.nanos(FOREVER) + Durations.nanos(FOREVER) + System.nanoTime()).isPositive();
    assertThat(Durations.millis(FOREVER)).isEqualTo(Integer.MAX_VALUE);
    assertThat(Durations.nanos(Duration.ofSeconds(Long.MIN_VALUE))).isZero();
    assertThat(Durations.nanos(Duration.ofMillis(3))).isEqualTo(3_000_000);
    assertThat(Durations.millis(Duration.ofMillis(3))).isEqualTo(3);
  }
}
