package io.kooper.clock;

import java.time.Instant;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.Lock;

/**
 * The passing of time, as one parameter, so that a test can move it by hand with a {@link ManualClock}.
 *
 * <p>Intervals are measured with {@link #nanoTime()}, which never jumps; {@link #now()} is only for what people read.
 * All methods may be called from any thread.
 */
public interface Clock {

  /** The machine's clock. */
  static Clock system() {
    return SystemClock.INSTANCE;
  }

  /** Nanoseconds since an arbitrary origin; only differences mean something. Never goes back. */
  long nanoTime();

  /** The time of day, for logs and reports. It may jump: never compute an interval with it. */
  Instant now();

  /**
   * Waits on {@code condition} until it is signalled, {@code nanos} have passed on this clock, or spuriously: the caller
   * holds {@code lock} and checks again in a loop, as with every condition.
   *
   * @param nanos how long at most, in nanoseconds; 0 or less returns at once, {@link Long#MAX_VALUE} waits for a signal
   */
  void await(Lock lock, Condition condition, long nanos) throws InterruptedException;
}
