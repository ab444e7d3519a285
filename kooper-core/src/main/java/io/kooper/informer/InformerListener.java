package io.kooper.informer;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.kooper.retrieve.RetrieveException;
import io.kooper.retrieve.Undecodable;

/**
 * Hears of every change of an informer's store, after it was made.
 *
 * <p>Called one call at a time, in the order of the changes, on the informer's thread: it must not block, since the watch
 * stands still meanwhile; a work queue's {@code add} is what it is for.
 *
 * <p>What it throws, an {@code Error} too, is logged and ends nothing. What it did not take is told again, merged with what
 * has happened since: before the next change of the same key, and all of it within half a minute. It may then hear of a
 * delete or an add twice.
 *
 * @param <T> the type of the objects
 */
public interface InformerListener<T extends HasMetadata> {

  /**
   * An object is new in the store.
   *
   * @param initial whether it was there before this listener: part of the first list, or of the store when the listener
   *     was added later
   */
  void added(T object, boolean initial);

  /** An object of the same uid has another state than before. */
  void updated(T before, T after);

  /** An object is gone, or no longer selected. {@code lastState} is the last state that was seen. */
  void deleted(T lastState);

  /** The store is complete for the first time; all {@code initial} objects have been told. */
  default void synced() {}

  /** An object could not be decoded; if it is in the store, its state there is now an old one. */
  default void undecodable(Undecodable object) {}

  /** A list failed, or a watch ended other than by the server's choice; it is tried again by itself. */
  default void failed(RetrieveException cause) {}
}
