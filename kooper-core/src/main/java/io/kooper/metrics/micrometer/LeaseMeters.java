package io.kooper.metrics.micrometer;

import io.kooper.metrics.ElectionFigures;
import io.kooper.metrics.ElectionMetrics;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.Collections;
import java.util.Set;
import java.util.WeakHashMap;
import java.util.function.Predicate;

/** The meters of one lease, which all elections of this process for it share. */
final class LeaseMeters {

  /** Of elections that are still in use: each holds on to its figures. */
  private final Set<ElectionFigures> elections = Collections.synchronizedSet(Collections.newSetFromMap(new WeakHashMap<>()));
  private final Counter transitions;
  private final Timer renewals;
  private final Counter failed;

  LeaseMeters(Registration registration) {
    registration.gauge("kooper.leader.election.leader", "Elections of this process that lead: 1 or 0.",
        this, meters -> meters.count(ElectionFigures::leading));
    registration.gauge("kooper.leader.election.leaderless", "Whether an election of this process sees nobody lead.",
        this, meters -> Math.min(1, meters.count(ElectionFigures::leaderless)));
    transitions = registration.counter("kooper.leader.election.transitions",
        "Times the lease was seen to name another holder than before.");
    renewals = registration.timer("kooper.leader.election.renew.duration",
        "How long it took to acquire or renew the lease.", MicrometerRecorder.DURATIONS);
    failed = registration.counter("kooper.leader.election.failed.attempts",
        "Requests for the lease that failed, conflicts not counted.");
  }

  private long count(Predicate<ElectionFigures> which) {
    synchronized (elections) { // as its iteration demands
      return elections.stream().filter(which).count();
    }
  }

  ElectionMetrics election(ElectionFigures figures) {
    elections.add(figures);
    return new ElectionMetrics() {

      @SuppressWarnings("unused") // held, or the gauges would lose it
      private final ElectionFigures held = figures;

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
