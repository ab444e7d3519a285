package io.kooper.informer;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.kooper.retrieve.ObjectKey;
import io.kooper.retrieve.RetrieveException;
import io.kooper.retrieve.Undecodable;
import org.jspecify.annotations.Nullable;

/**
 * Hears which key of an informer's store has changed, after it was changed; it reads the store for the rest. It is what a work
 * queue needs: nothing is bound, and nothing is kept for a listener that fails.
 *
 * <p>Called one call at a time, on the informer's thread; it must not block. What it throws, an {@code Error} too, is logged,
 * and {@link #missed} is called within half a minute.
 *
 * @param <T> the type of the objects
 */
public interface KeyListener<T extends HasMetadata> {

  /** How a change was seen. A list may have merged several. */
  enum Origin { FIRST_LIST, LIST, EVENT }

  /**
   * The store has another state of this key than before, or none any more.
   *
   * @param gone the last state of an object that was deleted or left the selection; null if none was
   * @param origin {@code FIRST_LIST} also for what was in the store before the listener was added
   */
  void changed(ObjectKey key, @Nullable State<T> gone, Origin origin);

  /**
   * Some changes may not have been told: compare what you know with the store.
   *
   * @param origin {@code FIRST_LIST} if the listener has just been added, or the first list is complete
   */
  void missed(Origin origin);

  /** The store has dropped an object whose shards are not kept any more: nothing has happened to the object. */
  default void dropped(ObjectKey key) {}

  /** The store is complete for the first time, and all of it has been told. */
  default void synced() {}

  /** An object could not be decoded; if it is in the store, it is read in an earlier state. */
  default void undecodable(Undecodable object) {}

  /** A list failed, or a watch ended other than by the server's choice; it is tried again by itself. */
  default void failed(RetrieveException cause) {}
}
