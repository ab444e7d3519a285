package io.kooper.informer;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.kooper.internal.Log;
import io.kooper.internal.Throwables;
import io.kooper.retrieve.ObjectKey;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Finds objects by values that a function of the user's takes from them. Read by anybody, written by the informer's thread
 * only. An object from which the function cannot take any is in no entry; it is in the store all the same.
 */
final class Index<T extends HasMetadata> {

  private static final Log log = Log.of(Index.class);

  final String name;
  private final Function<? super T, ? extends Collection<String>> values;

  /** The states of each value, as they were when they had it, so that a reader never sees one that does not. */
  private final Map<String, Map<ObjectKey, State<T>>> states = new ConcurrentHashMap<>();

  /** Where this index's values are among those of a state. */
  private final int position;

  Index(String name, Function<? super T, ? extends Collection<String>> values, int position) {
    this.name = name;
    this.values = values;
    this.position = position;
  }

  /** An empty one of the same kind. */
  Index<T> fresh() {
    return new Index<>(name, values, position);
  }

  Collection<State<T>> get(String value) {
    Map<ObjectKey, State<T>> found = states.get(value);
    return found == null ? List.of() : List.copyOf(found.values());
  }

  /** A state comes, goes, or takes the place of another one. */
  void replace(ObjectKey key, @Nullable State<T> before, @Nullable State<T> after) {
    Set<String> now = valuesOf(after);
    now.forEach(value -> states.computeIfAbsent(value, v -> new ConcurrentHashMap<>()).put(key, Objects.requireNonNull(after)));
    for (String value : valuesOf(before)) {
      if (!now.contains(value)) {
        states.computeIfPresent(value, (v, entry) -> {
          entry.remove(key);
          return entry.isEmpty() ? null : entry;
        });
      }
    }
  }

  private Set<String> valuesOf(@Nullable State<T> state) {
    return state == null || state.indexed.isEmpty() ? Set.of() : state.indexed.get(position);
  }

  /** What the function says of an object; nothing when it fails. */
  Set<String> valuesOf(ObjectKey key, T object) {
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
