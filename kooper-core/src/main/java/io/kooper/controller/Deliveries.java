package io.kooper.controller;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.kooper.informer.InformerListener;
import io.kooper.informer.Store;
import io.kooper.queue.Lane;
import io.kooper.queue.WorkQueue;
import io.kooper.retrieve.ObjectKey;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * What the handler was told and what it still has to be told: the memory between informer and workers.
 *
 * <p>Invariant: a delete is told for exactly the uid last given to {@code add}, once, before a successor of the same name
 * is given to {@code add}, and never for an object that is in the store.
 *
 * <p>A worker reads the store and writes down what it tells under the lock; the informer's thread changes the store first
 * and takes the lock then. So either the worker saw the object and the informer finds it told, or the worker saw that it
 * was gone.
 */
final class Deliveries<T extends HasMetadata> implements InformerListener<T> {

  /** One thing to tell: the current state of an object, or the last state of one that is gone. */
  record Delivery<T>(T object, boolean delete) {}

  /** The longest that a change of a key whose handler fails has to wait: a loop of own writes and failures is slowed. */
  static final Duration LONGEST_CHANGE_DELAY = Duration.ofSeconds(1);
  private static final Duration SHORTEST_CHANGE_DELAY = Duration.ofMillis(5); // as the rate limiter's

  private final Store<T> store;
  private final WorkQueue<ObjectKey> queue;
  private final ReentrantLock lock = new ReentrantLock();

  /** The uid last given to add, of keys whose delete has not been told. Guarded by lock. */
  private final Map<ObjectKey, String> told = new HashMap<>();

  /** The last state of objects that were told and are gone. Guarded by lock; a subset of told. */
  private final Map<ObjectKey, T> tombstones = new HashMap<>();

  /** The state that a handler refused for good; it is not told again. Guarded by lock. */
  private final Map<ObjectKey, T> refused = new HashMap<>();

  /** Failures since the last success. Written by the worker that has the key. */
  private final Map<ObjectKey, Integer> failures = new ConcurrentHashMap<>();

  Deliveries(Store<T> store, WorkQueue<ObjectKey> queue) {
    this.store = store;
    this.queue = queue;
  }

  // the informer's side

  @Override
  public void added(T object, boolean initial) {
    ObjectKey key = ObjectKey.of(object);
    lock.lock();
    try {
      T gone = tombstones.get(key);
      if (gone != null && uid(gone).equals(uid(object))) {
        tombstones.remove(key); // it was only out of the selection, and is back
      }
    } finally {
      lock.unlock();
    }
    enqueue(key, initial ? Lane.RESYNC : Lane.CHANGE);
  }

  @Override
  public void updated(T before, T after) {
    enqueue(ObjectKey.of(after), Lane.CHANGE);
  }

  @Override
  public void deleted(T lastState) {
    ObjectKey key = ObjectKey.of(lastState);
    lock.lock();
    try {
      if (!uid(lastState).equals(told.get(key))) {
        return; // the handler never heard of it
      }
      tombstones.put(key, lastState);
    } finally {
      lock.unlock();
    }
    enqueue(key, Lane.CHANGE);
  }

  private void enqueue(ObjectKey key, Lane lane) {
    Integer failed = failures.get(key);
    if (failed == null) {
      queue.add(key, lane);
    } else {
      Duration delay = SHORTEST_CHANGE_DELAY.multipliedBy(1L << Math.min(failed, 10));
      queue.addAfter(key, delay.compareTo(LONGEST_CHANGE_DELAY) < 0 ? delay : LONGEST_CHANGE_DELAY, lane);
    }
  }

  // the workers' side

  /** What to tell of this key now; null when there is nothing. The caller has the key from the queue. */
  @Nullable Delivery<T> next(ObjectKey key) {
    lock.lock();
    try {
      T gone = tombstones.get(key);
      if (gone != null) {
        return new Delivery<>(gone, true);
      }
      T object = store.get(key).orElse(null);
      if (object == null) {
        refused.remove(key);
        failures.remove(key);
        queue.forget(key);
        return null;
      }
      if (object == refused.get(key)) {
        return null;
      }
      refused.remove(key);
      told.put(key, uid(object));
      return new Delivery<>(object, false);
    } finally {
      lock.unlock();
    }
  }

  /** The handler has taken it. */
  void succeeded(ObjectKey key, Delivery<T> delivery) {
    failures.remove(key);
    if (!delivery.delete()) {
      return;
    }
    lock.lock();
    try {
      tombstones.remove(key);
      told.remove(key);
      refused.remove(key);
    } finally {
      lock.unlock();
    }
    if (store.get(key).isPresent()) {
      queue.add(key, Lane.CHANGE); // its successor has waited for this
    }
  }

  /** The handler has taken it and wants to be told again later: a delete is not over. */
  void postponed(ObjectKey key, Delivery<T> delivery) {
    if (delivery.delete()) {
      failures.remove(key);
    } else {
      succeeded(key, delivery);
    }
  }

  /** The handler does not want to hear of this state again. */
  void refused(ObjectKey key, Delivery<T> delivery) {
    succeeded(key, delivery);
    if (!delivery.delete()) {
      lock.lock();
      try {
        refused.put(key, delivery.object());
      } finally {
        lock.unlock();
      }
    }
  }

  /** The handler has failed; returns how often in a row by now. */
  int failed(ObjectKey key) {
    return failures.merge(key, 1, (n, one) -> n == Integer.MAX_VALUE ? n : n + one);
  }

  /** How often in a row the handler has failed for this key. */
  int failures(ObjectKey key) {
    return failures.getOrDefault(key, 0);
  }

  /** All keys there is something to tell of: objects, and deletes that have not been taken. */
  List<ObjectKey> keys() {
    List<ObjectKey> keys = new ArrayList<>(store.keys());
    lock.lock();
    try {
      keys.addAll(tombstones.keySet());
    } finally {
      lock.unlock();
    }
    return keys;
  }

  private static String uid(HasMetadata object) {
    return Objects.requireNonNullElse(object.getMetadata().getUid(), "");
  }
}
