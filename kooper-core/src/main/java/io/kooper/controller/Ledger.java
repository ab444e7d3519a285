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
import java.util.concurrent.locks.ReentrantLock;
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
   * @param before what was told before, or null
   */
  record Delivery<T extends HasMetadata>(State<T> state, T object, boolean delete, EventType type, @Nullable State<T> before,
      @Nullable Hash hash, List<String> reasons) {}

  /** How a call has ended. */
  enum Verdict { SUCCEEDED, POSTPONED, FAILED, REFUSED, NOT_CALLED }

  /** The longest that a change of a key whose handler fails has to wait: a loop of own writes and failures is slowed. */
  static final Duration LONGEST_CHANGE_DELAY = Duration.ofSeconds(1);
  private static final Duration SHORTEST_CHANGE_DELAY = Duration.ofMillis(5); // as the rate limiter's

  /** How often it is looked whether the related objects of a key's namespace have been seen. */
  private static final Duration NOT_READY = Duration.ofSeconds(1);

  /** How long a key waits for what its call has written: a watch that works is quicker. */
  static final Duration OWN_WRITES = Duration.ofSeconds(5);

  private final String name;
  private final Object informer; // what own writes of this kind are told by
  private final Store<T> store;
  private final WorkQueue<ObjectKey> queue;
  private final CallFilter<T> filter;
  private final ControllerMetrics metrics;
  private final Clock clock;
  private final ReentrantLock lock = new ReentrantLock();

  /** Keys whose state was given to add, until the delete was taken. Guarded by lock. */
  private final Map<ObjectKey, Entry<T>> entries = new HashMap<>();

  /** Why else a key is to be called; only of keys that are in the queue or in flight. Guarded by lock. */
  private final Map<ObjectKey, Causes> reasons = new HashMap<>();

  /** Keys whose object is paused. Guarded by lock. */
  private final Set<ObjectKey> paused = new HashSet<>();

  /** Keys that wait for the minimum interval, for own writes or for the informer's word. Guarded by lock. */
  private final Set<ObjectKey> held = new HashSet<>();

  /** Whether nothing is held back any more. Guarded by lock. */
  private boolean stopping;

  /** Whether changes are queued: before a term begins the store alone remembers them, and it forgets what is gone. */
  private volatile boolean begun;

  /** Whether a key is this controller's affair: of others' nothing is queued or remembered. */
  private final Predicate<ObjectKey> ours;

  Ledger(String name, Object informer, Store<T> store, WorkQueue<ObjectKey> queue, CallFilter<T> filter,
      ControllerMetrics metrics, Predicate<ObjectKey> ours, Clock clock) {
    this.name = name;
    this.informer = informer;
    this.store = store;
    this.queue = queue;
    this.filter = filter;
    this.metrics = metrics;
    this.ours = ours;
    this.clock = clock;
  }

  /** A term begins: all objects of which {@code which} holds are queued, and from now on each change. */
  void begin(Predicate<ObjectKey> which) {
    begun = true; // first: what changes from now on is queued for itself, what changed before is in the store
    store.keys().stream().filter(which).forEach(key -> enqueue(key, EventType.ADD, Lane.RESYNC, 0));
  }

  /** Nothing is queued before the next term begins. */
  void stop() {
    begun = false;
  }

  /** A term is over: forgets what these keys were told, since another process tells it again. No handler runs for them. */
  void reset(Predicate<ObjectKey> which) {
    lock.lock();
    try {
      entries.keySet().removeIf(which);
      reasons.keySet().removeIf(which);
      paused.removeIf(which);
      held.removeIf(which);
    } finally {
      lock.unlock();
    }
  }

  // what asks for calls

  @Override
  public void changed(ObjectKey key, @Nullable State<T> gone, Origin origin) {
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
          entry.note(origin == Origin.EVENT && now != null ? now.resourceVersion() : null);
        } else if (entry.isOf(gone)) {
          entry.gone = gone;
        } else if (newlyGone) {
          entry.gone = entry.told;
        }
        entry.asked &= known; // it was asked for the object; what is told next is the delete
      }
      if (now == null) {
        forgetIfUntold(key, entry);
      }
    } finally {
      lock.unlock();
    }
    if (newlyGone) { // at once, though the handler failed before: nobody causes deletes in a loop
      enqueue(key, EventType.DELETE, Lane.CHANGE, 0);
    }
    if (now != null && isBegun(key)) {
      EventType type = known ? EventType.UPDATE : EventType.ADD;
      enqueue(key, type, origin == Origin.FIRST_LIST ? Lane.RESYNC : Lane.CHANGE, failures);
    }
  }

  /** Nothing is remembered of a key without an object and a handler that knows of one. With the lock held. */
  private void forgetIfUntold(ObjectKey key, @Nullable Entry<T> entry) {
    paused.remove(key);
    if (entry == null) {
      reasons.remove(key);
      held.remove(key);
    }
  }

  @Override
  public void missed(Origin origin) {
    Set<ObjectKey> keys = new HashSet<>(store.keys());
    List<ObjectKey> gone = new ArrayList<>();
    lock.lock();
    try {
      entries.forEach((key, entry) -> {
        if (entry.gone == null && store.state(key).orElse(null) == entry.told) {
          keys.remove(key);
        } else {
          keys.add(key);
        }
        if (entry.gone != null) {
          gone.add(key);
        }
      });
      keys.addAll(reasons.keySet());
      keys.addAll(paused);
    } finally {
      lock.unlock();
    }
    gone.forEach(key -> enqueue(key, EventType.DELETE, Lane.CHANGE, 0)); // to queue it may be what failed
    keys.forEach(key -> changed(key, null, origin));
  }

  /** A related object of this key has changed. */
  void related(ObjectKey key, String text, Change change, Origin origin) {
    boolean own;
    lock.lock();
    try {
      Entry<T> entry = entries.get(key);
      own = origin == Origin.EVENT && entry != null && entry.own != null && entry.own.changes().contains(change);
    } finally {
      lock.unlock();
    }
    if (own) {
      wake(key);
      return;
    }
    call(key, new Cause(EventType.RELATED, text, origin == Origin.EVENT ? change : null));
  }

  /** What the key waits for may have come. */
  void wake(ObjectKey key) {
    boolean waits;
    lock.lock();
    try {
      waits = held.contains(key);
    } finally {
      lock.unlock();
    }
    if (waits) {
      queue.add(key, Lane.CHANGE);
    }
  }

  /** Whether a call for this key will follow: there is such an object, and a term. */
  boolean call(ObjectKey key, Cause cause) {
    if (!isBegun(key) || store.state(key).isEmpty()) {
      return false;
    }
    int failures;
    lock.lock();
    try {
      if (!isBegun(key)) { // it was let go meanwhile, and is forgotten
        return false;
      }
      reasons.computeIfAbsent(key, k -> new Causes()).add(cause);
      Entry<T> entry = entries.get(key);
      failures = entry == null ? 0 : entry.failures;
    } finally {
      lock.unlock();
    }
    return enqueue(key, cause.type(), Lane.CHANGE, failures);
  }

  /** A resync's time has come: adds the key to the queue if there is something to tell, and no other call is on its way. */
  void resync(ObjectKey key, int retries) {
    lock.lock();
    try {
      if (!isBegun(key)) { // it was let go since the round began
        return;
      }
      Entry<T> entry = entries.get(key);
      boolean present = store.state(key).isPresent();
      boolean due = entry == null ? present
          : !entry.asked && (entry.failures == 0 || entry.failures > retries)
              && (entry.gone == null ? present : entry.failures > 0); // a delete that never failed waits for a worker
      if (!due) {
        return;
      }
      if (entry != null) {
        entry.resync = true;
      }
    } finally {
      lock.unlock();
    }
    enqueue(key, EventType.RESYNC, Lane.RESYNC, 0);
  }

  /** Before the queue is shut down: a stop does not wait, and what is held back is handled now. */
  void release() {
    List<ObjectKey> keys;
    lock.lock();
    try {
      stopping = true;
      keys = List.copyOf(held);
    } finally {
      lock.unlock();
    }
    keys.forEach(key -> queue.add(key, Lane.CHANGE));
  }

  private boolean isBegun(ObjectKey key) {
    return begun && ours.test(key);
  }

  /** A handler that writes to the object and fails must not make a hot loop of that. */
  private boolean enqueue(ObjectKey key, EventType type, Lane lane, int failures) {
    Duration delay = failures == 0 ? Duration.ZERO : SHORTEST_CHANGE_DELAY.multipliedBy(1L << Math.min(failures, 10));
    boolean taken = queue.addAfter(key, delay.compareTo(LONGEST_CHANGE_DELAY) < 0 ? delay : LONGEST_CHANGE_DELAY, lane);
    if (taken) {
      metrics.queued(type);
    }
    return taken;
  }

  // the workers' side

  /**
   * The call to make for this key now; null when there is none, or nothing that can be bound. The caller has the key from the
   * queue. Objects are bound before the lock is taken or after it was given back: that is code of users.
   */
  @Nullable Delivery<T> next(ObjectKey key) {
    if (store.state(key).isPresent() && !filter.ready().test(key) && hold(key, NOT_READY.toNanos())) {
      return null;
    }
    long untilSeen = untilOwnWritesAreSeen(key);
    while (true) {
      State<T> now = store.state(key).orElse(null);
      Read<T> read = now == null ? null : now.read();
      boolean settled = read != null && filter.isSettled(key, read.object());
      CallFilter.Verdict verdict = read == null ? CallFilter.Verdict.CALL : filter.of(read.object());
      State<T> gone;
      State<T> told;
      EventType type;
      lock.lock();
      try {
        if (store.state(key).orElse(null) != now) {
          continue; // it has changed meanwhile
        }
        held.remove(key);
        Entry<T> entry = entries.get(key);
        if (entry == null && now == null) {
          forgetIfUntold(key, null);
        }
        if (entry == null || entry.isOf(now)) {
          return read == null || isHeld(key, entry, verdict.paused(), untilSeen) ? null
              : current(key, entry, read, verdict.hash(), settled);
        }
        // without the informer's word the last state is not known; but a stop does not wait for it
        gone = entry.gone == null && stopping ? entry.told : entry.gone;
        if (gone == null) {
          held.add(key);
          return null;
        }
        if (!entry.given) {
          entries.remove(key);
          continue; // the handler has never heard of it; of its successor it will
        }
        told = entry.told;
        type = entry.asked ? EventType.REQUEUE : EventType.DELETE;
        entry.asked = false;
        reasons.remove(key);
      } finally {
        lock.unlock();
      }
      Read<T> last = gone.read();
      T object = last == null ? told.get() : last.object();
      return new Delivery<>(gone, object, true, type, told, null, List.of("deleted"));
    }
  }

  /** Whether the user, or a write that was not seen yet, keeps the object from its call. With the lock held. */
  private boolean isHeld(ObjectKey key, @Nullable Entry<T> entry, boolean isPaused, long untilSeen) {
    if (isPaused) {
      paused.add(key);
      if (entry != null) {
        entry.wasPaused = true;
      }
      return true;
    }
    paused.remove(key);
    if (entry == null || stopping) {
      return false;
    }
    boolean rests = entry.succeededOnce && entry.failures == 0;
    long left = rests ? Math.max(untilSeen, entry.succeededAt + filter.minInterval() - clock.nanoTime()) : untilSeen;
    return left > 0 && hold(key, left);
  }

  /** How long the key still waits for what its last call has written, in nanoseconds. Logs, so it is called without the lock. */
  private long untilOwnWritesAreSeen(ObjectKey key) {
    OwnWrites own;
    lock.lock();
    try {
      Entry<T> entry = entries.get(key);
      own = entry == null ? null : entry.own;
    } finally {
      lock.unlock();
    }
    if (own == null || own.areSeen()) {
      return 0;
    }
    long left = own.left(clock.nanoTime());
    if (left <= 0) {
      log.info("{}: {} was called again though after {} its informer has not seen what its last call wrote: {}", name, key,
          OWN_WRITES, own);
    }
    return left;
  }

  private boolean hold(ObjectKey key, long nanos) {
    lock.lock();
    try {
      held.add(key);
    } finally {
      lock.unlock();
    }
    queue.addAfter(key, Duration.ofNanos(nanos), Lane.CHANGE);
    return true;
  }

  /** With the lock held. */
  private @Nullable Delivery<T> current(ObjectKey key, @Nullable Entry<T> entry, Read<T> read, @Nullable Hash hash,
      boolean settled) {
    State<T> now = read.state();
    if (entry == null) {
      entries.put(key, new Entry<>(now));
      reasons.remove(key);
      return new Delivery<>(now, read.object(), false, EventType.ADD, null, hash, List.of("added"));
    }
    entry.gone = null; // it is back, and the informer is about to say so
    State<T> before = entry.told;
    Causes why = reasons.get(key);
    if (now == before && entry.refused && why == null) {
      return null;
    }
    boolean asked = why != null || entry.isAsked();
    Delivery<T> delivery = null;
    boolean own = settled && isOwn(key, entry, now);
    if (asked || now != before && !own && (hash == null || !hash.equals(entry.seen))) {
      entry.type = now != before ? EventType.UPDATE : entry.typeAgain(why);
      delivery = new Delivery<>(now, read.object(), false, entry.type, before, hash,
          Causes.texts(now != before, entry.failures > 0, entry.asked, entry.resync, why)); // from here on nothing can fail
      entry.settled = false;
    } else if (own) {
      entry.seen = hash;
    }
    reasons.remove(key);
    entry.tell(now);
    return delivery;
  }

  /** Whether the call before has brought about this state, and nobody else had a hand in it. With the lock held. */
  private boolean isOwn(ObjectKey key, Entry<T> entry, State<T> now) {
    return entry.own != null && entry.versions != null && entry.versions.contains(now.resourceVersion())
        && entry.own.contains(informer, key, entry.versions);
  }

  /** The handler is called with the object of this key now. */
  void given(ObjectKey key) {
    lock.lock();
    try {
      Entry<T> entry = entries.get(key);
      if (entry != null) {
        entry.given = true;
      }
    } finally {
      lock.unlock();
    }
  }

  /** Notes how a call has ended; returns the key's consecutive failures. */
  int settle(ObjectKey key, Delivery<T> delivery, Verdict verdict, List<Write> writes) {
    OwnWrites own = writes.isEmpty() ? null : new OwnWrites(writes, clock.nanoTime() + OWN_WRITES.toNanos());
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
        return entry.failures;
      }
      entry.settled = true;
      entry.own = own;
      if (delivery.delete && (verdict == Verdict.SUCCEEDED || verdict == Verdict.REFUSED)) {
        entries.remove(key);
        return 0;
      }
      if (verdict == Verdict.FAILED || verdict == Verdict.REFUSED) { // a loop of own writes is slowed in both cases
        entry.failures += entry.failures < Integer.MAX_VALUE ? 1 : 0;
        entry.type = delivery.type;
        entry.refused = verdict == Verdict.REFUSED;
      } else {
        entry.failures = 0;
        entry.asked |= verdict == Verdict.POSTPONED && (delivery.delete || entry.gone == null); // else the delete comes at once
        entry.seen = own != null && own.isOf(informer, key) ? null : delivery.hash; // what it wrote is known once it is seen
        entry.succeededOnce = true;
        entry.succeededAt = clock.nanoTime();
        forgetOwn(key, own);
      }
      return entry.failures;
    } finally {
      lock.unlock();
    }
  }

  /** What the watch brought of them while the call ran asks for no other one. With the lock held. */
  private void forgetOwn(ObjectKey key, @Nullable OwnWrites own) {
    Causes why = own == null ? null : reasons.get(key);
    if (own != null && why != null) {
      why.remove(own.changes());
      if (why.isEmpty()) {
        reasons.remove(key);
      }
    }
  }

  private void untell(ObjectKey key, Entry<T> entry, @Nullable State<T> before) {
    if (before == null) {
      entries.remove(key);
    } else {
      entry.told = before;
    }
  }

  // figures

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

  /** Keys whose last call failed. */
  int failing() {
    lock.lock();
    try {
      return (int) entries.values().stream().filter(entry -> entry.failures > 0).count();
    } finally {
      lock.unlock();
    }
  }

  /** Keys whose object is paused. */
  int paused() {
    lock.lock();
    try {
      return paused.size();
    } finally {
      lock.unlock();
    }
  }

  /** All keys there is something to tell of: objects, and deletes that have not been taken. None between two terms. */
  List<ObjectKey> keys() {
    if (!begun) {
      return List.of();
    }
    Set<ObjectKey> keys = store.keys().stream().filter(ours).collect(Collectors.toCollection(HashSet::new));
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
