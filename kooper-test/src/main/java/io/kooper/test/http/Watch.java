package io.kooper.test.http;

import io.kooper.test.json.Json;
import io.kooper.test.json.StatusException;
import io.kooper.test.net.Loop;
import io.kooper.test.store.Event;
import io.kooper.test.store.ObjectStore;
import io.kooper.test.store.ResourceCollection;
import io.kooper.test.store.StoredObject;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/**
 * One watch: it stands on the last event it has sent and moves on when there are more and the client takes them. All
 * fields but {@code scheduled} belong to the loop.
 */
final class Watch {

  private static final int BATCH = 256; // then others have their turn
  private static final Duration BEFORE_END = Duration.ofSeconds(2); // when the API server sends its last bookmark

  private final Loop loop;
  private final ObjectStore store;
  private final Shown shown;
  private final ResourceCollection collection;
  private final WatchOptions options;
  private final EventSink sink;
  private final int maxLag;
  private final Runnable wake = this::schedule;
  private final AtomicBoolean scheduled = new AtomicBoolean();
  private final List<Future<?>> timers = new ArrayList<>();
  private Iterator<StoredObject> initial = Collections.emptyIterator();
  private long initialVersion;
  private boolean initialEndDue;
  private long bookmarks; // those that were asked for and sent
  private Event position;
  private boolean ended;

  Watch(Loop loop, ResourceCollection collection, Shown shown, WatchOptions options, EventSink sink,
      int maxLag) {
    this.loop = loop;
    this.store = collection.store();
    this.collection = collection;
    this.shown = shown;
    this.options = options;
    this.sink = sink;
    this.maxLag = maxLag;
    this.position = collection.log().newest();
  }

  /** Begins to send, or sends the one event that says why not. On the loop. */
  void start(Duration bookmarkInterval) {
    try {
      store.locked(this::begin);
    } catch (StatusException e) { // the API server tells that as an event
      sink.open();
      sink.send(error(e));
      sink.end();
      return;
    }
    sink.open();
    sink.onClose(this::stop);
    timers.add(loop.after(options.timeout(), this::end));
    if (options.bookmarks()) {
      timers.add(loop.every(bookmarkInterval, this::bookmark));
      Duration last = options.timeout().minus(BEFORE_END);
      if (last.toMillis() > 0) {
        timers.add(loop.after(last, this::bookmark));
      }
    }
    drain();
  }

  private void begin() {
    Long version = options.version();
    if (options.initialEvents() || version == null && !options.onlyNew()) {
      initial = collection.select(options.namespace(), options.selector()).iterator();
      initialVersion = store.version();
      initialEndDue = options.initialEvents() && options.bookmarks();
      position = collection.log().newest();
    } else {
      position = version == null ? collection.log().newest() : collection.log().after(version);
    }
    bookmarks = store.bookmarks();
    collection.watch(wake);
  }

  /** There is something new. From any thread, under the store's lock. */
  private void schedule() {
    if (scheduled.compareAndSet(false, true)) {
      loop.execute(() -> {
        scheduled.set(false);
        drain();
      });
    }
  }

  private void drain() {
    for (int sent = 0; !ended; sent++) {
      if (sink.isFull()) {
        if (isTooSlow()) {
          end();
        } else {
          sink.onDrain(wake);
        }
        return;
      }
      if (sent == BATCH) {
        schedule();
        return;
      }
      byte[] event = next();
      if (event == null) {
        if (store.locked(() -> collection.isClosed() && position.next == null)) {
          end();
        }
        return;
      }
      sink.send(event);
    }
  }

  /** The next event for this client, or null if there is none yet. */
  private byte @Nullable [] next() {
    if (initial.hasNext()) {
      return event("ADDED", shown.event(initial.next()));
    }
    if (initialEndDue) {
      initialEndDue = false;
      return bookmark(initialVersion, true);
    }
    while (true) {
      Event next = store.locked(() -> position.next);
      if (next == null) {
        return wantedBookmark();
      }
      position = next;
      byte[] event = translate(next);
      if (event != null) {
        return event;
      }
    }
  }

  /** The bookmark that was asked for since the last one, or null. */
  private byte @Nullable [] wantedBookmark() {
    return store.locked(() -> {
      Long from = options.version();
      if (!options.bookmarks() || bookmarks == store.bookmarks() || position.next != null
          || from != null && store.version() < from) {
        return null;
      }
      bookmarks = store.bookmarks();
      return bookmark(store.version(), false);
    });
  }

  /** What a change is for this watch: an object that begins to match was added, one that ceases to match deleted. */
  private byte @Nullable [] translate(Event event) {
    Long from = options.version();
    if (from != null && event.version <= from) {
      return null; // a watch from a version that the server has not reached yet
    }
    boolean before = matches(event.previous);
    StoredObject object = event.object;
    if (object != null && matches(object)) {
      return event(before ? "MODIFIED" : "ADDED", shown.event(object));
    }
    StoredObject previous = event.previous;
    if (!before || previous == null) {
      return null;
    }
    // the last state that matched, under the version of the change
    StoredObject last = event.last != null ? event.last : previous.at(shown.resource(), event.version);
    return event("DELETED", shown.event(last));
  }

  private boolean matches(@Nullable StoredObject object) {
    return object != null && (options.namespace() == null || options.namespace().equals(object.namespace()))
        && options.selector().test(object);
  }

  private void bookmark() {
    // only a watch that has sent everything may promise a version
    if (ended || initial.hasNext() || initialEndDue || sink.isFull()) {
      return;
    }
    long version = store.locked(() -> position.next == null ? store.version() : -1L);
    Long from = options.version();
    if (version > 0 && (from == null || version >= from)) {
      sink.send(bookmark(version, false));
    }
  }

  private byte[] bookmark(long version, boolean initialEventsEnd) {
    ObjectNode metadata = Json.object();
    metadata.put("resourceVersion", Long.toString(version));
    if (initialEventsEnd) {
      metadata.putObject("annotations").put("k8s.io/initial-events-end", "true");
    }
    return event("BOOKMARK", shown.bookmark(metadata));
  }

  private boolean isTooSlow() {
    return store.locked(() -> collection.log().newest().sequence - position.sequence) > maxLag;
  }

  private void end() {
    if (!ended) {
      stop();
      sink.end();
    }
  }

  private void stop() {
    ended = true;
    timers.forEach(timer -> timer.cancel(false));
    store.locked(() -> collection.unwatch(wake));
  }

  static byte[] error(StatusException e) {
    return Json.bytes(Json.object().put("type", "ERROR").set("object", e.status()));
  }

  private static byte[] event(String type, byte[] object) {
    byte[] head = ("{\"type\":\"" + type + "\",\"object\":").getBytes(StandardCharsets.UTF_8);
    byte[] event = new byte[head.length + object.length + 1];
    System.arraycopy(head, 0, event, 0, head.length);
    System.arraycopy(object, 0, event, head.length, object.length);
    event[event.length - 1] = '}';
    return event;
  }
}
