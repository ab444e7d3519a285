package io.kooper.leaderelection;

import io.kooper.metrics.MetricsRecorder;
import io.kooper.metrics.ShardFigures;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/** Shards by leases on an API server. */
final class LeaseShards implements Shards {

  private final LeaderElection.Settings settings;
  private final int count;
  private final ShardBy by;
  private final ShardEvents events;
  private final ShardThreads threads;

  LeaseShards(LeaderElection.Settings settings, int count, ShardBy by, Leases leases, MetricsRecorder recorder) {
    this.settings = settings;
    this.count = count;
    this.by = by;
    Sharding.Settings all = new Sharding.Settings(settings.namespace(), settings.name(), settings.identity(), count, by,
        settings.leaseDuration(), settings.renewDeadline(), settings.retryPeriod(), settings.releaseOnStop(), settings.clock());
    this.events = new ShardEvents(all);
    this.threads = new ShardThreads(settings, leases, events, monitor -> new Sharding(all, monitor, new Random(), events));
    Sharding sharding = threads.sharding;
    events.metrics(recorder.shards(settings.namespace() + "/" + settings.name(), new ShardFigures() {
      @Override
      public int held() {
        return threads.monitor.get(sharding::held);
      }

      @Override
      public int due() {
        return threads.monitor.get(sharding::due);
      }

      @Override
      public int unowned() {
        return LeaseShards.this.unowned().size();
      }
    }));
  }

  @Override
  public int count() {
    return count;
  }

  @Override
  public int of(String namespace, String name) {
    return by.shard(namespace, name, count);
  }

  @Override
  public Member join(Runnable changed) {
    Sharding.Participant participant = threads.join(Objects.requireNonNull(changed, "changed"));
    Sharding sharding = threads.sharding;
    return new Member() {
      @Override
      public List<Holding> holdings() {
        return threads.monitor.get(() -> sharding.holdings(participant));
      }

      @Override
      public void leave() {
        threads.monitor.run(() -> sharding.leave(participant));
      }

      @Override
      public void close() throws InterruptedException {
        threads.close(participant);
      }
    };
  }

  private List<Integer> unowned() {
    return threads.monitor.get(() -> threads.sharding.unowned(settings.leaseDuration().multipliedBy(2)));
  }

  @Override
  public List<String> reasons() {
    if (!threads.isRunning()) {
      return List.of();
    }
    List<String> reasons = new ArrayList<>();
    String stranger = threads.monitor.get(threads.sharding::stranger);
    if (stranger != null) {
      reasons.add(events.waitsFor(stranger));
    }
    if (threads.monitor.get(threads.sharding::hasNamesake)) {
      reasons.add("waits until nobody else takes part in the shards of " + settings.lease() + " as " + settings.identity());
    }
    List<Integer> unowned = stranger == null ? unowned() : List.of();
    if (!unowned.isEmpty()) {
      reasons.add("nobody has held these shards of " + settings.lease() + " for more than "
          + settings.leaseDuration().multipliedBy(2) + ": " + unowned);
    }
    reasons.addAll(events.failures());
    return reasons;
  }

  @Override
  public @Nullable String defect() {
    return threads.defect();
  }
}
