package io.kooper.informer;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.kooper.internal.Log;
import io.kooper.retrieve.ObjectKey;
import io.kooper.retrieve.RetrieveException;
import io.kooper.retrieve.Undecodable;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One listener, and what it still has to be told. Used under the cache's lock only.
 *
 * <p>A change is noted before the store is changed and struck out after the listener took it. So whatever is thrown, by
 * this listener, by another one or in between, it is told later what it missed: from what it knew to what is so then.
 */
final class Subscription<T extends HasMetadata> {

  private static final Log log = Log.of(Subscription.class);

  /**
   * What the listener knows of a key.
   *
   * @param state the state last told, null for none
   * @param taken false while the listener may or may not know it, since its add or delete was begun and has not succeeded
   */
  private record Known<T extends HasMetadata>(@Nullable State<T> state, boolean taken) {}

  private final String informer;
  private final StateListener<T> listener;
  private final ObjectStore<T> store;
  private final Known<T> nothing = new Known<>(null, true);

  /** The keys to tell of. Bounded by the number of keys, also while the listener refuses everything. */
  private Map<ObjectKey, Known<T>> owed = new LinkedHashMap<>();

  private boolean owesSynced;
  private boolean removed;
  private boolean complained; // since the last time that all owed was tried

  Subscription(String informer, StateListener<T> listener, ObjectStore<T> store) {
    this.informer = informer;
    this.listener = listener;
    this.store = store;
  }

  boolean isOf(InformerListener<? super T> other) {
    return listener instanceof BindingListener<T> binding && binding.isOf(other);
  }

  /** What a state is to this listener; null if it is none. */
  private @Nullable State<T> view(@Nullable State<T> state) {
    return state != null && listener instanceof BindingListener<T> binding ? binding.readable(state) : state;
  }

  void remove() {
    removed = true;
    owed.clear();
  }

  /**
   * This key is about to change.
   *
   * @param before its state until now, null for none
   * @param gone whether the object of that state ceases to be
   */
  void note(ObjectKey key, @Nullable State<T> stored, boolean gone) {
    Known<T> known = owed.get(key);
    if (known != null && !gone) {
      return;
    }
    State<T> before = view(stored);
    if (known == null) {
      owed.put(key, before == null ? nothing : new Known<>(before, true));
    } else if (known.state != null && before != null && known.state.isOfSameObject(before)) {
      owed.put(key, new Known<>(before, known.taken)); // its delete comes with the last state
    }
  }

  /** The store is about to be complete for the first time. */
  void noteSynced() {
    owesSynced = true;
  }

  /** Tells what has become of a key that was noted. */
  void tell(ObjectKey key, boolean initial) {
    Known<T> known = owed.get(key);
    if (known == null) {
      return;
    }
    try {
      State<T> now = view(store.peek(key));
      if (known.state != null && (now == null || !known.state.isOfSameObject(now))) {
        owed.put(key, new Known<>(known.state, false));
        listener.deleted(known.state);
        known = nothing;
        owed.put(key, nothing);
      }
      if (now != null && now != known.state && known.state != null && known.taken) {
        listener.updated(known.state, now);
      } else if (now != null && (known.state == null || !known.taken) && !removed) {
        owed.put(key, new Known<>(now, false));
        listener.added(now, initial);
      }
      owed.remove(key);
    } catch (Throwable t) { // an Error too: the informer must outlive its listeners
      complain(t);
    }
  }

  /** Tells of all keys that were noted; one that the listener refuses does not keep it from hearing of the others. */
  void tellAll(boolean initial) {
    complained = false;
    if (!owed.isEmpty()) {
      List.copyOf(owed.keySet()).forEach(key -> tell(key, initial));
      if (owed.isEmpty()) {
        owed = new LinkedHashMap<>(); // a map keeps the size that a first list gave it
      }
    }
    if (owesSynced && attempt(StateListener::synced)) {
      owesSynced = false;
    }
  }

  void undecodable(Undecodable object) {
    attempt(l -> l.undecodable(object));
  }

  void failed(RetrieveException cause) {
    attempt(l -> l.failed(cause));
  }

  private boolean attempt(Consumer<StateListener<T>> news) {
    if (removed) {
      return false;
    }
    try {
      news.accept(listener);
      return true;
    } catch (Throwable t) { // as above
      complain(t);
      return false;
    }
  }

  private void complain(Throwable t) {
    if (complained) {
      log.debug("informer {}: a listener failed again", informer, t);
    } else {
      complained = true;
      log.error("informer {}: a listener failed; what it missed is told again within half a minute", informer, t);
    }
  }
}
