package io.kooper.informer;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.kooper.retrieve.ObjectKey;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** The one implementation of {@link Store}. Read by anybody, written by the reflector's thread only. */
final class ObjectStore<T extends HasMetadata> implements Store<T> {

  private record Content<T extends HasMetadata>(Map<ObjectKey, T> objects, List<Index<T>> indexes) {}

  /** Changed in place by single events, replaced as a whole by a list, so that no reader sees half of one. */
  private volatile Content<T> content;

  ObjectStore(List<Index<T>> indexes) {
    this.content = new Content<>(new ConcurrentHashMap<>(), List.copyOf(indexes));
  }

  @Override
  public Optional<T> get(ObjectKey key) {
    return Optional.ofNullable(peek(key));
  }

  @Override
  public List<T> list() {
    return List.copyOf(content.objects.values());
  }

  @Override
  public List<ObjectKey> keys() {
    return List.copyOf(content.objects.keySet());
  }

  @Override
  public int size() {
    return content.objects.size();
  }

  @Override
  public List<T> byIndex(String index, String value) {
    Objects.requireNonNull(value, "value");
    List<Index<T>> indexes = content.indexes;
    for (Index<T> one : indexes) {
      if (one.name().equals(index)) {
        return one.get(value);
      }
    }
    throw new IllegalArgumentException(
        "there is no index \"" + index + "\"; there are " + indexes.stream().map(Index::name).toList());
  }

  @Nullable T peek(ObjectKey key) {
    return content.objects.get(key);
  }

  void put(ObjectKey key, T object) {
    content.objects.put(key, object);
    for (Index<T> index : content.indexes) {
      index.put(key, object);
    }
  }

  void remove(ObjectKey key) {
    content.objects.remove(key);
    for (Index<T> index : content.indexes) {
      index.remove(key);
    }
  }

  /** Makes {@code next} the content, at once. */
  void replace(ConcurrentHashMap<ObjectKey, T> next) {
    List<Index<T>> indexes = content.indexes.stream().map(Index::fresh).toList();
    indexes.forEach(index -> next.forEach(index::put));
    content = new Content<>(next, indexes);
  }
}
