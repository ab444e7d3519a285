package io.kooper.informer;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.kooper.informer.State.Read;
import io.kooper.retrieve.ObjectKey;
import io.kooper.retrieve.RetrieveException;
import io.kooper.retrieve.Undecodable;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Tells a listener of objects what has changed since it was told last: it compares what was told with what is stored. A state
 * that cannot be bound is none here: the last one that could be stands for it. Used under the cache's lock only.
 */
final class ObjectListener<T extends HasMetadata> implements KeyListener<T> {

  private final InformerListener<? super T> listener;
  private final ObjectStore<T> store;

  /** The state last told of each object, until its delete was taken. */
  private final Map<ObjectKey, State<T>> told = new HashMap<>();

  /** Keys whose add or delete was begun and has failed: the listener may or may not know the object. */
  private final Set<ObjectKey> unsure = new HashSet<>();

  private boolean removed;

  ObjectListener(InformerListener<? super T> listener, ObjectStore<T> store) {
    this.listener = listener;
    this.store = store;
  }

  /** Tells nothing more, if it is this listener that is told; returns whether it is. */
  boolean endIfOf(InformerListener<? super T> other) {
    if (listener == other) {
      removed = true;
      told.clear();
    }
    return listener == other;
  }

  @Override
  public void changed(ObjectKey key, @Nullable State<T> gone, Origin origin) {
    State<T> known = told.get(key);
    State<T> stored = store.state(key);
    Read<T> now = stored == null ? null : stored.read();
    if (known != null && (now == null || !known.isOfSameObject(now.state()))) {
      Read<T> last = gone != null && gone.isOfSameObject(known) ? gone.read() : null;
      State<T> lastState = last == null ? known : last.state();
      told.put(key, lastState); // should it have to be told again
      unsure.add(key);
      listener.deleted(last == null ? lastState.get() : last.object());
      told.remove(key);
      unsure.remove(key);
      known = null;
    }
    if (now == null || now.state() == known && !unsure.contains(key) || removed) {
      return;
    }
    if (known != null && !unsure.contains(key)) {
      listener.updated(known.get(), now.object());
    } else {
      told.put(key, now.state());
      unsure.add(key);
      listener.added(now.object(), origin == Origin.FIRST_LIST);
      unsure.remove(key);
    }
    if (!removed) {
      told.put(key, now.state());
    }
  }

  /** Should its shard come back, it is told as added. */
  @Override
  public void dropped(ObjectKey key) {
    told.remove(key);
    unsure.remove(key);
  }

  /** One key at which the listener fails does not keep it from hearing of the others. */
  @Override
  public void missed(Origin origin) {
    Set<ObjectKey> keys = new HashSet<>(told.keySet());
    keys.addAll(store.keys());
    Throwable failure = null;
    for (ObjectKey key : keys) {
      try {
        changed(key, null, origin);
      } catch (Throwable t) { // the listener is code of users
        failure = t;
      }
    }
    if (failure != null) {
      throw new IllegalStateException("it failed for one object at least", failure);
    }
  }

  @Override
  public void synced() {
    if (!removed) {
      listener.synced();
    }
  }

  @Override
  public void undecodable(Undecodable object) {
    if (!removed) {
      listener.undecodable(object);
    }
  }

  @Override
  public void failed(RetrieveException cause) {
    if (!removed) {
      listener.failed(cause);
    }
  }
}
