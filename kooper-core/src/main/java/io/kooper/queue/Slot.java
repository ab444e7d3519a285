package io.kooper.queue;

import org.jspecify.annotations.Nullable;

/**
 * All that the queue knows of one key. Guarded by the queue's lock.
 *
 * <p>It is in exactly one place: the list of the running keys while it is processed, else the heap while {@link #readyAt}
 * is to come, else the list of its lane.
 */
final class Slot<K> {
  final K key;

  /** Whether it is to be delivered (once more); false only while it is processed. */
  boolean pending;

  /** Where the pending delivery waits or will wait: the highest that an add asked for. Meaningless unless pending. */
  Lane lane = Lane.RESYNC;

  /** From when the pending delivery may be taken: the earliest that an add asked for, so it never moves later. */
  long readyAt;

  /** Whether it was taken and is not done. */
  boolean processing;

  /** When it was taken. Meaningless unless processing. */
  long takenAt;

  /** Its place in the heap, or -1 when it is not there. */
  int heapIndex = -1;

  /** Orders slots of the same {@link #readyAt} in the heap: first in, first out. */
  long ticket;

  /** Its neighbours in the one list that it is in; null at the ends and outside of lists. */
  @Nullable Slot<K> previous;

  @Nullable Slot<K> next;

  Slot(K key) {
    this.key = key;
  }

  /** Asks for a delivery, or merges with the one already asked for: the earlier time, the higher lane. */
  void request(Lane newLane, long newReadyAt) {
    lane = pending && !isRaisedBy(newLane) ? lane : newLane;
    readyAt = pending && !isHastenedBy(newReadyAt) ? readyAt : newReadyAt;
    pending = true;
  }

  boolean isRaisedBy(Lane newLane) {
    return newLane.compareTo(lane) < 0;
  }

  boolean isHastenedBy(long newReadyAt) {
    return newReadyAt - readyAt < 0;
  }
}
