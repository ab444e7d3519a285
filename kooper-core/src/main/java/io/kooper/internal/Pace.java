package io.kooper.internal;

import java.util.concurrent.atomic.AtomicLong;

/** Lets one pass, and the next no sooner than an interval later. Who does not pass comes again; nothing is reserved. */
public final class Pace {

  private final long interval;
  private final AtomicLong next; // when the next one may pass

  /**
   * @param interval in nanoseconds
   * @param now the time, as in {@link #passes}
   */
  public Pace(long interval, long now) {
    this.interval = interval;
    this.next = new AtomicLong(now);
  }

  /** Whether who asks at this time, in nanoseconds, may pass. */
  public boolean passes(long now) {
    long due = next.get();
    return now - due >= 0 && next.compareAndSet(due, now + interval);
  }
}
