package io.kooper.leaderelection;

import io.kooper.clock.Clock;
import io.kooper.internal.Guard;
import io.kooper.internal.Log;
import io.kooper.leaderelection.LeaderElectionListener.Reason;
import io.kooper.metrics.ShardMetrics;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Tells log and metrics what happens to shards: a line a move, and for failures one a minute. Safe for many threads. */
final class ShardEvents implements Sharding.News {

  private static final Log log = Log.of(Shards.class);
  private static final long QUIET = Duration.ofMinutes(1).toNanos();

  private final String lease;
  private final int count;
  private final String configuration;
  private final Clock clock;
  private final Guard guard;
  private final Callbacks told;
  private ShardMetrics metrics = ShardMetrics.NONE; // set once, before anybody takes part

  private final ReentrantLock lock = new ReentrantLock(); // guards all below
  private final Map<Duty, String> failing = new LinkedHashMap<>(); // those whose last conversation failed
  private boolean warned;
  private long warnedAt;

  ShardEvents(Sharding.Settings settings) {
    this.lease = settings.namespace() + "/" + settings.name();
    this.count = settings.count();
    this.configuration = settings.configuration();
    this.clock = settings.clock();
    this.guard = new Guard(log, "the metrics of the shards of lease " + lease);
    this.told = new Callbacks("kooper-" + settings.name() + "-shards-metrics", clock);
  }

  void metrics(ShardMetrics recorded) {
    metrics = recorded;
  }

  @Override
  public void gained(int shard, long token, int held, int due) {
    log.info("gained shard {} of lease {}, term {}; this process holds {} of {}, {} are its share", shard, lease, token, held,
        count, due);
    tell(ShardMetrics::gained);
  }

  @Override
  public void gives(int shard, int held, int due) {
    log.info("gives shard {} of lease {} away as soon as its calls have ended; this process holds {} others, {} are its share",
        shard, lease, held, due);
  }

  @Override
  public void gave(int shard) {
    log.info("gave shard {} of lease {} back", shard, lease);
    tell(ShardMetrics::gave);
  }

  @Override
  public void lost(int shard, long token, Reason reason) {
    String failure = failures().stream().findFirst().orElse(null);
    if (reason == Reason.TAKEN) {
      log.error("lost shard {} of lease {}, term {}: somebody else holds a lease that it needs", shard, lease, token);
    } else {
      log.error("lost shard {} of lease {}, term {}: a lease could not be renewed in time{}", shard, lease, token,
          failure == null ? "" : "; last failure: " + failure);
    }
    tell(ShardMetrics::lost);
  }

  @Override
  public void waits(@Nullable String stranger) {
    if (stranger == null) {
      log.info("nobody else holds lease {} any more: this process takes part", lease);
    } else {
      log.info("{}", waitsFor(stranger));
    }
  }

  String waitsFor(String stranger) {
    return "stands by as " + configuration + ": lease " + lease + " is held by " + stranger
        + ", and two configurations never work at once";
  }

  /** A conversation is over, which has failed so, or not. */
  void over(Duty duty, @Nullable LeaseException failure) {
    boolean conflict = failure != null && failure.kind() == LeaseException.Kind.CONFLICT; // somebody was faster, as is usual
    if (failure != null) {
      log.debug("a request about the leases of shards failed", failure);
    }
    boolean warn = false;
    boolean well = false;
    lock.lock();
    try {
      if (failure == null || conflict) {
        well = failing.remove(duty) != null && failing.isEmpty() && warned;
        warned &= !well;
      } else {
        failing.put(duty, String.valueOf(failure.getMessage()));
        long now = clock.nanoTime();
        warn = !warned || now - warnedAt >= QUIET;
        warned = true;
        warnedAt = warn ? now : warnedAt;
      }
    } finally {
      lock.unlock();
    }
    if (failure != null && failure.kind() == LeaseException.Kind.CLIENT_CLOSED) {
      log.error("{}; the shards' leases are not asked for any more", failure.getMessage());
    } else if (warn) {
      log.warn("{}; it is tried again", failure == null ? "" : failure.getMessage());
    } else if (well) {
      log.info("all requests about the leases of shards of lease {} succeed again", lease);
    }
    if (failure != null && !conflict) {
      tell(ShardMetrics::attemptFailed);
    }
  }

  /** What failed last, each once. */
  List<String> failures() {
    lock.lock();
    try {
      return failing.values().stream().distinct().limit(3).toList();
    } finally {
      lock.unlock();
    }
  }

  /** On a thread for that: code of users may hang, and who tells sends requests, or ends terms. */
  private void tell(Consumer<ShardMetrics> figure) {
    if (metrics != ShardMetrics.NONE) {
      told.tell(guard, () -> figure.accept(metrics));
    }
  }
}
