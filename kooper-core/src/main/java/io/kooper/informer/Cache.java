package io.kooper.informer;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.kooper.clock.Clock;
import io.kooper.informer.KeyListener.Origin;
import io.kooper.internal.Hook;
import io.kooper.internal.Log;
import io.kooper.metrics.InformerMetrics;
import io.kooper.retrieve.ObjectKey;
import io.kooper.retrieve.RetrieveException;
import io.kooper.retrieve.Undecodable;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** Applies lists and events to the store and notifies the listeners of what that changed. */
final class Cache<T extends HasMetadata> {

  private static final Log log = Log.of(Informer.class);

  final Hook<InformerMetrics> metrics;
  final States<T> states;
  final ObjectStore<T> store;

  /** Held while the store changes and the change is told, so that a listener added meanwhile hears each object once. */
  private final ReentrantLock telling = new ReentrantLock();

  private final Subscriptions<T> subscriptions;
  private final Unreadables<T> unreadables;
  private final Consumer<Undecodable> unbound = this::undecodable;
  final @Nullable KeptShards shards; // null: the store keeps all objects

  private boolean changing; // the store is changed and not all was told, perhaps because that failed; guarded by telling

  /** Another one whose namespaces are selected by what is in this one: it may have no thread of its own. */
  volatile @Nullable Cache<?> dependent;

  volatile Runnable told = () -> { }; // called when the listeners have been told all there is, with the lock held
  private final Clock clock;
  private final AtomicInteger applying = new AtomicInteger(); // threads in, or before, code of users
  private volatile long applyingSince; // the last of them began or ended; meaningless when there is none

  Cache(String name, @Nullable UnaryOperator<T> transform, List<Index<T>> indexes, boolean byNamespace, Clock clock,
      @Nullable ShardKeys shards) {
    this.subscriptions = new Subscriptions<>(name);
    this.metrics = new Hook<>(log, "informer " + name, InformerMetrics.NONE);
    this.store = new ObjectStore<>(indexes, byNamespace);
    this.unreadables = new Unreadables<>(name, store, this.metrics);
    this.states = new States<>(transform, indexes, unreadables);
    this.clock = clock;
    this.shards = shards == null ? null : new KeptShards(shards);
  }

  /** Whether the store has been complete once. */
  boolean synced() {
    return subscriptions.synced();
  }

  /** As {@link #synced()}, and the listeners were told. */
  boolean syncedAndTold() {
    return subscriptions.syncedAndTold();
  }

  /** Whether what is listed together with this key, or all, has been listed, of its shard if there are some. */
  boolean synced(ObjectKey key, boolean inAll) {
    boolean listed = inAll ? store.isComplete() : store.isListed(key);
    return listed && (shards == null || (inAll ? shards.isComplete(key) : shards.isComplete(store.partOf(key), key)));
  }

  /** See {@link KeptShards#keep}. */
  boolean keep(int shard, KeyListener<T> user) {
    return shards == null || shards.keep(shard, user);
  }

  /** Drops the objects of a shard that nobody needs any more: now, or when the change that is under way has been told. */
  void drop(int shard, KeyListener<T> user) {
    if (shards != null) {
      shards.drop(shard, user);
      dropForeign();
    }
  }

  boolean isLacking(String part) {
    return shards != null && shards.isLacking(part);
  }

  Set<Integer> lacking() {
    return shards == null ? Set.of() : shards.lacking();
  }

  /** Without waiting: whoever changes the store now does it as the last thing. */
  private void dropForeign() {
    while (shards != null && shards.isOutdated() && !telling.isHeldByCurrentThread() && telling.tryLock()) {
      try {
        goByShards(shards);
      } finally {
        telling.unlock();
      }
    }
  }

  /** From now on the store goes by the shards that are wanted now. With the lock held. */
  private void goByShards(KeptShards all) {
    long[] next = all.wanted();
    if (all.isLess(next)) {
      for (ObjectKey key : store.keys()) {
        State<T> state = store.state(key);
        if (state != null && !all.stays(next, state)) {
          store.remove(key);
          subscriptions.tell(listener -> listener.dropped(key));
        }
      }
      unreadables.keys().stream().filter(key -> store.state(key) == null && !all.mayStay(next, key))
          .forEach(key -> unreadables.stored(key, null));
    }
    all.apply(next);
  }

  /** All parts are expected that there are now. */
  void expectNoMore() {
    apply(() -> {
      store.expectNot(ObjectStore.ALL);
      catchUp(Origin.FIRST_LIST);
    });
  }

  private void catchUp(Origin origin) {
    if (store.isComplete()) {
      subscriptions.complete();
    }
    subscriptions.catchUp(origin);
    told.run();
  }

  /** A part is listed no more: its objects have left the selection. Returns whether all listeners have taken that. */
  boolean drop(String part) {
    return apply(() -> {
      for (ObjectKey key : store.keys(part)) {
        change(key, store.state(key), null);
      }
      store.forgetIfEmpty(part);
      unreadables.replace(part, Map.of()); // after the store: until then a reader may find that one is unreadable
      if (shards != null) {
        shards.forget(part);
      }
      catchUp(Origin.LIST);
      return !subscriptions.areBehind();
    });
  }

  boolean isUndecodable(ObjectKey key) {
    return unreadables.has(key);
  }

  Set<ObjectKey> undecodable() {
    return unreadables.keys();
  }

  /** For how long the informer's thread has been applying one object or list; zero while it waits for the source. */
  Duration applying() {
    return applying.get() > 0 // read first: the other one is then of this object or of a later one
        ? Duration.ofNanos(Math.max(0, clock.nanoTime() - applyingSince))
        : Duration.ZERO;
  }

  /** On a thread of the informer's: one step at a time, in which code of users may run, and may hang. */
  void apply(Runnable step) {
    apply(() -> {
      step.run();
      return true;
    });
  }

  /** As {@link #apply(Runnable)}. */
  boolean apply(BooleanSupplier step) {
    if (applying.get() == 0) { // else what counts is how long another one takes
      applyingSince = clock.nanoTime();
    }
    applying.incrementAndGet();
    try {
      telling.lock(); // which may fail for lack of memory: then nothing is applied
      try {
        if (telling.getHoldCount() == 1) {
          if (changing) { // an earlier step failed half-way, whatever it was about
            subscriptions.fallBehind();
            changing = false;
          }
          if (shards != null) {
            goByShards(shards);
          }
        }
        return step.getAsBoolean();
      } finally {
        telling.unlock();
        applyingSince = clock.nanoTime();
      }
    } finally {
      applying.decrementAndGet();
      dropForeign();
    }
  }

  void addListener(InformerListener<? super T> listener) {
    addListener(new ObjectListener<T>(listener, store));
  }

  void addListener(KeyListener<T> listener) {
    between(() -> subscriptions.add(listener));
  }

  void removeListener(KeyListener<T> listener) {
    subscriptions.remove(listener);
    if (shards != null) {
      shards.drop(listener);
      dropForeign();
    }
  }

  void removeListener(InformerListener<? super T> listener) {
    between(() -> subscriptions.remove(listener));
  }

  /** Between two steps, on a thread of anybody's. */
  private void between(Runnable change) {
    telling.lock();
    try {
      change.run();
    } finally {
      telling.unlock();
      dropForeign();
    }
  }

  /** Tells the listeners that failed to take some news what they missed, and those of the dependent cache. */
  void catchUp() {
    apply(() -> {
      catchUp(Origin.LIST); // complete, perhaps: what was missing may have left, while its thread hangs
      tellFound();
    });
    Cache<?> other = dependent;
    if (other != null && (other.subscriptions.areBehind() || other.store.isComplete() && !other.synced())) {
      other.catchUp();
    }
  }

  void failed(RetrieveException cause) {
    apply(() -> subscriptions.tell(listener -> listener.failed(cause)));
  }

  /**
   * An ADDED or MODIFIED event. A state that is here already, as a server replays it that knows no versions, is no news;
   * versions are never compared by size.
   */
  void put(Arrival<T> arrival) {
    apply(() -> {
      State<T> before = store.state(arrival.key);
      if (before != null && before.is(arrival.uid, arrival.resourceVersion)) {
        unreadables.stored(arrival.key, before);
        return false;
      }
      if (shards != null && !shards.keeps(store.partOf(arrival.key), arrival)) {
        if (before != null) { // another process's from now on, since its owner is another one
          change(arrival.key, before, null);
          unreadables.stored(arrival.key, null);
        }
        return false;
      }
      State<T> after = arrival.state(before, unbound);
      if (after != null) {
        change(arrival.key, before, after);
        unreadables.stored(arrival.key, after);
      }
      return after != null;
    });
  }

  /**
   * A DELETED event.
   *
   * @return false when it speaks of another object than the one of that name here, so that one of the two is unseen
   */
  boolean delete(Arrival<T> arrival) {
    return apply(() -> {
      State<T> before = store.state(arrival.key);
      if (before != null && !Objects.equals(before.uid(), arrival.uid)) {
        return false;
      }
      if (before != null) {
        State<T> last = arrival.state(before, this::report);
        if (last != null) {
          last.follow(before);
        }
        change(arrival.key, last == null ? before : last, null);
      }
      unreadables.stored(arrival.key, null); // after the store: until then a reader may find that it is unreadable
      return true;
    });
  }

  /**
   * An event that cannot be bound.
   *
   * @return false when it says that something is gone and it remains open whether that is what is here
   */
  boolean undecodable(Undecodable object) {
    return apply(() -> {
      ObjectKey key = object.key();
      if (key == null) {
        report(object);
        return !object.deleted();
      }
      if (shards != null && !shards.mayKeep(store.partOf(key), key)) {
        return true;
      }
      State<T> before = store.state(key);
      if (before != null && object.uid() != null && object.uid().equals(before.uid()) == object.deleted()) {
        change(key, before, null); // deleted itself, or replaced by another object of its name
      }
      report(object);
      if (!object.deleted()) {
        unreadables.keptOut(key);
      } else if (store.state(key) == null) {
        unreadables.stored(key, null);
      }
      return !object.deleted() || store.state(key) == null;
    });
  }

  private void tellFound() {
    for (Undecodable object; (object = unreadables.nextFound()) != null; ) {
      Undecodable next = object;
      subscriptions.tell(listener -> listener.undecodable(next));
    }
  }

  /** Once nothing is applied any more: gives back what is not on the heap. The store stays readable. */
  void close() {
    states.close();
  }

  /**
   * Makes a complete list the content, and tells what differs.
   *
   * @return false when the list leaves open whether some objects are gone; they are kept
   */
  boolean replace(Staging<T> staging) {
    return apply(() -> {
      staging.compare();
      changing = true;
      store.replace(staging.part, staging.objects);
      Origin origin = store.expectation(staging.part) != null ? Origin.FIRST_LIST : Origin.LIST;
      staging.nameless.forEach(this::report);
      staging.broken.values().forEach(this::report);
      unreadables.replace(staging.part, staging.objects);
      staging.open.forEach(unreadables::keptOut);
      staging.broken.keySet().forEach(unreadables::keptOut);
      staging.changed.forEach(key -> subscriptions.changed(key, staging.gone.get(key),
          shards != null && shards.isNew(staging.part, key) ? Origin.FIRST_LIST : origin));
      changing = false;
      if (shards != null) {
        shards.listed(staging.part, staging.wanted);
      }
      store.listed(staging.part, staging.expectation); // last: what is related is read by what the listeners know
      catchUp(origin);
      tellFound();
      return staging.open.isEmpty();
    });
  }

  /** Makes one change and tells of it. One of the two states may be null. */
  private void change(ObjectKey key, @Nullable State<T> before, @Nullable State<T> after) {
    changing = true;
    if (after == null) {
      store.remove(key);
    } else {
      if (before != null) {
        after.follow(before);
      }
      store.put(after);
    }
    State<T> gone = before != null && (after == null || !before.isOfSameObject(after)) ? before : null;
    subscriptions.changed(key, gone, Origin.EVENT);
    changing = false;
    tellFound();
  }

  private void report(Undecodable object) {
    unreadables.log(object);
    subscriptions.tell(listener -> listener.undecodable(object));
  }
}
