package io.kooper.metrics.micrometer;

import io.kooper.metrics.ElectionMetrics;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;

/** The meters of one lease, which all elections of this process for it share. */
final class LeaseMeters {

  private final AtomicInteger leaders = new AtomicInteger();
  private final Counter transitions;
  private final Timer renewals;
  private final Counter failed;

  LeaseMeters(Registration registration) {
    registration.gauge("kooper.leader.election.leader", null, "Elections of this process that lead: 1 or 0.",
        leaders, AtomicInteger::get);
    transitions = registration.counter("kooper.leader.election.transitions",
        "Times the lease was seen to name another holder than before.");
    renewals = registration.timer("kooper.leader.election.renew.duration",
        "How long it took to acquire or renew the lease.", MicrometerRecorder.DURATIONS);
    failed = registration.counter("kooper.leader.election.failed.attempts", "Requests for the lease that failed.");
  }

  ElectionMetrics election() {
    return new ElectionMetrics() {

      private final AtomicBoolean leads = new AtomicBoolean();

      @Override
      public void leading(boolean now) {
        if (leads.compareAndSet(!now, now)) { // told twice, it still counts once
          leaders.addAndGet(now ? 1 : -1);
        }
      }

      @Override
      public void newLeader() {
        transitions.increment();
      }

      @Override
      public void renewed(Duration took) {
        renewals.record(took);
      }

      @Override
      public void attemptFailed() {
        failed.increment();
      }
    };
  }
}
