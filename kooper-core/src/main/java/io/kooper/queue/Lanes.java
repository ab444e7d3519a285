package io.kooper.queue;

import java.util.List;

/** The ready keys: a list a lane, and whose turn it is. Guarded by the queue's lock. */
final class Lanes<K> {

  /** Who is preferred. The lower lanes are never next to each other, so that a fresh change waits for one key at most. */
  private static final List<Lane> TURNS = List.of(
      Lane.CHANGE, Lane.CHANGE, Lane.CHANGE, Lane.RETRY, Lane.CHANGE, Lane.CHANGE, Lane.CHANGE, Lane.RESYNC);

  private final List<SlotList<K>> lists = List.of(new SlotList<>(), new SlotList<>(), new SlotList<>()); // by ordinal
  private int turn; // the index in TURNS of the next take

  void append(Slot<K> slot) {
    list(slot.lane).append(slot);
  }

  void remove(Slot<K> slot) {
    list(slot.lane).remove(slot);
  }

  /** Removes the slot whose turn it is; there must be one. */
  Slot<K> take() {
    SlotList<K> from = list(TURNS.get(turn));
    for (int i = 0; from.isEmpty(); i++) {
      from = lists.get(i);
    }
    turn = (turn + 1) % TURNS.size();
    return from.removeFirst();
  }

  boolean isEmpty() {
    return lists.get(0).isEmpty() && lists.get(1).isEmpty() && lists.get(2).isEmpty();
  }

  int size() {
    return lists.get(0).size() + lists.get(1).size() + lists.get(2).size();
  }

  int size(Lane lane) {
    return list(lane).size();
  }

  /** How long before {@code now} the slot that has been ready longest became so; 0 if there is none. */
  long longestWait(long now) {
    long longest = 0;
    for (SlotList<K> list : lists) {
      for (Slot<K> slot = list.first(); slot != null; slot = slot.next) { // all: one that was raised is behind younger ones
        longest = Math.max(longest, now - slot.readyAt);
      }
    }
    return longest;
  }

  private SlotList<K> list(Lane lane) {
    return lists.get(lane.ordinal());
  }
}
