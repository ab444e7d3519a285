package io.kooper.metrics;

import java.time.Duration;

/** Takes the figures of one election, on its threads. Must not block, or renewals are late. */
public interface ElectionMetrics {

  /** Records nothing. */
  ElectionMetrics NONE = new ElectionMetrics() {};

  /** This process leads from now on, or no longer. */
  default void leading(boolean now) {}

  /** The lease was seen to name another holder than before. */
  default void newLeader() {}

  /** The lease was acquired or renewed; the whole attempt took this long. */
  default void renewed(Duration took) {}

  /** A request has failed. */
  default void attemptFailed() {}
}
