package io.kooper.metrics.micrometer;

import io.kooper.metrics.ShardFigures;
import io.kooper.metrics.ShardMetrics;
import io.micrometer.core.instrument.Counter;

/** The meters of the shards of one lease. */
final class ShardMeters implements ShardMetrics {

  private final Counter gained;
  private final Counter gave;
  private final Counter lost;
  private final Counter failed;

  ShardMeters(Registration registration, ShardFigures figures) {
    registration.gauge("kooper.shards.held", "Shards that this process holds.", figures, ShardFigures::held);
    registration.gauge("kooper.shards.due", "Shards that are its share.", figures, ShardFigures::due);
    registration.gauge("kooper.shards.unowned", "Shards that this process sees nobody hold for long.", figures,
        ShardFigures::unowned);
    gained = moves(registration, "gained");
    gave = moves(registration, "given");
    lost = moves(registration, "lost");
    failed = registration.counter("kooper.shards.failed.attempts",
        "Requests for the leases of shards that failed, conflicts not counted.");
  }

  private static Counter moves(Registration registration, String move) {
    return registration.counter("kooper.shards.moves", "Shards that this process has gained, given away or lost.", "move", move);
  }

  @Override
  public void gained() {
    gained.increment();
  }

  @Override
  public void gave() {
    gave.increment();
  }

  @Override
  public void lost() {
    lost.increment();
  }

  @Override
  public void attemptFailed() {
    failed.increment();
  }
}
