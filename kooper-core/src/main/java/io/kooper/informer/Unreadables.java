package io.kooper.informer;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.kooper.internal.Hook;
import io.kooper.internal.Log;
import io.kooper.metrics.InformerMetrics;
import io.kooper.retrieve.ObjectKey;
import io.kooper.retrieve.Undecodable;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.jspecify.annotations.Nullable;

/**
 * The objects whose newest state cannot be bound. Some are found out when they arrive and are kept out of the store; the others
 * when they are read from there, on the reader's thread.
 */
final class Unreadables<T extends HasMetadata> {

  private static final Log log = Log.of(Informer.class);

  private enum Found { ON_ARRIVAL, WHEN_READ }

  private final String name;
  private final ObjectStore<T> store;
  private final Hook<InformerMetrics> metrics;

  /** Bounded by the number of objects. */
  private final Map<ObjectKey, Found> keys = new ConcurrentHashMap<>();

  /** Found by readers, for the listeners, which hear of it on the informer's thread. Bounded by the number of states. */
  private final Queue<Undecodable> found = new ConcurrentLinkedQueue<>();

  Unreadables(String name, ObjectStore<T> store, Hook<InformerMetrics> metrics) {
    this.name = name;
    this.store = store;
    this.metrics = metrics;
  }

  Set<ObjectKey> keys() {
    return Set.copyOf(keys.keySet());
  }

  boolean has(ObjectKey key) {
    return keys.containsKey(key);
  }

  // on the informer's thread

  /** The newest state of this key cannot be bound, and is not in the store. */
  void keptOut(ObjectKey key) {
    keys.put(key, Found.ON_ARRIVAL);
  }

  /** The newest state of this key is in the store, or there is none. */
  void stored(ObjectKey key, @Nullable State<T> newest) {
    if (newest == null || newest.isReadable()) {
      keys.remove(key);
    } else { // whether it is better than the one before is found out when it is read
      keys.replace(key, Found.WHEN_READ);
    }
  }

  /** These are the newest states of all keys of a part of the store. */
  void replace(String part, Map<ObjectKey, State<T>> newest) {
    keys.keySet().stream().filter(key -> part.equals(store.partOf(key))).forEach(key -> stored(key, newest.get(key)));
  }

  /** What readers have found, one at a time; null when that is all. */
  @Nullable Undecodable nextFound() {
    return found.poll();
  }

  void log(Undecodable object) {
    log(object, object.key() != null && keys.containsKey(object.key()));
  }

  // on any thread

  /** A state was bound for the first time. */
  void readable(State<?> state) {
    if (!keys.isEmpty() && store.state(state.key()) == state) {
      keys.remove(state.key(), Found.WHEN_READ);
    }
  }

  /** A state cannot be bound. */
  void unreadable(State<?> state, Undecodable object) {
    if (store.state(state.key()) != state) {
      return; // it has been replaced, by one that may be better
    }
    log(object, keys.putIfAbsent(state.key(), Found.WHEN_READ) != null);
    found.add(object);
    State<?> now = store.state(state.key());
    if (now == null || now != state && now.isReadable()) { // meanwhile
      keys.remove(state.key(), Found.WHEN_READ);
    }
  }

  private void log(Undecodable object, boolean again) {
    metrics.tell(InformerMetrics::undecodable);
    if (again) {
      log.debug("informer {}: still undecodable: {}", name, object);
    } else {
      log.warn("informer {}: undecodable: {}", name, object);
    }
    log.debug("informer {}: why {} is undecodable", name, object.key(), object.cause());
  }
}
