package io.kooper.retrieve;

import io.fabric8.kubernetes.api.model.HasMetadata;

/**
 * Takes the objects of one {@link ListerWatcher#list list}. Implemented by the informer, called by the source.
 *
 * @param <T> the type of the objects
 */
public interface ListSink<T extends HasMetadata> {

  /** An object of the list. Given again under the same key, the later one counts. */
  void item(T object);

  /** As {@link #item}, by an object's JSON. */
  default void json(Json<T> object) {
    object.bind(false, this::item, this::undecodable);
  }

  /** An object that is there, but cannot be bound: it is kept as it was last known, never taken for deleted. */
  void undecodable(Undecodable object);
}
