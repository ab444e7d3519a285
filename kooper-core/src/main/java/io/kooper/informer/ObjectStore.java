package io.kooper.informer;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.kooper.informer.State.Read;
import io.kooper.retrieve.ObjectKey;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The one implementation of {@link Store}. Read by anybody, written by the reflector's thread only. */
final class ObjectStore<T extends HasMetadata> implements Store<T> {

  private record Content<T extends HasMetadata>(Map<ObjectKey, State<T>> states, List<Index<T>> indexes) {}

  /** Changed in place by single events, replaced as a whole by a list, so that no reader sees half of one. */
  private volatile Content<T> content;

  ObjectStore(List<Index<T>> indexes) {
    this.content = new Content<>(new ConcurrentHashMap<>(), List.copyOf(indexes));
  }

  @Override
  public Optional<T> get(ObjectKey key) {
    State<T> state = peek(key);
    if (state == null) {
      return Optional.empty();
    }
    Read<T> read = state.read();
    return Optional.of(read == null ? state.get() : read.object()); // get() says why it cannot be read
  }

  @Override
  public Optional<State<T>> state(ObjectKey key) {
    return Optional.ofNullable(peek(key));
  }

  @Override
  public List<T> list() {
    return stream().toList();
  }

  @Override
  public Stream<T> stream() {
    return objects(content.states.values());
  }

  @Override
  public List<T> list(String namespace) {
    return objects(content.states.values().stream().filter(state -> namespace.equals(state.key().namespace())).toList()).toList();
  }

  private static <T extends HasMetadata> Stream<T> objects(Collection<State<T>> states) {
    return states.stream().map(State::read).filter(Objects::nonNull).map(Read::object);
  }

  @Override
  public List<ObjectKey> keys() {
    return List.copyOf(content.states.keySet());
  }

  @Override
  public int size() {
    return content.states.size();
  }

  @Override
  public List<T> byIndex(String index, String value) {
    Objects.requireNonNull(value, "value");
    List<Index<T>> indexes = content.indexes;
    for (Index<T> one : indexes) {
      if (one.name().equals(index)) {
        return objects(one.get(value)).toList();
      }
    }
    throw new IllegalArgumentException(
        "there is no index \"" + index + "\"; there are " + indexes.stream().map(Index::name).toList());
  }

  @Nullable State<T> peek(ObjectKey key) {
    return content.states.get(key);
  }

  void put(State<T> state) {
    State<T> before = content.states.put(state.key(), state);
    for (Index<T> index : content.indexes) {
      index.replace(state.key(), before, state);
    }
  }

  void remove(ObjectKey key) {
    State<T> before = content.states.remove(key);
    for (Index<T> index : content.indexes) {
      index.replace(key, before, null);
    }
  }

  /** Makes {@code next} the content, at once. */
  void replace(ConcurrentHashMap<ObjectKey, State<T>> next) {
    List<Index<T>> indexes = content.indexes.stream().map(Index::fresh).toList();
    indexes.forEach(index -> next.forEach((key, state) -> index.replace(key, null, state)));
    content = new Content<>(next, indexes);
  }
}
