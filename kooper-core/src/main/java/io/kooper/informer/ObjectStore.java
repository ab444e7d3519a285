package io.kooper.informer;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.kooper.informer.State.Read;
import io.kooper.retrieve.ObjectKey;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The one implementation of {@link Store}. Read by anybody, written under the cache's lock only. */
final class ObjectStore<T extends HasMetadata> implements Store<T> {

  /** The one part of a store whose objects are listed together. */
  static final String ALL = "";

  private record Part<T extends HasMetadata>(Map<ObjectKey, State<T>> states, List<Index<T>> indexes) {}

  private final List<Index<T>> indexes; // which are empty
  private final boolean byNamespace;

  /**
   * What is listed together: a namespace, or all. A part is changed in place by single events, and replaced as a whole by a
   * list, so that no reader sees half of one.
   */
  private final Map<String, Part<T>> parts = new ConcurrentHashMap<>();

  /** What was not listed yet, and {@link #ALL} while not all parts are known; each with what stands for its expectation. */
  private final Map<String, Object> missing = new ConcurrentHashMap<>();

  ObjectStore(List<Index<T>> indexes, boolean byNamespace) {
    this.indexes = List.copyOf(indexes);
    this.byNamespace = byNamespace;
    expect(ALL);
  }

  /** A part will be listed: from now on, whatever list of it has begun before. */
  void expect(String part) {
    missing.put(part, new Object());
  }

  /** For which a list of this part counts that begins now; null if it is not missing. */
  @Nullable Object expectation(String part) {
    return missing.get(part);
  }

  /** A list that began with this expectation was told. */
  void listed(String part, @Nullable Object expectation) {
    if (expectation != null) {
      missing.remove(part, expectation);
    }
  }

  /** A part is not missing, or not any more. */
  void expectNot(String part) {
    missing.remove(part);
  }

  /** Whether the part of this key was listed. */
  boolean isListed(ObjectKey key) {
    return !missing.containsKey(ALL) && !missing.containsKey(partOf(key)); // in this order: ALL goes when the others are there
  }

  /** Whether all parts were. */
  boolean isComplete() {
    return missing.isEmpty();
  }

  /** The parts that were not. */
  Set<String> missing() {
    return missing.keySet().stream().filter(part -> !part.equals(ALL)).collect(Collectors.toUnmodifiableSet());
  }

  String partOf(ObjectKey key) {
    return byNamespace ? key.namespace() : ALL;
  }

  @Override
  public Optional<T> get(ObjectKey key) {
    State<T> state = state(key);
    if (state == null) {
      return Optional.empty();
    }
    Read<T> read = state.read();
    return Optional.of(read == null ? state.get() : read.object()); // get() says why it cannot be read
  }

  @Override
  public @Nullable State<T> state(ObjectKey key) {
    Part<T> part = parts.get(partOf(key));
    return part == null ? null : part.states.get(key);
  }

  @Override
  public List<T> list() {
    return stream().toList();
  }

  @Override
  public Stream<T> stream() {
    return parts.values().stream().flatMap(part -> objects(part.states.values()));
  }

  @Override
  public List<T> list(String namespace) {
    return parts.values().stream().flatMap(part -> objects(
        part.states.values().stream().filter(state -> namespace.equals(state.key().namespace())).toList())).toList();
  }

  private static <T extends HasMetadata> Stream<T> objects(Collection<State<T>> states) {
    return states.stream().map(State::read).filter(Objects::nonNull).map(Read::object);
  }

  @Override
  public List<ObjectKey> keys() {
    return parts.values().stream().flatMap(part -> part.states.keySet().stream()).toList();
  }

  int size(String name) {
    Part<T> part = parts.get(name);
    return part == null ? 0 : part.states.size();
  }

  /** Those of one part. */
  List<ObjectKey> keys(String name) {
    Part<T> part = parts.get(name);
    return part == null ? List.of() : List.copyOf(part.states.keySet());
  }

  @Override
  public int size() {
    return parts.values().stream().mapToInt(part -> part.states.size()).sum();
  }

  @Override
  public List<T> byIndex(String index, String value) {
    Objects.requireNonNull(value, "value");
    for (int i = 0; i < indexes.size(); i++) {
      int position = i;
      if (indexes.get(i).name.equals(index)) {
        return parts.values().stream().flatMap(part -> objects(part.indexes.get(position).get(value))).toList();
      }
    }
    throw new IllegalArgumentException(
        "there is no index \"" + index + "\"; there are " + indexes.stream().map(one -> one.name).toList());
  }

  void put(State<T> state) {
    String name = partOf(state.key());
    Part<T> part = parts.get(name);
    if (part == null) { // nobody else writes
      part = part(new ConcurrentHashMap<>());
      parts.put(name, part);
    }
    State<T> before = part.states.put(state.key(), state);
    for (Index<T> index : part.indexes) {
      index.replace(state.key(), before, state);
    }
  }

  void remove(ObjectKey key) {
    Part<T> part = parts.get(partOf(key));
    if (part == null) {
      return;
    }
    State<T> before = part.states.remove(key);
    for (Index<T> index : part.indexes) {
      index.replace(key, before, null);
    }
  }

  /** A part that is empty may never be needed again. */
  void forgetIfEmpty(String name) {
    parts.computeIfPresent(name, (same, part) -> part.states.isEmpty() ? null : part);
  }

  /** Makes {@code next} the content of a part, at once. */
  void replace(String name, ConcurrentHashMap<ObjectKey, State<T>> next) {
    Part<T> part = part(next);
    part.indexes.forEach(index -> next.forEach((key, state) -> index.replace(key, null, state)));
    parts.put(name, part);
  }

  private Part<T> part(Map<ObjectKey, State<T>> states) {
    return new Part<>(states, indexes.stream().map(Index::fresh).toList());
  }
}
