package io.kooper.informer;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.kooper.retrieve.ObjectKey;
import java.util.List;
import java.util.Optional;

/**
 * The objects as an informer last saw them. Reads never block, may be made from any thread, and never see a list half
 * applied.
 *
 * <p>The objects are the cached ones, shared by all readers: read them, never modify them.
 *
 * @param <T> the type of the objects
 */
public interface Store<T extends HasMetadata> {

  /** The object of this key, or empty when there is none. */
  Optional<T> get(ObjectKey key);

  /** The object of this name; the namespace is empty for a cluster-scoped one. */
  default Optional<T> get(String namespace, String name) {
    return get(new ObjectKey(namespace, name));
  }

  /** All objects, in no order: a copy that does not change any more. */
  List<T> list();

  /** The objects of one namespace, in no order. */
  default List<T> list(String namespace) {
    return list().stream().filter(object -> namespace.equals(object.getMetadata().getNamespace())).toList();
  }

  /**
   * The objects that have this value by an index that the builder was given, in no order.
   *
   * @throws IllegalArgumentException when there is no such index
   */
  default List<T> byIndex(String index, String value) {
    throw new IllegalArgumentException("there is no index \"" + index + "\"");
  }

  /** All keys, in no order: a copy that does not change any more. */
  List<ObjectKey> keys();

  /** How many objects there are. */
  int size();
}
