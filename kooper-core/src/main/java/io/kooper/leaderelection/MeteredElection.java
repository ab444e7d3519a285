package io.kooper.leaderelection;

import io.kooper.metrics.ElectionMetrics;
import java.time.Duration;

/** Tells the figures of an election. */
record MeteredElection(ElectionMetrics metrics) implements LeaderElectionListener {

  @Override
  public void startedLeading(long token) {
    metrics.leading(true);
  }

  @Override
  public void stoppedLeading(long token, Reason reason) {
    metrics.leading(false);
  }

  @Override
  public void newLeader(String identity) {
    metrics.newLeader();
  }

  @Override
  public void renewed(Duration took) {
    metrics.renewed(took);
  }

  @Override
  public void attemptFailed(Exception cause) {
    metrics.attemptFailed();
  }
}
