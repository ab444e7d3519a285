package io.kooper.queue;

import java.util.ArrayList;
import org.jspecify.annotations.Nullable;

/**
 * Slots by {@link Slot#readyAt}, earliest first, equal ones in the order they came. A binary heap in which every slot knows
 * its index, so that any slot is removed in O(log n).
 */
final class DelayHeap<K> {
  private final ArrayList<Slot<K>> slots = new ArrayList<>(); // slots.get(i).heapIndex == i; no parent is after its children
  private long tickets;

  int size() {
    return slots.size();
  }

  boolean isEmpty() {
    return slots.isEmpty();
  }

  @Nullable Slot<K> first() {
    return slots.isEmpty() ? null : slots.get(0);
  }

  /** Makes room for so many: none of the following adds allocates until there are more. */
  void reserve(int size) {
    slots.ensureCapacity(size);
  }

  void add(Slot<K> slot) {
    slots.add(slot);
    slot.ticket = tickets++;
    moveUp(slot, slots.size() - 1);
  }

  /** The slot must be in this heap, with the time it had when it was added. */
  void remove(Slot<K> slot) {
    int hole = slot.heapIndex;
    slot.heapIndex = -1;
    Slot<K> last = slots.remove(slots.size() - 1);
    if (last != slot) {
      moveDown(last, hole);
      moveUp(last, last.heapIndex);
    }
  }

  private void moveUp(Slot<K> slot, int from) {
    int index = from;
    while (index > 0) {
      int parent = (index - 1) / 2;
      if (!isBefore(slot, slots.get(parent))) {
        break;
      }
      put(slots.get(parent), index);
      index = parent;
    }
    put(slot, index);
  }

  private void moveDown(Slot<K> slot, int from) {
    int index = from;
    for (int child = 2 * index + 1; child < slots.size(); child = 2 * index + 1) {
      if (child + 1 < slots.size() && isBefore(slots.get(child + 1), slots.get(child))) {
        child++;
      }
      if (!isBefore(slots.get(child), slot)) {
        break;
      }
      put(slots.get(child), index);
      index = child;
    }
    put(slot, index);
  }

  private void put(Slot<K> slot, int index) {
    slots.set(index, slot);
    slot.heapIndex = index;
  }

  private static boolean isBefore(Slot<?> a, Slot<?> b) {
    long difference = a.readyAt - b.readyAt; // not a < b: a nanosecond clock may overflow
    return difference < 0 || difference == 0 && a.ticket < b.ticket;
  }
}
