package io.kooper.leaderelection;

import java.time.Duration;

/**
 * Hears what happens in an election: the hook for metrics. Every method does nothing unless overridden.
 *
 * <p><b>Guarantees.</b> Each {@link #startedLeading} is followed by one {@link #stoppedLeading} of its token. What a method
 * throws is caught, logged once an election, and changes nothing.
 *
 * <p><b>Threads.</b> All are called in the order of the events, on one thread for that: neither renewals nor the end of a term
 * wait for them. The last {@link Runner#run} to return waits until all is told, but not longer than 5 s. When 1000 events
 * wait, further ones are dropped, a start together with its stop.
 *
 * <p><b>Caveats.</b> A method that blocks delays those after it. {@code System.exit} in {@link #stoppedLeading} does until the
 * shutdown hooks have ended.
 */
public interface LeaderElectionListener {

  /** Why a term ended. */
  enum Reason {
    /** All tasks have returned: given back. */
    STOPPED,
    /** The lease could not be renewed in time. */
    EXPIRED,
    /** Somebody else holds the lease. */
    TAKEN
  }

  /** A term began in this process. */
  default void startedLeading(long token) {}

  /** A term ended in this process; its tasks may still be on their way to their end. */
  default void stoppedLeading(long token, Reason reason) {}

  /** The lease was seen to name another holder than before, or its first; it may be this process. */
  default void newLeader(String identity) {}

  /** The lease was acquired or renewed; {@code took} is the whole attempt. */
  default void renewed(Duration took) {}

  /**
   * A request failed; the message says what was tried, on which lease, and what to do. The campaign goes on. A conflict, when
   * another replica was faster, is no failure.
   */
  default void attemptFailed(Exception cause) {}
}
