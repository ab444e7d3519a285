package io.kooper.queue;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The keys of a queue and their moves from place to place: ready in a lane, delayed, or running. The queue has the lock, the
 * clock and those who wait. Guarded by that lock.
 *
 * <p>Invariant: a key has one slot, and a slot is in exactly one place. What a key needs is allocated when it comes, so that no
 * move can fail for want of memory.
 */
final class Slots<K> {

  /** Pending, not processed, and their time has come. */
  final Lanes<K> ready = new Lanes<>();

  /** Pending, not processed, and their time was to come when the queue last looked. */
  final DelayHeap<K> delayed = new DelayHeap<>();

  /** Processed, in the order they were taken; those that are pending too are ready or delayed once they are done. */
  private final SlotList<K> running = new SlotList<>();

  private final Map<K, Slot<K>> all = new HashMap<>();
  private final Getters getters;
  private long dropped;

  /** @param getters hear of each key that becomes ready, and of a delayed one that becomes the first */
  Slots(Getters getters) {
    this.getters = getters;
  }

  boolean isEmpty() {
    return all.isEmpty();
  }

  int running() {
    return running.size();
  }

  /** How many deliveries were dropped. */
  long dropped() {
    return dropped;
  }

  /** Whether this made a delivery pending, instead of being merged with one. */
  boolean request(K key, Lane lane, long readyAt, long now) {
    Slot<K> slot = all.get(key);
    if (slot == null) {
      slot = add(key);
    }
    boolean made = !slot.pending;
    if (slot.processing) {
      slot.request(lane, readyAt);
    } else if (made || slot.isRaisedBy(lane) || slot.isHastenedBy(readyAt)) {
      if (!made) {
        displace(slot);
      }
      slot.request(lane, readyAt);
      place(slot, now);
    }
    return made;
  }

  private Slot<K> add(K key) {
    delayed.reserve(all.size() + 1);
    Slot<K> slot = new Slot<>(key);
    boolean added = false;
    try {
      all.put(key, slot);
      added = true;
    } finally {
      if (!added) {
        all.remove(key); // a map that could not grow has it nevertheless
      }
    }
    return slot;
  }

  /** Puts a pending slot, in no place yet, where it belongs. */
  private void place(Slot<K> slot, long now) {
    if (slot.readyAt - now <= 0) {
      ready.append(slot);
      getters.wake();
      return;
    }
    delayed.add(slot);
    if (delayed.first() == slot) {
      getters.leadAnew();
    }
  }

  private void displace(Slot<K> slot) {
    if (slot.heapIndex >= 0) {
      delayed.remove(slot);
    } else {
      ready.remove(slot);
    }
  }

  /** Moves the delayed keys whose time has come to their lanes, in the order of their times. */
  void promoteDue(long now) {
    for (Slot<K> first; (first = delayed.first()) != null && first.readyAt - now <= 0; ) {
      delayed.remove(first);
      place(first, now);
    }
  }

  /** Takes the ready slot whose turn it is; there must be one. */
  Slot<K> take(long now) {
    Slot<K> slot = ready.take();
    slot.pending = false;
    slot.processing = true;
    slot.takenAt = now;
    running.append(slot);
    return slot;
  }

  /** The slot of a key that is processed; null if it is not. */
  @Nullable Slot<K> processed(K key) {
    Slot<K> slot = all.get(key);
    return slot == null || !slot.processing ? null : slot;
  }

  /** The slot is processed no more. */
  void release(Slot<K> slot, long now) {
    running.remove(slot);
    slot.processing = false;
    if (slot.pending) {
      place(slot, now);
    } else {
      all.remove(slot.key);
    }
  }

  /** Whether a key that is processed will be delivered again. */
  boolean isRunningPending() {
    Slot<K> slot = running.first();
    while (slot != null && !slot.pending) {
      slot = slot.next;
    }
    return slot != null;
  }

  /** Drops the pending deliveries of these slots. They are put into {@code told} first. */
  void drop(Predicate<Slot<K>> which, Map<K, Lane> told) {
    for (Iterator<Slot<K>> slots = all.values().iterator(); slots.hasNext(); ) {
      Slot<K> slot = slots.next();
      if (slot.pending && which.test(slot)) {
        told.put(slot.key, slot.lane);
        dropped++;
        slot.pending = false;
        if (!slot.processing) {
          displace(slot);
          slots.remove();
        }
      }
    }
  }

  /** Shows each that is processed, the longest running first. */
  void forEachRunning(Consumer<K> action) {
    for (Slot<K> slot = running.first(); slot != null; slot = slot.next) {
      action.accept(slot.key);
    }
  }

  List<Slot<K>> all() {
    return new ArrayList<>(all.values());
  }
}
