package io.kooper.metrics;

import java.time.Duration;

/**
 * Takes the figures of one election, in order, on the thread of its listeners. If a method hangs, no later figure comes and no
 * listener is told; renewals and the ends of terms wait for neither.
 */
public interface ElectionMetrics {

  /** Records nothing. */
  ElectionMetrics NONE = new ElectionMetrics() {};

  /** The lease was seen to name another holder than before; the first one that is seen does not count. */
  default void newLeader() {}

  /** The lease was acquired or renewed; the whole attempt took this long. */
  default void renewed(Duration took) {}

  /** A request has failed; a conflict, when another replica was faster, is no failure. */
  default void attemptFailed() {}
}
