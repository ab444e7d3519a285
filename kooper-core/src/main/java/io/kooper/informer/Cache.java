package io.kooper.informer;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.kooper.clock.Clock;
import io.kooper.internal.Log;
import io.kooper.internal.Throwables;
import io.kooper.metrics.InformerMetrics;
import io.kooper.retrieve.ListSink;
import io.kooper.retrieve.ObjectKey;
import io.kooper.retrieve.RetrieveException;
import io.kooper.retrieve.Undecodable;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** Applies lists and events to the store and tells the listeners what that changed. */
final class Cache<T extends HasMetadata> {

  private static final Log log = Log.of(Cache.class);

  private final String name;
  private final UnaryOperator<T> transform;
  private final InformerMetrics metrics;
  private final ObjectStore<T> store;

  /** Held while the store changes and the change is told, so that a listener added meanwhile hears each object once. */
  private final ReentrantLock telling = new ReentrantLock();

  private final List<Subscription<T>> subscriptions = new CopyOnWriteArrayList<>();

  /** The objects whose newest state could not be decoded. Bounded by the number of objects. */
  private final Set<ObjectKey> undecodable = ConcurrentHashMap.newKeySet();

  private volatile boolean synced;

  private final Clock clock;
  private volatile boolean applying; // the informer's thread is in code of users: transform, index functions, listeners
  private volatile long applyingSince; // meaningless unless applying

  private static final long MEAN_OF = 10_000; // objects, about
  private long decoded; // of the informer's thread
  private volatile double meanBytes; // written by it

  Cache(String name, UnaryOperator<T> transform, List<Index<T>> indexes, Clock clock, InformerMetrics metrics) {
    this.name = name;
    this.transform = transform;
    this.store = new ObjectStore<>(indexes);
    this.clock = clock;
    this.metrics = new GuardedInformerMetrics(name, metrics);
  }

  InformerMetrics metrics() {
    return metrics;
  }

  Store<T> store() {
    return store;
  }

  boolean synced() {
    return synced;
  }

  Set<ObjectKey> undecodable() {
    return Set.copyOf(undecodable);
  }

  /** For how long the informer's thread has been applying one object or list; zero while it waits for the source. */
  Duration applying() {
    return applying // read first: the other one is then of this object or of a later one
        ? Duration.ofNanos(Math.max(0, clock.nanoTime() - applyingSince))
        : Duration.ZERO;
  }

  /** On the informer's thread: from here on code of users may run, and may hang. */
  private void begin() {
    applyingSince = clock.nanoTime();
    applying = true;
    boolean locked = false;
    try {
      telling.lock();
      locked = true;
    } finally {
      applying = locked; // else, as without memory, nothing is applied
    }
  }

  private void end() {
    telling.unlock();
    applying = false;
  }

  void addListener(InformerListener<? super T> listener) {
    telling.lock();
    try {
      Subscription<T> subscription = new Subscription<>(name, listener, store);
      store.keys().forEach(key -> subscription.note(key, null, false));
      if (synced) {
        subscription.noteSynced();
      }
      subscriptions.add(subscription);
      subscription.tellAll(true);
    } finally {
      telling.unlock();
    }
  }

  void removeListener(InformerListener<? super T> listener) {
    telling.lock();
    try {
      subscriptions.stream().filter(subscription -> subscription.isOf(listener)).findFirst().ifPresent(subscription -> {
        subscription.remove();
        subscriptions.remove(subscription);
      });
    } finally {
      telling.unlock();
    }
  }

  /** Tells the listeners that failed to take some news what they missed. */
  void catchUp() {
    begin();
    try {
      subscriptions.forEach(subscription -> subscription.tellAll(false));
    } finally {
      end();
    }
  }

  void failed(RetrieveException cause) {
    begin();
    try {
      subscriptions.forEach(subscription -> subscription.failed(cause));
    } finally {
      end();
    }
  }

  /**
   * An ADDED or MODIFIED event. A state that is here already, as a server replays it that knows no versions, is no news;
   * versions are never compared by size.
   */
  void put(T object) {
    begin();
    try {
      ObjectKey key = keyOf(object, false, this::undecodable);
      if (key == null) {
        return;
      }
      T before = store.peek(key);
      if (before != null && sameState(before, object)) {
        undecodable.remove(key);
        return;
      }
      T after = transformed(key, object, false, this::undecodable);
      if (after != null) {
        undecodable.remove(key);
        change(key, before, after);
      }
    } finally {
      end();
    }
  }

  /**
   * A DELETED event.
   *
   * @return false when it speaks of another object than the one of that name here, so that one of the two is unseen
   */
  boolean delete(T object) {
    begin();
    try {
      ObjectKey key = keyOf(object, true, this::undecodable);
      T before = key == null ? null : store.peek(key);
      if (key == null || before != null && !sameObject(before, object)) {
        return false;
      }
      undecodable.remove(key);
      if (before != null) {
        T last = transformed(key, object, true, this::report);
        change(key, last == null ? before : last, null);
      }
      return true;
    } finally {
      end();
    }
  }

  /**
   * An event that cannot be bound.
   *
   * @return false when it says that something is gone and it remains open whether that is what is here
   */
  boolean undecodable(Undecodable object) {
    begin();
    try {
      ObjectKey key = object.key();
      if (key == null) {
        report(object);
        return !object.deleted();
      }
      T before = store.peek(key);
      if (before != null && object.uid() != null
          && object.uid().equals(before.getMetadata().getUid()) == object.deleted()) {
        change(key, before, null); // deleted itself, or replaced by another object of its name
      }
      report(object);
      if (!object.deleted()) {
        undecodable.add(key);
      } else if (store.peek(key) == null) {
        undecodable.remove(key);
      }
      return !object.deleted() || store.peek(key) == null;
    } finally {
      end();
    }
  }

  /** An object that comes next was bound from this many bytes, in this time. */
  void decoded(int bytes, long nanos) {
    decoded++;
    double mean = meanBytes;
    meanBytes = mean + (bytes - mean) / Math.min(decoded, MEAN_OF);
    metrics.decoded(bytes, nanos);
  }

  /** About the size of all objects as JSON. */
  long storeBytes() {
    return Math.round(meanBytes * store.size());
  }

  /** Starts to collect a list; {@link #replace} makes it the content. */
  Staging stage() {
    return new Staging();
  }

  /** The objects of a list that is under way: changes nothing yet. Used by one thread, while no event is applied. */
  final class Staging implements ListSink<T> {

    private final ConcurrentHashMap<ObjectKey, T> objects = new ConcurrentHashMap<>(Math.max(16, store.size()));
    private final Map<ObjectKey, Undecodable> broken = new LinkedHashMap<>();

    /** An object whose name is unreadable may be any of those that seem to be missing. */
    private final List<Undecodable> nameless = new ArrayList<>();

    @Override
    public void decoded(int bytes, long nanos) {
      Cache.this.decoded(bytes, nanos);
    }

    @Override
    public void item(T object) {
      begin();
      try {
        ObjectKey key = keyOf(object, false, this::undecodable);
        if (key == null) {
          return;
        }
        T before = store.peek(key);
        T now = before != null && sameState(before, object) ? before : transformed(key, object, false, this::undecodable);
        if (now != null) {
          broken.remove(key);
          objects.put(key, now);
        }
      } finally {
        end();
      }
    }

    @Override
    public void deleted(T object) {
      ObjectKey key = keyOf(object, true, this::undecodable);
      if (key != null) {
        broken.remove(key);
        objects.remove(key);
      }
    }

    @Override
    public void undecodable(Undecodable object) {
      ObjectKey key = object.key();
      if (key == null) {
        nameless.add(object);
        return;
      }
      T known = objects.getOrDefault(key, store.peek(key));
      objects.remove(key);
      broken.remove(key);
      if (object.deleted()) {
        return;
      }
      broken.put(key, object);
      if (known != null && (object.uid() == null || object.uid().equals(known.getMetadata().getUid()))) {
        objects.put(key, known);
      }
    }
  }

  /**
   * Makes a complete list the content, and tells what differs.
   *
   * @return false when the list leaves open whether some objects are gone; they are kept
   */
  boolean replace(Staging staging) {
    begin();
    try {
      ConcurrentHashMap<ObjectKey, T> next = staging.objects;
      Set<ObjectKey> open = new HashSet<>();
      for (ObjectKey key : store.keys()) {
        T before = Objects.requireNonNull(store.peek(key));
        if (next.containsKey(key)) {
          continue;
        }
        if (staging.nameless.isEmpty() || staging.broken.containsKey(key)) {
          subscriptions.forEach(subscription -> subscription.note(key, before, true));
        } else {
          open.add(key);
          next.put(key, before);
        }
      }
      next.forEach((key, after) -> {
        T before = store.peek(key);
        if (before != after) {
          boolean gone = before != null && !sameObject(before, after);
          subscriptions.forEach(subscription -> subscription.note(key, before, gone));
        }
      });
      boolean initial = !synced;
      if (initial) {
        subscriptions.forEach(Subscription::noteSynced);
      }
      store.replace(next);
      synced = true;
      staging.nameless.forEach(this::report);
      staging.broken.values().forEach(this::report);
      boolean certain = open.isEmpty() && staging.nameless.stream().noneMatch(Undecodable::deleted);
      open.addAll(staging.broken.keySet());
      undecodable.retainAll(open);
      undecodable.addAll(open);
      subscriptions.forEach(subscription -> subscription.tellAll(initial));
      return certain;
    } finally {
      end();
    }
  }

  /** Makes one change and tells of it. One of the two states may be null. */
  private void change(ObjectKey key, @Nullable T before, @Nullable T after) {
    boolean gone = before != null && (after == null || !sameObject(before, after));
    subscriptions.forEach(subscription -> subscription.note(key, before, gone));
    if (after == null) {
      store.remove(key);
    } else {
      store.put(key, after);
    }
    subscriptions.forEach(subscription -> subscription.tell(key, false));
  }

  private void report(Undecodable object) {
    metrics.undecodable();
    if (object.key() != null && undecodable.contains(object.key())) {
      log.debug("informer {}: still undecodable: {}", name, object);
    } else {
      log.warn("informer {}: undecodable: {}", name, object);
    }
    log.debug("informer {}: why {} is undecodable", name, object.key(), object.cause());
    subscriptions.forEach(subscription -> subscription.undecodable(object));
  }

  /** The object's key; null, and reported, when it has no name. */
  private static @Nullable ObjectKey keyOf(HasMetadata object, boolean deleted, Consumer<Undecodable> report) {
    Objects.requireNonNull(object, "the source gave null for an object");
    try {
      return ObjectKey.of(object);
    } catch (Throwable t) { // the class of the objects is the user's
      Throwables.throwIfNoMemory(t);
      report.accept(new Undecodable(null, null, t instanceof IllegalArgumentException ? versionOf(object) : null, deleted, t));
      return null;
    }
  }

  /** The object as it is stored; null, and reported, when the transform fails. */
  private @Nullable T transformed(ObjectKey key, T object, boolean deleted, Consumer<Undecodable> report) {
    String uid = object.getMetadata().getUid();
    String version = object.getMetadata().getResourceVersion();
    try {
      T result = Objects.requireNonNull(transform.apply(object), "the transform returned null");
      if (!key.equals(ObjectKey.of(result)) || !Objects.equals(uid, result.getMetadata().getUid())
          || !Objects.equals(version, versionOf(result))) {
        throw new IllegalStateException("the transform changed name, namespace, uid or resourceVersion");
      }
      return result;
    } catch (Throwable t) { // user code: one object it cannot take must not stop the others
      Throwables.throwIfNoMemory(t);
      report.accept(new Undecodable(key, uid, version, deleted, t));
      return null;
    }
  }

  static @Nullable String versionOf(HasMetadata object) {
    return object.getMetadata() == null ? null : object.getMetadata().getResourceVersion();
  }

  static boolean sameObject(HasMetadata a, HasMetadata b) {
    return Objects.equals(a.getMetadata().getUid(), b.getMetadata().getUid());
  }

  private static boolean sameState(HasMetadata a, HasMetadata b) {
    String version = versionOf(a);
    return version != null && version.equals(versionOf(b)) && sameObject(a, b);
  }
}
