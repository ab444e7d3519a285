package io.kooper.controller;

import io.kooper.clock.Clock;
import io.kooper.controller.Lifecycle.State;
import io.kooper.internal.Durations;
import io.kooper.internal.Log;
import io.kooper.internal.Loop;
import io.kooper.leaderelection.Shards.Holding;
import io.kooper.leaderelection.Shards.Member;
import io.kooper.retrieve.ObjectKey;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Keeps a controller to the shards that its process holds. It compares what is held with what was begun, again and again: what
 * failed half-way is done again. Of the thread in {@code run()}.
 */
final class ShardWork {

  /** One that was begun. */
  private static final class Begun {
    final Holding holding;
    boolean whole; // else it may have begun in part
    long lostAt; // when its term was seen to have ended
    boolean lost;

    Begun(Holding holding) {
      this.holding = holding;
    }
  }

  private static final Log log = Log.of(DefaultController.class);

  private static final long STALE = Duration.ofMillis(100).toNanos();

  private final Engine<?> engine;
  private final Gate gate;
  private final Member member;
  private final long grace; // nanoseconds
  private final Clock clock;
  private final Map<Integer, Begun> begun = new HashMap<>();
  private boolean stale; // a store still has objects of an earlier term of a shard that was gained

  /** @param grace for handlers to end when the term has */
  ShardWork(Engine<?> engine, Member member, Duration grace) {
    this.engine = engine;
    this.gate = engine.gate;
    this.member = member;
    this.grace = Durations.nanos(grace);
    this.clock = engine.clock;
  }

  /**
   * Works until the stop.
   *
   * @throws ControllerException when a shard was lost, and handlers do not end though they were cancelled
   */
  void run(HealthCheck check) throws InterruptedException {
    Loop.interruptibly(log, "controller {}: beginning or ending a shard failed; it is done again", engine.name, () -> {
      if (engine.life.state() != State.RUNNING) {
        return false; // whatever fails below, a stop is heard
      }
      look();
      check.watch();
      return overdue().isEmpty() && engine.life.awaitSignal(Math.min(stale ? STALE : check.periodNanos(), untilOverdue()));
    });
    Set<ObjectKey> overdue = overdue();
    if (!overdue.isEmpty()) {
      throw engine.failed("lost a shard, but handlers still run though they were interrupted, for " + overdue
          + ": make them end when their context is cancelled", null);
    }
  }

  /** Begins what was gained, and ends what is to be let go, as soon as its calls have ended. */
  private void look() {
    for (Begun one : List.copyOf(begun.values())) {
      Holding holding = one.holding;
      if (!holding.isActive() && gate.isIdle(holding.shard())) {
        end(holding);
      } else if (!holding.leadership().isValid() && !one.lost) {
        one.lost = true;
        one.lostAt = clock.nanoTime();
      }
    }
    stale = false;
    for (Holding holding : member.holdings()) {
      Begun one = begun.get(holding.shard());
      if (one == null || one.holding == holding && !one.whole) {
        begin(holding);
      }
    }
  }

  private void end(Holding holding) {
    engine.end(holding.shard());
    holding.ended();
    engine.drop(holding.shard());
    begun.remove(holding.shard());
  }

  private void begin(Holding holding) {
    if (!holding.isActive()) {
      if (!begun.containsKey(holding.shard())) { // else it ends as those do that have begun
        engine.drop(holding.shard()); // which some of the stores may have begun to keep
        holding.ended();
      }
      return;
    }
    // the entry first: its calls may begin, whatever fails then
    Begun one = begun.computeIfAbsent(holding.shard(), shard -> new Begun(holding));
    one.whole = engine.begin(holding);
    stale |= !one.whole;
  }

  /** How long until {@link #overdue} may say something, in nanoseconds. */
  private long untilOverdue() {
    return begun.values().stream().filter(one -> one.lost)
        .mapToLong(one -> Math.max(1, one.lostAt + grace - clock.nanoTime())).min().orElse(Long.MAX_VALUE);
  }

  /** The keys of lost shards whose calls still run though they were cancelled, when they had time enough. */
  private Set<ObjectKey> overdue() {
    long now = clock.nanoTime();
    Set<Integer> shards = begun.values().stream()
        .filter(one -> one.lost && now - one.lostAt >= grace && !gate.isIdle(one.holding.shard()))
        .map(one -> one.holding.shard()).collect(Collectors.toSet());
    return shards.isEmpty() ? Set.of()
        : engine.workers.running().stream().filter(key -> shards.contains(gate.shard(key))).collect(Collectors.toSet());
  }
}
