package io.kooper.controller;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.kooper.clock.Clock;
import io.kooper.controller.Causes.Cause;
import io.kooper.controller.Causes.Change;
import io.kooper.controller.OwnWrites.Write;
import io.kooper.controller.Projection.Hash;
import io.kooper.informer.KeyListener;
import io.kooper.informer.State;
import io.kooper.informer.State.Read;
import io.kooper.informer.Store;
import io.kooper.internal.Hook;
import io.kooper.internal.Log;
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
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What the handler was told of each key. What it still has to be told is found by comparing that with the store.
 *
 * <p>Invariant: a delete is told for exactly the uid last given to {@code add}, once, before a successor of the same name
 * is given to {@code add}, and never for an object that is in the store.
 *
 * <p>The informer's thread changes the store first and notifies then. A worker that reads the store in between neither adds a
 * successor before the old object's delete, nor deletes an object that is being re-added: it leaves the key, which the
 * notification adds to the queue again. A queue that is shut down would refuse that: so a stop first adds the key again, and
 * then the worker tells the delete, with the state last told.
 *
 * <p>Invariant: a key is called for its told state only if somebody has asked for that, and whoever asks is noted before the key
 * is added to the queue.
 */
final class Ledger<T extends HasMetadata> implements KeyListener<T> {

  private static final Log log = Log.of(Ledger.class);

  /**
   * One call to make: with the current state of an object, or with the last state of one that is gone.
   *
   * @param object of that state
   * @param attempt 1, and one more for each consecutive failure
   * @param before what was told before, or null
   */
  record Delivery<T extends HasMetadata>(State<T> state, T object, boolean delete, EventType type, int attempt,
      @Nullable State<T> before, @Nullable Hash hash, List<String> reasons) {}

  /** How a call has ended. */
  enum Verdict { SUCCEEDED, POSTPONED, FAILED, REFUSED, NOT_CALLED }

  /** A change of a key whose handler fails waits, since the handler may have made it; in milliseconds. */
  private static final long SHORTEST_DELAY = 5; // as the rate limiter's
  private static final long LONGEST_DELAY = 1_000;

  private static final List<String> ADDED = List.of("added");

  private final String name;
  private final Object informer; // what own writes of this kind are told by
  private final Store<T> store;
  private final WorkQueue<ObjectKey> queue;
  private final CallFilter<T> filter;
  private final Hook<ControllerMetrics> metrics;
  private final Clock clock;

  /** What is in a term. Before that the store alone remembers changes, and it forgets what is gone. */
  private final Predicate<ObjectKey> ours;

  // guarded by this, which nobody holds while something blocks or code of users runs

  /** Keys whose state was given to add, until the delete was taken. */
  private final Map<ObjectKey, Entry<T>> entries = new HashMap<>();

  /** Why else a key is to be called; only of keys that are in the queue or in flight. */
  private final Map<ObjectKey, Causes> reasons = new HashMap<>();

  private final Holds holds;

  /** @param ours whether a key is this controller's affair: of others' nothing is queued or remembered */
  Ledger(String name, Object informer, Store<T> store, WorkQueue<ObjectKey> queue, CallFilter<T> filter,
      Hook<ControllerMetrics> metrics, Predicate<ObjectKey> ours, Clock clock) {
    this.name = name;
    this.informer = informer;
    this.store = store;
    this.queue = queue;
    this.filter = filter;
    this.metrics = metrics;
    this.ours = ours;
    this.clock = clock;
    this.holds = new Holds(queue, filter.minInterval(), clock);
  }

  /** A term begins: all objects of which {@code which} holds are queued. Those are ours by now, so each change is as well. */
  void begin(Predicate<ObjectKey> which) {
    store.keys().stream().filter(which).forEach(key -> enqueue(key, EventType.ADD, Lane.RESYNC, 0));
  }

  /** A term is over: forgets what these keys were told, since another process tells it again. No handler runs for them. */
  synchronized void reset(Predicate<ObjectKey> which) {
    entries.keySet().removeIf(which);
    reasons.keySet().removeIf(which);
    holds.reset(which);
  }

  // what asks for calls

  @Override
  public void changed(ObjectKey key, @Nullable State<T> gone, Origin origin) {
    State<T> now = store.state(key);
    boolean newlyGone = false;
    boolean known = false;
    int failures = 0;
    synchronized (this) {
      Entry<T> entry = entries.get(key);
      if (entry != null) {
        known = entry.isOf(now);
        newlyGone = entry.changed(now, gone, origin);
        failures = entry.failures;
      }
      if (now == null) {
        forgetIfUntold(key, entry);
      }
    }
    if (newlyGone) { // at once, though the handler failed before: nobody causes deletes in a loop
      enqueue(key, EventType.DELETE, Lane.CHANGE, 0);
    }
    if (now != null && ours.test(key)) {
      EventType type = known ? EventType.UPDATE : EventType.ADD;
      enqueue(key, type, origin == Origin.FIRST_LIST ? Lane.RESYNC : Lane.CHANGE, failures);
    }
  }

  /** Nothing is remembered of a key without an object and a handler that knows of one. */
  private void forgetIfUntold(ObjectKey key, @Nullable Entry<T> entry) {
    holds.pause(key, false);
    if (entry == null) {
      reasons.remove(key);
      holds.look(key);
    }
  }

  @Override
  public void missed(Origin origin) {
    Set<ObjectKey> keys = new HashSet<>(store.keys());
    List<ObjectKey> gone = new ArrayList<>();
    synchronized (this) {
      entries.forEach((key, entry) -> {
        if (entry.gone == null && store.state(key) == entry.told) {
          keys.remove(key);
        } else {
          keys.add(key);
        }
        if (entry.gone != null) {
          gone.add(key);
        }
      });
      keys.addAll(reasons.keySet());
      keys.addAll(holds.paused);
    }
    gone.forEach(key -> enqueue(key, EventType.DELETE, Lane.CHANGE, 0)); // to queue it may be what failed
    keys.forEach(key -> changed(key, null, origin));
  }

  /** A related object of this key has changed. */
  void related(ObjectKey key, String text, Change change, Origin origin) {
    OwnWrites own = origin == Origin.EVENT ? own(key) : null;
    if (own != null && own.changes().contains(change)) {
      wake(key);
    } else {
      call(key, new Cause(EventType.RELATED, text, origin == Origin.EVENT ? change : null));
    }
  }

  /** What the key waits for may have come. */
  void wake(ObjectKey key) {
    boolean wakes;
    synchronized (this) {
      wakes = holds.wakes(key);
    }
    if (wakes) {
      queue.add(key, Lane.CHANGE);
    }
  }

  /** Whether a call for this key will follow: there is such an object, and a term. */
  boolean call(ObjectKey key, Cause cause) {
    if (!ours.test(key) || store.state(key) == null) {
      return false;
    }
    int failures;
    synchronized (this) {
      if (!ours.test(key)) { // it was let go meanwhile, and is forgotten
        return false;
      }
      reasons.computeIfAbsent(key, k -> new Causes()).add(cause);
      failures = failures(key);
    }
    return enqueue(key, cause.type(), Lane.CHANGE, failures);
  }

  /** A resync's time has come: adds the key to the queue if there is something to tell, and no other call is on its way. */
  void resync(ObjectKey key, int retries) {
    synchronized (this) {
      Entry<T> entry = entries.get(key);
      boolean present = store.state(key) != null;
      if (!ours.test(key) || !(entry == null ? present : entry.resyncs(present, retries))) {
        return; // it may have been let go since the round began
      }
    }
    enqueue(key, EventType.RESYNC, Lane.RESYNC, 0);
  }

  /** Before the queue is shut down: a stop does not wait, and what is held back is handled now. */
  void release() {
    List<ObjectKey> keys;
    synchronized (this) {
      keys = holds.release();
    }
    keys.forEach(key -> queue.add(key, Lane.CHANGE));
  }

  private boolean enqueue(ObjectKey key, EventType type, Lane lane, int failures) {
    long delay = failures == 0 ? 0 : Math.min(LONGEST_DELAY, SHORTEST_DELAY << Math.min(failures, 10));
    boolean taken = queue.addAfter(key, Duration.ofMillis(delay), lane);
    if (taken) {
      metrics.tell(told -> told.queued(type));
    }
    return taken;
  }

  // the workers' side

  /**
   * The call to make for this key now; null when there is none, or nothing that can be bound. The caller has the key from the
   * queue. Objects are bound before the lock is taken or after it was given back: that is code of users.
   */
  @Nullable Delivery<T> next(ObjectKey key) {
    State<T> now = store.state(key);
    while (true) {
      if (now != null && !filter.ready().test(key)) {
        synchronized (this) {
          holds.hold(key, Holds.NOT_READY);
        }
        return null;
      }
      long untilSeen = untilOwnWritesAreSeen(key);
      Read<T> read = now == null ? null : now.read();
      CallFilter.Verdict verdict = read == null ? null : filter.of(key, read.object());
      State<T> gone;
      State<T> told;
      EventType type;
      int attempt;
      synchronized (this) {
        State<T> newest = store.state(key);
        if (newest != now) { // it has changed meanwhile
          now = newest;
          continue;
        }
        holds.look(key);
        Entry<T> entry = entries.get(key);
        if (entry == null && now == null) {
          forgetIfUntold(key, null);
        }
        if (entry == null || entry.isOf(now)) {
          return read == null || verdict == null ? null : current(key, entry, read, verdict, untilSeen);
        }
        // without the informer's word the last state is not known; but a stop does not wait for it
        gone = entry.gone == null && holds.stopping() ? entry.told : entry.gone;
        if (gone == null) {
          holds.hold(key);
          return null;
        }
        if (!entry.given) {
          entries.remove(key);
          continue; // the handler has never heard of it; of its successor it will
        }
        told = entry.told;
        type = entry.asked ? EventType.REQUEUE : EventType.DELETE;
        attempt = entry.failures + 1;
        entry.asked = false;
        reasons.remove(key);
      }
      Read<T> last = gone.read();
      T object = last == null ? told.get() : last.object();
      return new Delivery<>(gone, object, true, type, attempt, told, null, List.of("deleted"));
    }
  }

  /** How long the key still waits for what its last call has written, in nanoseconds. Logs, so it is called without the lock. */
  private long untilOwnWritesAreSeen(ObjectKey key) {
    OwnWrites own = own(key);
    long left = own == null ? 0 : own.left(clock.nanoTime());
    if (left < 0) {
      log.info("{}: {} was called again though after {} its informer has not seen what its last call wrote: {}", name, key,
          OwnWrites.LONGEST, own);
    }
    return left;
  }

  private synchronized @Nullable OwnWrites own(ObjectKey key) {
    Entry<T> entry = entries.get(key);
    return entry == null ? null : entry.own;
  }

  /** The call for the current state of an object; null when there is none, or not yet. With the lock held. */
  private @Nullable Delivery<T> current(ObjectKey key, @Nullable Entry<T> entry, Read<T> read, CallFilter.Verdict verdict,
      long untilSeen) {
    holds.pause(key, verdict.paused());
    if (entry == null) {
      if (verdict.paused()) {
        return null;
      }
      entries.put(key, new Entry<>(read.state()));
      reasons.remove(key);
      return new Delivery<>(read.state(), read.object(), false, EventType.ADD, 1, null, verdict.hash(), ADDED);
    }
    entry.wasPaused |= verdict.paused();
    if (verdict.paused() || holds.holds(key, entry, untilSeen)) {
      return null;
    }
    boolean own = verdict.settled() && entry.isOwn(informer, key, read.state());
    Delivery<T> delivery = entry.deliver(read, verdict.hash(), own, reasons.get(key));
    reasons.remove(key);
    return delivery;
  }

  /** The handler is called with the object of this key now. */
  synchronized void given(ObjectKey key) {
    Entry<T> entry = entries.get(key);
    if (entry != null) {
      entry.given = true;
    }
  }

  /** Notes how a call has ended; returns the key's consecutive failures. */
  synchronized int settle(ObjectKey key, Delivery<T> delivery, Verdict verdict, List<Write> writes) {
    OwnWrites own = writes.isEmpty() ? null : new OwnWrites(writes, clock.nanoTime());
    Entry<T> entry = entries.get(key);
    if (entry == null) {
      return 0;
    }
    boolean known = entry.settle(delivery, verdict, own, own != null && own.isOf(informer, key), clock.nanoTime());
    if (!known || delivery.delete && (verdict == Verdict.SUCCEEDED || verdict == Verdict.REFUSED)) {
      entries.remove(key);
      return 0;
    }
    if (own != null && entry.failures == 0) { // what the watch brought of them while the call ran asks for no other one
      reasons.computeIfPresent(key, (same, why) -> why.without(own.changes()));
    }
    return entry.failures;
  }

  // figures

  /** Whether there is an object of this name that has not been told in any state. */
  synchronized boolean isUntold(ObjectKey key) {
    return !entries.containsKey(key) && store.state(key) != null;
  }

  /** The key's consecutive failures. */
  synchronized int failures(ObjectKey key) {
    Entry<T> entry = entries.get(key);
    return entry == null ? 0 : entry.failures;
  }

  /** Keys whose last call failed. */
  synchronized int failing() {
    return (int) entries.values().stream().filter(entry -> entry.failures > 0).count();
  }

  /** Keys whose object is paused. */
  synchronized int paused() {
    return holds.paused.size();
  }

  /** All keys there is something to tell of: objects, and deletes that have not been taken. None between two terms. */
  List<ObjectKey> keys() {
    Set<ObjectKey> keys = store.keys().stream().filter(ours).collect(Collectors.toCollection(HashSet::new));
    synchronized (this) {
      entries.entrySet().stream().filter(one -> one.getValue().gone != null).forEach(one -> keys.add(one.getKey()));
    }
    return List.copyOf(keys);
  }
}
