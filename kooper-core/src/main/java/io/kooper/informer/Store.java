package io.kooper.informer;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.kooper.retrieve.ObjectKey;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The objects as an informer last saw them. Reads never block, may be made from any thread, and never see a list half
 * applied.
 *
 * <p>Of objects that come from an API server the store keeps packed JSON, and binds it at each read: what a read returns is the
 * reader's own. A read of an object of 5 KB takes some 20 µs. Objects that come as objects, from functions or a source of your
 * own, are shared by all readers, as are all objects of a retriever that was told to keep them bound: never modify those.
 *
 * <p>An object that cannot be bound to its class is read in its last state that could be.
 *
 * @param <T> the type of the objects
 */
public interface Store<T extends HasMetadata> {

  /**
   * The object of this key, or empty when there is none.
   *
   * @throws UnreadableException when there is one and no state of it could be bound
   */
  Optional<T> get(ObjectKey key);

  /** The object of this name; the namespace is empty for a cluster-scoped one. */
  default Optional<T> get(String namespace, String name) {
    return get(new ObjectKey(namespace, name));
  }

  /** All objects, in no order, as a copy that does not change. Those of which no state could be bound are left out. */
  List<T> list();

  /** As {@link #list()}, but each object is bound when the stream comes to it: they are never in memory all at once. */
  default Stream<T> stream() {
    return list().stream();
  }

  /** The newest state of the object of this key, which says its uid and version without being bound; null when there is none. */
  default @Nullable State<T> state(ObjectKey key) { // no Optional: each event and call asks several times
    return get(key).map(State::of).orElse(null);
  }

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

  /** All keys, in no order, as a copy that does not change. */
  List<ObjectKey> keys();

  /** How many objects there are. */
  int size();
}
