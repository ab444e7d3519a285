package io.kooper.controller;

import io.kooper.clock.Clock;
import io.kooper.controller.Ledger.Delivery;
import io.kooper.internal.Log;
import io.kooper.metrics.EventType;
import io.kooper.retrieve.ObjectKey;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Finds keys that are called again and again while the generation of their object stays, as when a handler calls itself by what
 * it writes. It says so, and throttles nothing.
 */
final class LoopDetector {

  private static final Log log = Log.of(LoopDetector.class);
  private static final long WINDOW = Duration.ofMinutes(1).toNanos();

  private static final class Calls {
    private @Nullable Long generation;
    private int count;
  }

  private final String controller;
  private final int limit; // calls a minute
  private final Clock clock;
  private Map<ObjectKey, Calls> calls = new HashMap<>(); // since the minute began; guarded by this, as all below
  private final Set<ObjectKey> before = new HashSet<>(); // those that looped in the minute before
  private final Set<ObjectKey> now = new HashSet<>();
  private long since;

  LoopDetector(String controller, int limit, Clock clock) {
    this.controller = controller;
    this.limit = limit;
    this.clock = clock;
    this.since = clock.nanoTime();
  }

  void called(ObjectKey key, Delivery<?> delivery) {
    if (delivery.type() == EventType.ADD || delivery.type() == EventType.RESYNC) {
      return; // which no handler causes; most keys have no other calls, and cost nothing here
    }
    Long generation = delivery.object().getMetadata().getGeneration();
    boolean found;
    synchronized (this) {
      turn();
      Calls these = calls.computeIfAbsent(key, k -> new Calls());
      if (!Objects.equals(these.generation, generation)) {
        these.generation = generation;
        these.count = 0;
      }
      found = ++these.count > limit && now.add(key) && !before.contains(key);
    }
    if (found) {
      log.warn("{}: {} was called more than {} times within a minute while its generation stayed. If its handler writes what is"
          + " watched, say context.wrote(...), or build with onlyWhenChanged(...)", controller, key, limit);
    }
  }

  /** The keys that loop, as far as is known. */
  synchronized Set<ObjectKey> looping() {
    turn();
    Set<ObjectKey> all = new HashSet<>(before);
    all.addAll(now);
    return all;
  }

  /** Begins another minute if this one is over. */
  private void turn() {
    long passed = clock.nanoTime() - since;
    if (passed >= WINDOW) {
      before.clear();
      if (passed < 2 * WINDOW) {
        before.addAll(now);
      }
      now.clear();
      calls = new HashMap<>(); // a cleared one stays as large as it was
      since += passed - passed % WINDOW;
    }
  }
}
