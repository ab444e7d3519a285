package io.kooper.test.store;

import org.jspecify.annotations.Nullable;

/**
 * One change in the history of a collection. Events are a linked list, so that a watch needs no buffer: it stands on
 * the last event it has sent, and forgetting history is to move the log's own pointer.
 */
public final class Event {

  public final long version;
  public final long sequence; // counts the events of a collection: the distance of a watch from the newest one
  public final @Nullable StoredObject object; // null once deleted
  public final @Nullable StoredObject previous; // null if it was not there
  public final @Nullable StoredObject last; // what a deletion shows: the last state under the version of the deletion
  public @Nullable Event next; // guarded by the store's lock

  Event(long version, long sequence, @Nullable StoredObject previous, @Nullable StoredObject object,
      @Nullable StoredObject last) {
    this.version = version;
    this.sequence = sequence;
    this.previous = previous;
    this.object = object;
    this.last = last;
  }
}
