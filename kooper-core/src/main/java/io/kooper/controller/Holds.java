package io.kooper.controller;

import io.kooper.clock.Clock;
import io.kooper.queue.Lane;
import io.kooper.queue.WorkQueue;
import io.kooper.retrieve.ObjectKey;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;

/**
 * Which keys wait though there is something to tell: for the end of a pause, the minimum interval, their own writes, or the
 * informer's word. Guarded by the ledger's lock.
 *
 * <p>Invariant: a key that is held is delayed in the queue, or the informer's word on it is to come, which wakes it. A pause ends
 * by a change of the object. A stop holds nothing back.
 */
final class Holds {

  /** How often it is looked whether the related objects of a key's namespace have been seen. */
  static final long NOT_READY = Duration.ofSeconds(1).toNanos();

  private final WorkQueue<ObjectKey> queue;
  private final long minInterval; // nanoseconds between a successful call and the next one
  private final Clock clock;
  private final Set<ObjectKey> held = new HashSet<>();
  final Set<ObjectKey> paused = new HashSet<>();
  private boolean stopping;

  Holds(WorkQueue<ObjectKey> queue, long minInterval, Clock clock) {
    this.queue = queue;
    this.minInterval = minInterval;
    this.clock = clock;
  }

  /** Until it is woken. */
  void hold(ObjectKey key) {
    held.add(key);
  }

  /** Until it is woken, but not longer than so many nanoseconds. */
  void hold(ObjectKey key, long nanos) {
    held.add(key);
    queue.addAfter(key, Duration.ofNanos(nanos), Lane.CHANGE);
  }

  /** Whether the user, or a write that was not seen yet, keeps a told object from its call. */
  boolean holds(ObjectKey key, Entry<?> entry, long untilWritesAreSeen) {
    if (stopping) {
      return false;
    }
    boolean rests = entry.succeededOnce && entry.failures == 0;
    long left = rests ? Math.max(untilWritesAreSeen, entry.succeededAt + minInterval - clock.nanoTime()) : untilWritesAreSeen;
    if (left > 0) {
      hold(key, left);
    }
    return left > 0;
  }

  /** Notes whether the object is paused. */
  void pause(ObjectKey key, boolean isPaused) {
    if (isPaused) {
      paused.add(key);
    } else {
      paused.remove(key);
    }
  }

  /** Whether the key waits for what may have come now. */
  boolean wakes(ObjectKey key) {
    return held.contains(key);
  }

  /** A worker looks at the key: it holds it again if need be. */
  void look(ObjectKey key) {
    held.remove(key);
  }

  /** From now on nothing is held back; returns what was. */
  List<ObjectKey> release() {
    stopping = true;
    return List.copyOf(held);
  }

  boolean stopping() {
    return stopping;
  }

  void reset(Predicate<ObjectKey> which) {
    paused.removeIf(which);
    held.removeIf(which);
  }
}
