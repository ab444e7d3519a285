package io.kooper.retrieve;

import io.fabric8.kubernetes.api.model.HasMetadata;

/**
 * Takes the events of one {@link ListerWatcher#watch watch}, in their order. Implemented by the informer, called by the
 * source.
 *
 * @param <T> the type of the objects
 */
public interface WatchSink<T extends HasMetadata> extends DecodeSink {

  /** The server has accepted the watch; until this or a first event, health does not call it watching. */
  default void opened() {}

  /** The object exists and is new to this watch. */
  void added(T object);

  /** The object exists and has changed. */
  void modified(T object);

  /** The object is gone, or no longer selected; this is its last state. */
  void deleted(T object);

  /** Nothing happened up to this version. */
  void bookmark(String resourceVersion);

  /** Something happened to an object that cannot be bound. */
  void undecodable(Undecodable object);
}
