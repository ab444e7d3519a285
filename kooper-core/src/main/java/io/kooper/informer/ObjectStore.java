package io.kooper.informer;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.kooper.retrieve.ObjectKey;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** The one implementation of {@link Store}. Read by anybody, written by the reflector's thread only. */
final class ObjectStore<T extends HasMetadata> implements Store<T> {

  /** Changed in place by single events, replaced as a whole by a list, so that no reader sees half of one. */
  private volatile Map<ObjectKey, T> objects = new ConcurrentHashMap<>();

  @Override
  public Optional<T> get(ObjectKey key) {
    return Optional.ofNullable(objects.get(key));
  }

  @Override
  public List<T> list() {
    return List.copyOf(objects.values());
  }

  @Override
  public List<ObjectKey> keys() {
    return List.copyOf(objects.keySet());
  }

  @Override
  public int size() {
    return objects.size();
  }

  @Nullable T peek(ObjectKey key) {
    return objects.get(key);
  }

  void put(ObjectKey key, T object) {
    objects.put(key, object);
  }

  void remove(ObjectKey key) {
    objects.remove(key);
  }

  /** Makes {@code next} the content, at once. */
  void replace(ConcurrentHashMap<ObjectKey, T> next) {
    objects = next;
  }
}
