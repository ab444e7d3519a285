package io.kooper.informer;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.kooper.retrieve.RetrieveException;
import io.kooper.retrieve.Undecodable;

/**
 * As {@link InformerListener}, for who reads the objects later or not at all: nothing is bound to notify it. It is notified
 * before the {@code InformerListener}s are, on the informer's thread, and must not block.
 *
 * @param <T> the type of the objects
 */
public interface StateListener<T extends HasMetadata> {

  /** An object is new in the store; {@code initial} if it was there before this listener. */
  void added(State<T> state, boolean initial);

  /** An object of the same uid has another state than before. */
  void updated(State<T> before, State<T> after);

  /** An object is gone, or no longer selected; this is the last state that was seen. */
  void deleted(State<T> lastState);

  /** The store is complete for the first time; all {@code initial} objects have been told. */
  default void synced() {}

  /** An object could not be decoded; if it is in the store, it is read in an earlier state. */
  default void undecodable(Undecodable object) {}

  /** A list failed, or a watch ended other than by the server's choice; it is tried again by itself. */
  default void failed(RetrieveException cause) {}
}
