package io.kooper.queue;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** A doubly linked list through the slots themselves: append and remove in constant time, no allocation. */
final class SlotList<K> {
  private @Nullable Slot<K> first;
  private @Nullable Slot<K> last;
  private int size;

  int size() {
    return size;
  }

  boolean isEmpty() {
    return size == 0;
  }

  @Nullable Slot<K> first() {
    return first;
  }

  void append(Slot<K> slot) {
    Slot<K> tail = last;
    slot.previous = tail;
    last = slot;
    if (tail == null) {
      first = slot;
    } else {
      tail.next = slot;
    }
    size++;
  }

  /** There must be a slot. */
  Slot<K> removeFirst() {
    Slot<K> slot = Objects.requireNonNull(first);
    remove(slot);
    return slot;
  }

  /** The slot must be in this list. Its links are cleared, so that nothing keeps a slot alive that is gone. */
  void remove(Slot<K> slot) {
    Slot<K> before = slot.previous;
    Slot<K> after = slot.next;
    if (before == null) {
      first = after;
    } else {
      before.next = after;
    }
    if (after == null) {
      last = before;
    } else {
      after.previous = before;
    }
    slot.previous = null;
    slot.next = null;
    size--;
  }
}
