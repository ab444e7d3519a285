package io.kooper.informer;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.kooper.internal.Log;
import io.kooper.internal.Throwables;
import io.kooper.retrieve.ObjectKey;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;

/**
 * Finds objects by values that a function of the user's takes from them. Read by anybody, written by the informer's thread
 * only. An object from which the function cannot take any is in no entry; it is in the store all the same.
 */
final class Index<T extends HasMetadata> {

  private static final Log log = Log.of(Index.class);

  private final String name;
  private final Function<? super T, ? extends Collection<String>> values;

  /** The objects of each value, as they were when they had it, so that a reader never sees one that does not. */
  private final Map<String, Map<ObjectKey, T>> objects = new ConcurrentHashMap<>();

  /** What each object is listed under: the function may say something else by now. */
  private final Map<ObjectKey, Set<String>> listed = new HashMap<>();

  Index(String name, Function<? super T, ? extends Collection<String>> values) {
    this.name = name;
    this.values = values;
  }

  /** An empty one of the same kind. */
  Index<T> fresh() {
    return new Index<>(name, values);
  }

  String name() {
    return name;
  }

  List<T> get(String value) {
    Map<ObjectKey, T> found = objects.get(value);
    return found == null ? List.of() : List.copyOf(found.values());
  }

  void put(ObjectKey key, T object) {
    Set<String> now = valuesOf(key, object);
    Set<String> before = now.isEmpty() ? listed.remove(key) : listed.put(key, now);
    now.forEach(value -> objects.computeIfAbsent(value, v -> new ConcurrentHashMap<>()).put(key, object));
    unlist(key, before, now);
  }

  void remove(ObjectKey key) {
    unlist(key, listed.remove(key), Set.of());
  }

  private void unlist(ObjectKey key, Set<String> before, Set<String> kept) {
    if (before == null) {
      return;
    }
    for (String value : before) {
      if (!kept.contains(value)) {
        objects.computeIfPresent(value, (v, entry) -> {
          entry.remove(key);
          return entry.isEmpty() ? null : entry;
        });
      }
    }
  }

  private Set<String> valuesOf(ObjectKey key, T object) {
    try {
      List<String> found = new ArrayList<>();
      for (String value : values.apply(object)) { // one that is none, as untyped code may give it, is found out here
        found.add(value);
      }
      return Set.copyOf(found);
    } catch (Throwable t) { // user code: it must not stop the event
      Throwables.throwIfNoMemory(t);
      log.warn("index {}: the function failed for {}, which is not found by it: {}", name, key,
          Throwables.place(t, Index.class));
      log.debug("index {}: why the function failed for {}", name, key, t);
      return Set.of();
    }
  }
}
