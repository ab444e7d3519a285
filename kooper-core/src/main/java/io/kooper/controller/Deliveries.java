package io.kooper.controller;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.kooper.informer.State;
import io.kooper.informer.State.Read;
import io.kooper.informer.StateListener;
import io.kooper.informer.Store;
import io.kooper.metrics.ControllerMetrics;
import io.kooper.metrics.EventType;
import io.kooper.queue.Lane;
import io.kooper.queue.WorkQueue;
import io.kooper.retrieve.ObjectKey;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * What the handler was told and what it still has to be told: the memory between informer and workers.
 *
 * <p>Invariant: a delete is told for exactly the uid last given to {@code add}, once, before a successor of the same name
 * is given to {@code add}, and never for an object that is in the store.
 *
 * <p>The informer's thread changes the store first and tells of it then. In between, a worker that reads the store must not
 * conclude anything from what has not been told yet: neither tell the successor of an object whose delete is about to
 * come, nor the delete of one that is just coming back. Whoever tells something, or is told something, adds the key to
 * the queue, so waiting for the other loses nothing. Once the queue is shut down it refuses that: then a worker tells the
 * delete, with the state last told.
 */
final class Deliveries<T extends HasMetadata> implements StateListener<T> {

  /**
   * One thing to tell: the current state of an object, or the last state of one that is gone.
   *
   * @param object of that state
   * @param before what was told of it before, or null
   */
  record Delivery<T extends HasMetadata>(
      State<T> state, T object, boolean delete, EventType type, @Nullable State<T> before) {}

  /** Consecutive failures: how many, and of what kind of call the last one was. */
  private record Trouble(int failures, EventType type) {}

  /** The longest that a change of a key whose handler fails has to wait: a loop of own writes and failures is slowed. */
  static final Duration LONGEST_CHANGE_DELAY = Duration.ofSeconds(1);
  private static final Duration SHORTEST_CHANGE_DELAY = Duration.ofMillis(5); // as the rate limiter's

  private final Store<T> store;
  private final WorkQueue<ObjectKey> queue;
  private final ControllerMetrics metrics;
  private final ReentrantLock lock = new ReentrantLock();

  /** The state last given to add, of keys whose delete has not been taken. Guarded by lock. */
  private final Map<ObjectKey, State<T>> told = new HashMap<>();

  /**
   * The last state of objects that were told and are gone; a subset of told, of the same uids. Changed under lock, and only
   * the informer's thread puts: what it does not see here is not here.
   */
  private final Map<ObjectKey, State<T>> tombstones = new ConcurrentHashMap<>();

  /** Keys whose told state the handler refused for good; it is not told again. Guarded by lock; a subset of told. */
  private final Set<ObjectKey> refused = new HashSet<>();

  /** Keys whose handler asked to be called again. Guarded by lock; a subset of told. */
  private final Set<ObjectKey> postponed = new HashSet<>();

  /** Whether changes are queued: before a term begins the store alone remembers them, and it forgets what is gone. */
  private volatile boolean begun;

  /** Failures since the last success. Written by the worker that has the key. */
  private final Map<ObjectKey, Trouble> troubles = new ConcurrentHashMap<>();

  Deliveries(Store<T> store, WorkQueue<ObjectKey> queue, ControllerMetrics metrics) {
    this.store = store;
    this.queue = queue;
    this.metrics = metrics;
  }

  /** A term begins: all objects are queued, and from now on each change. */
  void begin() {
    begun = true; // first: what changes from now on is queued for itself, what changed before is in the store
    store.keys().forEach(key -> enqueue(key, Lane.RESYNC, EventType.ADD));
  }

  // the informer's side

  @Override
  public void added(State<T> state, boolean initial) {
    ObjectKey key = state.key();
    State<T> gone = tombstones.get(key);
    if (gone != null && gone.isOfSameObject(state)) {
      lock.lock();
      try {
        tombstones.remove(key); // it was only out of the selection, and is back
      } finally {
        lock.unlock();
      }
    }
    enqueue(key, initial ? Lane.RESYNC : Lane.CHANGE, EventType.ADD);
  }

  @Override
  public void updated(State<T> before, State<T> after) {
    enqueue(after.key(), Lane.CHANGE, EventType.UPDATE);
  }

  @Override
  public void deleted(State<T> lastState) {
    ObjectKey key = lastState.key();
    lock.lock();
    try {
      State<T> last = told.get(key);
      if (last == null || !last.isOfSameObject(lastState)) {
        return; // the handler never heard of it
      }
      tombstones.put(key, lastState);
      postponed.remove(key); // an add's; what is told next is the delete
    } finally {
      lock.unlock();
    }
    enqueueDelete(key);
  }

  /** The informer has told all there is; after a failure to tell something, once more. What is missing was deleted. */
  @Override
  public void synced() {
    List<ObjectKey> missed = new ArrayList<>();
    lock.lock();
    try {
      told.forEach((key, last) -> {
        State<T> now = store.state(key).orElse(null);
        if ((now == null || !last.isOfSameObject(now)) && tombstones.putIfAbsent(key, last) == null) {
          postponed.remove(key);
          missed.add(key);
        }
      });
    } finally {
      lock.unlock();
    }
    missed.forEach(this::enqueueDelete);
  }

  /** At once, though the handler failed before: nobody causes deletes in a loop. */
  private void enqueueDelete(ObjectKey key) {
    if (queue.add(key, Lane.CHANGE)) {
      metrics.queued(EventType.DELETE);
    }
  }

  /** The key of an object that is there. A handler that writes to it and fails must not make a hot loop of that. */
  private void enqueue(ObjectKey key, Lane lane, EventType type) {
    if (!begun) {
      return;
    }
    Trouble trouble = troubles.get(key);
    boolean taken;
    if (trouble == null) {
      taken = queue.add(key, lane);
    } else {
      Duration delay = SHORTEST_CHANGE_DELAY.multipliedBy(1L << Math.min(trouble.failures, 10));
      taken = queue.addAfter(key, delay.compareTo(LONGEST_CHANGE_DELAY) < 0 ? delay : LONGEST_CHANGE_DELAY, lane);
    }
    if (taken) {
      metrics.queued(type);
    }
  }

  // the workers' side

  /**
   * What to tell of this key now; null when there is nothing, or nothing that can be bound. The caller has the key from the
   * queue. Objects are bound before the lock is taken or after it was given back: that is code of users.
   */
  @Nullable Delivery<T> next(ObjectKey key) {
    while (true) {
      State<T> now = store.state(key).orElse(null);
      Read<T> read = now == null ? null : now.read();
      Gone<T> gone;
      lock.lock();
      try {
        if (store.state(key).orElse(null) != now) {
          continue; // it has changed meanwhile
        }
        gone = gone(key, now);
        if (gone == null && now != null) {
          tombstones.remove(key); // it is back, and the informer is about to say so
          return read == null ? null : current(key, read);
        }
        if (gone == null && told.containsKey(key)) {
          return null; // it is gone, and the informer is about to say so, with its last state
        }
      } finally {
        lock.unlock();
      }
      if (gone != null) {
        return gone.delivery();
      }
      forget(key);
      return null;
    }
  }

  /** A delete to tell, and the states to tell it with: that of the delete if it can be bound. */
  private record Gone<T extends HasMetadata>(State<T> state, State<T> last, EventType type) {

    Delivery<T> delivery() {
      Read<T> read = state.read();
      return new Delivery<>(state, read == null ? last.get() : read.object(), true, type, last);
    }
  }

  /** With the lock held. */
  private @Nullable Gone<T> gone(ObjectKey key, @Nullable State<T> now) {
    State<T> last = told.get(key);
    State<T> gone = tombstones.get(key);
    State<T> missing = gone == null ? last : gone;
    if (last == null || missing == null || now != null && missing.isOfSameObject(now)) {
      return null;
    }
    // without the informer's word its last state is not known; but a queue that is shut down would refuse what it says
    if (gone == null && !queue.isShutDown()) {
      return null;
    }
    return new Gone<>(missing, last, postponed.remove(key) ? EventType.REQUEUE : EventType.DELETE);
  }

  /** With the lock held. */
  private @Nullable Delivery<T> current(ObjectKey key, Read<T> read) {
    State<T> last = told.get(key);
    State<T> now = read.state();
    if (last != null && !last.isOfSameObject(now)) {
      return null; // the one that was told is gone, and the informer is about to say so
    }
    if (now == last && refused.contains(key)) {
      return null;
    }
    refused.remove(key);
    told.put(key, now);
    EventType again = again(key);
    return new Delivery<>(
        now, read.object(), false, last == null ? EventType.ADD : now == last ? again : EventType.UPDATE, last);
  }

  /** What a call is that tells a state again: a retry is what failed, else it was asked for, else it is a resync. */
  private EventType again(ObjectKey key) {
    boolean asked = postponed.remove(key);
    Trouble trouble = troubles.get(key);
    return trouble != null && trouble.type != EventType.DELETE ? trouble.type : asked ? EventType.REQUEUE : EventType.RESYNC;
  }

  /** The handler was not called. */
  void untold(ObjectKey key, Delivery<T> delivery) {
    lock.lock();
    try {
      if (delivery.delete || told.get(key) != delivery.state) {
        return;
      }
      if (delivery.before != null) {
        told.put(key, delivery.before);
      } else {
        told.remove(key);
        tombstones.remove(key);
      }
    } finally {
      lock.unlock();
    }
  }

  /** Whether there is an object of this name that has not been told in any state. */
  boolean isUntold(ObjectKey key) {
    lock.lock();
    try {
      return !told.containsKey(key) && store.state(key).isPresent();
    } finally {
      lock.unlock();
    }
  }

  /** The handler has taken it. */
  void succeeded(ObjectKey key, Delivery<T> delivery) {
    if (delivery.delete()) {
      lock.lock();
      try {
        tombstones.remove(key);
        told.remove(key);
        refused.remove(key);
        postponed.remove(key);
      } finally {
        lock.unlock();
      }
    }
    forget(key);
  }

  /** The handler has taken it and wants to be told again later: a delete is not over. */
  void postponed(ObjectKey key, Delivery<T> delivery) {
    lock.lock();
    try {
      if (delivery.delete || !tombstones.containsKey(key)) { // else the delete comes at once
        postponed.add(key);
      }
    } finally {
      lock.unlock();
    }
    forget(key);
  }

  /** The handler does not want to hear of this state again. For a delete that is its end; for an object it is a failure. */
  void refused(ObjectKey key, Delivery<T> delivery) {
    if (delivery.delete()) {
      succeeded(key, delivery);
      return;
    }
    failed(key, delivery.type);
    lock.lock();
    try {
      refused.add(key);
    } finally {
      lock.unlock();
    }
  }

  /** A term is over: forgets all that was told, since another process leads now and tells it again. No handler runs. */
  void reset() {
    begun = false;
    lock.lock();
    try {
      told.clear();
      tombstones.clear();
      refused.clear();
      postponed.clear();
      troubles.keySet().forEach(queue::forget);
      troubles.clear();
    } finally {
      lock.unlock();
    }
  }

  private void forget(ObjectKey key) {
    troubles.remove(key);
    queue.forget(key);
  }

  /** The handler has failed; returns how often in a row by now. */
  int failed(ObjectKey key, EventType type) {
    Trouble now = troubles.merge(key, new Trouble(1, type),
        (before, one) -> new Trouble(before.failures == Integer.MAX_VALUE ? before.failures : before.failures + 1, type));
    return now.failures;
  }

  /** How often in a row the handler has failed for this key. */
  int failures(ObjectKey key) {
    Trouble trouble = troubles.get(key);
    return trouble == null ? 0 : trouble.failures;
  }

  /**
   * Whether a resync is to call this key: there is something to tell, and no call is on its way that was asked for, or is a
   * retry. A delete that never failed is waiting for a worker.
   */
  boolean isResynced(ObjectKey key, int retries) {
    int failures = failures(key);
    if (failures > 0 && failures <= retries) {
      return false;
    }
    lock.lock();
    try {
      return !postponed.contains(key) && (tombstones.containsKey(key) ? failures > 0 : store.get(key).isPresent());
    } finally {
      lock.unlock();
    }
  }

  /** All keys there is something to tell of: objects, and deletes that have not been taken. None between two terms. */
  List<ObjectKey> keys() {
    if (!begun) {
      return List.of();
    }
    Set<ObjectKey> keys = new HashSet<>(store.keys());
    lock.lock();
    try {
      keys.addAll(tombstones.keySet());
    } finally {
      lock.unlock();
    }
    return List.copyOf(keys);
  }
}
