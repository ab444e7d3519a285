package io.kooper.queue;

/**
 * Why a key waits, from the most to the least urgent.
 *
 * <p>A key waits in one lane at a time. A further add moves it up, never down.
 */
public enum Lane {
  /** Something changed: the reason a controller exists. */
  CHANGE,

  /** A failed attempt that is tried again. */
  RETRY,

  /** Nothing is known to have changed: a periodic resync or the first list. */
  RESYNC
}
