package io.kooper.retrieve;

import io.fabric8.kubernetes.api.model.HasMetadata;

/**
 * Takes the events of one {@link ListerWatcher#watch watch}, in their order. Implemented by the informer, called by the
 * source.
 *
 * @param <T> the type of the objects
 */
public interface WatchSink<T extends HasMetadata> {

  /** What has become of an object. */
  enum Change { ADDED, MODIFIED, DELETED }

  /** The server has accepted the watch; until this or a first event, health does not call it watching. */
  default void opened() {}

  /** The object exists and is new to this watch. */
  void added(T object);

  /** The object exists and has changed. */
  void modified(T object);

  /** The object is gone, or no longer selected; this is its last state. */
  void deleted(T object);

  /** As {@link #added}, {@link #modified} or {@link #deleted}, by the object's JSON. */
  default void json(Change change, Json<T> object) {
    switch (change) {
      case ADDED -> object.bind(false, this::added, this::undecodable);
      case MODIFIED -> object.bind(false, this::modified, this::undecodable);
      case DELETED -> object.bind(true, this::deleted, this::undecodable);
    }
  }

  /** Nothing happened up to this version. */
  void bookmark(String resourceVersion);

  /** Something happened to an object that cannot be bound. */
  void undecodable(Undecodable object);
}
