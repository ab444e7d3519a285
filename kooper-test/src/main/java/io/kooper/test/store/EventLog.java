package io.kooper.test.store;

import io.kooper.test.json.Statuses;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The bounded history of one collection. Every method under the store's lock. */
public final class EventLog {

  private final int limit;
  private Event oldest; // the last forgotten event: watches from its version on are possible
  private Event newest;
  private long floor; // versions below are gone

  EventLog(int limit, long version) {
    this.limit = limit;
    this.oldest = new Event(version, 0, null, null, null);
    this.newest = oldest;
    this.floor = version;
  }

  public Event newest() {
    return newest;
  }

  void append(long version, @Nullable StoredObject previous, @Nullable StoredObject object,
      @Nullable StoredObject last) {
    Event event = new Event(version, newest.sequence + 1, previous, object, last);
    newest.next = event;
    newest = event;
    while (newest.sequence - oldest.sequence > limit) {
      oldest = following(oldest);
      floor = oldest.version;
    }
  }

  /** Forgets everything up to the store's version. Watches keep the events they stand on. */
  void compact(long version) {
    oldest = newest;
    floor = version;
  }

  /**
   * The event after which everything is newer than a version.
   *
   * @throws StatusException 410 when events after that version may be forgotten
   */
  public Event after(long version) {
    if (version < floor) {
      throw Statuses.expired(version, floor);
    }
    Event event = oldest;
    while (event.next != null && event.next.version <= version) {
      event = event.next;
    }
    return event;
  }

  /** What changed since a version: the paths, and the object that was there (null if none). */
  Map<String, @Nullable StoredObject> changedSince(long version) {
    Map<String, @Nullable StoredObject> changed = new HashMap<>();
    for (Event event = after(version).next; event != null; event = event.next) {
      StoredObject any = event.object != null ? event.object : event.last;
      if (any != null && !changed.containsKey(any.path())) {
        changed.put(any.path(), event.previous);
      }
    }
    return changed;
  }

  private static Event following(Event event) {
    Event next = event.next;
    if (next == null) {
      throw new IllegalStateException("the newest event is never forgotten");
    }
    return next;
  }
}
