package io.kooper.internal;

import java.time.Duration;

/** Arithmetic on durations that users and servers give: it saturates, where {@link Duration#toNanos} throws. */
public final class Durations {

  /** 73 years in nanoseconds. A few of these can be added to any time without an overflow. */
  public static final long LONGEST = Long.MAX_VALUE / 4;

  private static final Duration MOST = Duration.ofNanos(LONGEST);

  private Durations() {}

  /** In nanoseconds, from zero to {@link #LONGEST}: a negative one is zero. */
  public static long nanos(Duration duration) {
    return duration.isNegative() ? 0 : duration.compareTo(MOST) > 0 ? LONGEST : duration.toNanos();
  }

  /** In milliseconds, from zero to what an int holds. */
  public static int millis(Duration duration) {
    return (int) Math.min(Integer.MAX_VALUE, nanos(duration) / 1_000_000);
  }

  public static boolean isPositive(Duration duration) {
    return !duration.isNegative() && !duration.isZero();
  }
}
