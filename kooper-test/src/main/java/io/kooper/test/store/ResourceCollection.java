package io.kooper.test.store;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** The objects of one type, their history, and who watches them. Every method under the store's lock. */
public final class ResourceCollection {

  private final String name;
  private final ObjectStore store;
  private final EventLog log;
  private final NavigableMap<String, StoredObject> objects = new TreeMap<>();
  private final Set<Runnable> watchers = new LinkedHashSet<>();
  private boolean closed;
  private boolean held; // watches are not told of anything

  ResourceCollection(String name, ObjectStore store, EventLog log) {
    this.name = name;
    this.store = store;
    this.log = log;
  }

  public EventLog log() {
    return log;
  }

  /** A copy that begins its history now. */
  ResourceCollection copy(EventLog history) {
    ResourceCollection copy = new ResourceCollection(name, store, history);
    copy.objects.putAll(objects);
    return copy;
  }

  public @Nullable StoredObject get(String namespace, String name) {
    return objects.get(StoredObject.path(namespace, name));
  }

  /** Adds or replaces an object and tells the watchers. */
  public void put(StoredObject object) {
    StoredObject previous = objects.put(object.path(), object);
    log.append(object.version(), previous, object, null);
    store.changed(name, previous, object);
    notifyWatchers();
  }

  /** Removes an object; {@code last} is its last state under the version of the deletion. */
  public void remove(StoredObject last) {
    StoredObject previous = objects.remove(last.path());
    log.append(last.version(), previous, null, last);
    store.changed(name, previous, null);
    notifyWatchers();
  }

  /** The objects of a namespace, or of all if it is null, in order. */
  public SortedMap<String, StoredObject> in(@Nullable String namespace) {
    return in(objects, namespace);
  }

  /**
   * The objects as they were at a version.
   *
   * @throws StatusException 410 when that is forgotten
   */
  public SortedMap<String, StoredObject> in(@Nullable String namespace, long version) {
    Map<String, @Nullable StoredObject> changed = log.changedSince(version);
    if (changed.isEmpty()) {
      return in(namespace);
    }
    NavigableMap<String, StoredObject> then = new TreeMap<>(objects);
    changed.forEach((path, object) -> {
      if (object == null) {
        then.remove(path);
      } else {
        then.put(path, object);
      }
    });
    return in(then, namespace);
  }

  public List<StoredObject> select(@Nullable String namespace, Predicate<StoredObject> selector) {
    List<StoredObject> selected = new ArrayList<>();
    for (StoredObject object : in(namespace).values()) {
      if (selector.test(object)) {
        selected.add(object);
      }
    }
    return selected;
  }

  public void watch(Runnable watcher) {
    watchers.add(watcher);
  }

  public void unwatch(Runnable watcher) {
    watchers.remove(watcher);
  }

  public int watches() {
    return watchers.size();
  }

  /** Nothing comes any more: its type is no longer served. */
  void close() {
    closed = true;
    notifyWatchers();
  }

  public boolean isClosed() {
    return closed;
  }

  public ObjectStore store() {
    return store;
  }

  void hold(boolean on) {
    held = on;
    notifyWatchers();
  }

  boolean isHeld() {
    return held && !closed;
  }

  /** Has every watch look for what it has to send. */
  void notifyWatchers() {
    if (!isHeld()) {
      watchers.forEach(Runnable::run);
    }
  }

  private static SortedMap<String, StoredObject> in(
      NavigableMap<String, StoredObject> objects, @Nullable String namespace) {
    // '0' follows '/': every path of the namespace and no other
    return namespace == null ? objects : objects.subMap(namespace + "/", namespace + "0");
  }
}
