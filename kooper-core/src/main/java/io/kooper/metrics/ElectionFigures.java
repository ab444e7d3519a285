package io.kooper.metrics;

/** What an election is at this moment. May be asked from any thread, and does not block. */
public interface ElectionFigures {

  /** Whether this process leads. */
  boolean leading();

  /** Whether this process takes part and sees nobody lead, itself included, for longer than a change of the leader takes. */
  boolean leaderless();
}
