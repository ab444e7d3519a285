package io.kooper.controller;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.kooper.informer.KeyListener;
import io.kooper.informer.State;
import io.kooper.informer.State.Read;
import io.kooper.informer.Store;
import io.kooper.metrics.ControllerMetrics;
import io.kooper.metrics.EventType;
import io.kooper.queue.Lane;
import io.kooper.queue.WorkQueue;
import io.kooper.retrieve.ObjectKey;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * What the handler was told of each key. What it still has to be told is found by comparing that with the store.
 *
 * <p>Invariant: a delete is told for exactly the uid last given to {@code add}, once, before a successor of the same name
 * is given to {@code add}, and never for an object that is in the store.
 *
 * <p>The informer's thread changes the store first and notifies then. A worker that reads the store in between neither adds a
 * successor before the old object's delete, nor deletes an object that is being re-added: it leaves the key, which the
 * notification adds to the queue again. Once the queue is shut down it refuses that: then the worker tells the delete, with
 * the state last told.
 */
final class Ledger<T extends HasMetadata> implements KeyListener<T> {

  /**
   * One call to make: with the current state of an object, or with the last state of one that is gone.
   *
   * @param object of that state
   * @param before what was told before, or null
   */
  record Delivery<T extends HasMetadata>(
      State<T> state, T object, boolean delete, EventType type, @Nullable State<T> before) {}

  /** How a call has ended. */
  enum Verdict { SUCCEEDED, POSTPONED, FAILED, REFUSED, NOT_CALLED }

  /** What is known of a key that was told. Guarded by lock. */
  private static final class Entry<T extends HasMetadata> {

    /** The state last given to add. */
    State<T> told;

    /** The last state of that object if it is gone and its delete was not taken. */
    @Nullable State<T> gone;

    /** Consecutive failures. */
    int failures;

    /** What kind of call the last failure was. */
    EventType failed = EventType.ADD;

    /** Whether the handler refused the told state for good; it is not told again. */
    boolean refused;

    /** Whether the handler asked to be called again. */
    boolean asked;

    Entry(State<T> told) {
      this.told = told;
    }

    boolean isOf(@Nullable State<T> state) {
      return state != null && told.isOfSameObject(state);
    }
  }

  /** The longest that a change of a key whose handler fails has to wait: a loop of own writes and failures is slowed. */
  static final Duration LONGEST_CHANGE_DELAY = Duration.ofSeconds(1);
  private static final Duration SHORTEST_CHANGE_DELAY = Duration.ofMillis(5); // as the rate limiter's

  private final Store<T> store;
  private final WorkQueue<ObjectKey> queue;
  private final ControllerMetrics metrics;
  private final ReentrantLock lock = new ReentrantLock();

  /** Keys whose state was given to add, until the delete was taken. Guarded by lock. */
  private final Map<ObjectKey, Entry<T>> entries = new HashMap<>();

  /** Whether changes are queued: before a term begins the store alone remembers them, and it forgets what is gone. */
  private volatile boolean begun;

  Ledger(Store<T> store, WorkQueue<ObjectKey> queue, ControllerMetrics metrics) {
    this.store = store;
    this.queue = queue;
    this.metrics = metrics;
  }

  /** A term begins: all objects are queued, and from now on each change. */
  void begin() {
    begun = true; // first: what changes from now on is queued for itself, what changed before is in the store
    store.keys().forEach(key -> enqueue(key, EventType.ADD, Lane.RESYNC, 0));
  }

  /** A term is over: forgets all that was told, since another process leads now and tells it again. No handler runs. */
  void reset() {
    begun = false;
    lock.lock();
    try {
      entries.clear();
    } finally {
      lock.unlock();
    }
  }

  // the informer's side

  @Override
  public void changed(ObjectKey key, @Nullable State<T> gone, boolean initial) {
    State<T> now = store.state(key).orElse(null);
    boolean newlyGone = false;
    boolean known = false;
    int failures = 0;
    lock.lock();
    try {
      Entry<T> entry = entries.get(key);
      if (entry != null) {
        known = entry.isOf(now);
        newlyGone = !known && entry.gone == null;
        failures = entry.failures;
        if (known) {
          entry.gone = null; // it was only out of the selection, and is back
        } else if (entry.isOf(gone)) {
          entry.gone = gone;
        } else if (newlyGone) {
          entry.gone = entry.told;
        }
        entry.asked &= known; // it was asked for the object; what is told next is the delete
      }
    } finally {
      lock.unlock();
    }
    if (newlyGone) { // at once, though the handler failed before: nobody causes deletes in a loop
      enqueue(key, EventType.DELETE, Lane.CHANGE, 0);
    }
    if (now != null && begun) {
      enqueue(key, known ? EventType.UPDATE : EventType.ADD, initial ? Lane.RESYNC : Lane.CHANGE, failures);
    }
  }

  @Override
  public void missed(boolean initial) {
    Set<ObjectKey> keys = new HashSet<>(store.keys());
    lock.lock();
    try {
      entries.forEach((key, entry) -> {
        if (entry.gone == null && store.state(key).orElse(null) == entry.told) {
          keys.remove(key);
        } else {
          keys.add(key);
        }
      });
    } finally {
      lock.unlock();
    }
    keys.forEach(key -> changed(key, null, initial));
  }

  /** A handler that writes to the object and fails must not make a hot loop of that. */
  private void enqueue(ObjectKey key, EventType type, Lane lane, int failures) {
    Duration delay = failures == 0 ? Duration.ZERO : SHORTEST_CHANGE_DELAY.multipliedBy(1L << Math.min(failures, 10));
    if (queue.addAfter(key, delay.compareTo(LONGEST_CHANGE_DELAY) < 0 ? delay : LONGEST_CHANGE_DELAY, lane)) {
      metrics.queued(type);
    }
  }

  // the workers' side

  /**
   * The call to make for this key now; null when there is none, or nothing that can be bound. The caller has the key from the
   * queue. Objects are bound before the lock is taken or after it was given back: that is code of users.
   */
  @Nullable Delivery<T> next(ObjectKey key) {
    while (true) {
      State<T> now = store.state(key).orElse(null);
      Read<T> read = now == null ? null : now.read();
      State<T> gone;
      State<T> told;
      EventType type;
      lock.lock();
      try {
        if (store.state(key).orElse(null) != now) {
          continue; // it has changed meanwhile
        }
        Entry<T> entry = entries.get(key);
        if (entry == null || entry.isOf(now)) {
          return read == null ? null : current(key, entry, read);
        }
        // without the informer's word the last state is not known; but a queue that is shut down would refuse what it says
        gone = entry.gone == null && queue.isShutDown() ? entry.told : entry.gone;
        if (gone == null) {
          return null;
        }
        told = entry.told;
        type = entry.asked ? EventType.REQUEUE : EventType.DELETE;
        entry.asked = false;
      } finally {
        lock.unlock();
      }
      Read<T> last = gone.read();
      return new Delivery<>(gone, last == null ? told.get() : last.object(), true, type, told);
    }
  }

  /** With the lock held. */
  private @Nullable Delivery<T> current(ObjectKey key, @Nullable Entry<T> entry, Read<T> read) {
    State<T> now = read.state();
    if (entry == null) {
      entries.put(key, new Entry<>(now));
      return new Delivery<>(now, read.object(), false, EventType.ADD, null);
    }
    entry.gone = null; // it is back, and the informer is about to say so
    State<T> before = entry.told;
    if (now == before && entry.refused) {
      return null;
    }
    EventType again = entry.failures > 0 && entry.failed != EventType.DELETE ? entry.failed
        : entry.asked ? EventType.REQUEUE : EventType.RESYNC;
    entry.told = now;
    entry.refused = false;
    entry.asked = false;
    return new Delivery<>(now, read.object(), false, now == before ? again : EventType.UPDATE, before);
  }

  /** Notes how a call has ended; returns the key's consecutive failures. Allocates nothing. */
  int settle(ObjectKey key, Delivery<T> delivery, Verdict verdict) {
    lock.lock();
    try {
      Entry<T> entry = entries.get(key);
      if (entry == null) {
        return 0;
      }
      if (verdict == Verdict.NOT_CALLED) {
        if (!delivery.delete && entry.told == delivery.state) {
          untell(key, entry, delivery.before);
        }
      } else if (delivery.delete && (verdict == Verdict.SUCCEEDED || verdict == Verdict.REFUSED)) {
        entries.remove(key);
        return 0;
      } else if (verdict == Verdict.FAILED || verdict == Verdict.REFUSED) { // a loop of own writes is slowed in both cases
        entry.failures += entry.failures < Integer.MAX_VALUE ? 1 : 0;
        entry.failed = delivery.type;
        entry.refused = verdict == Verdict.REFUSED;
      } else {
        entry.failures = 0;
        entry.asked |= verdict == Verdict.POSTPONED && (delivery.delete || entry.gone == null); // else the delete comes at once
      }
      return entry.failures;
    } finally {
      lock.unlock();
    }
  }

  private void untell(ObjectKey key, Entry<T> entry, @Nullable State<T> before) {
    if (before == null) {
      entries.remove(key);
    } else {
      entry.told = before;
    }
  }

  /** Whether there is an object of this name that has not been told in any state. */
  boolean isUntold(ObjectKey key) {
    lock.lock();
    try {
      return !entries.containsKey(key) && store.state(key).isPresent();
    } finally {
      lock.unlock();
    }
  }

  /** The key's consecutive failures. */
  int failures(ObjectKey key) {
    lock.lock();
    try {
      Entry<T> entry = entries.get(key);
      return entry == null ? 0 : entry.failures;
    } finally {
      lock.unlock();
    }
  }

  /**
   * Whether a resync is to call this key: there is something to tell, and no call is on its way that was asked for, or is a
   * retry. A delete that never failed is waiting for a worker.
   */
  boolean isResynced(ObjectKey key, int retries) {
    lock.lock();
    try {
      Entry<T> entry = entries.get(key);
      return entry == null ? store.state(key).isPresent()
          : !entry.asked && (entry.failures == 0 || entry.failures > retries)
              && (entry.gone == null ? store.state(key).isPresent() : entry.failures > 0);
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
      entries.forEach((key, entry) -> {
        if (entry.gone != null) {
          keys.add(key);
        }
      });
    } finally {
      lock.unlock();
    }
    return List.copyOf(keys);
  }
}
