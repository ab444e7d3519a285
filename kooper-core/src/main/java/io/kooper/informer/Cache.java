package io.kooper.informer;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.kooper.retrieve.ListSink;
import io.kooper.retrieve.ObjectKey;
import io.kooper.retrieve.RetrieveException;
import io.kooper.retrieve.Undecodable;
import java.util.HashMap;
import java.util.LinkedHashSet;
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
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Applies lists and events to the store and tells the listeners what that changed. */
final class Cache<T extends HasMetadata> {

  private static final Logger log = LoggerFactory.getLogger(Cache.class);

  private final String name;
  private final UnaryOperator<T> transform;
  private final ObjectStore<T> store = new ObjectStore<>();

  /** Held while the store changes and the change is told, so that a listener added meanwhile hears each object once. */
  private final ReentrantLock telling = new ReentrantLock();

  private final List<InformerListener<? super T>> listeners = new CopyOnWriteArrayList<>();

  /** Listeners that failed to take some news: they are told everything once more. Guarded by telling. */
  private final Set<InformerListener<? super T>> behind = new LinkedHashSet<>();

  /** The objects whose newest state could not be decoded. Bounded by the number of objects. */
  private final Set<ObjectKey> undecodable = ConcurrentHashMap.newKeySet();

  private volatile boolean synced;

  Cache(String name, UnaryOperator<T> transform) {
    this.name = name;
    this.transform = transform;
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

  void addListener(InformerListener<? super T> listener) {
    telling.lock();
    try {
      listeners.add(listener);
      catchUp(listener);
    } finally {
      telling.unlock();
    }
  }

  void removeListener(InformerListener<? super T> listener) {
    telling.lock();
    try {
      listeners.remove(listener);
      behind.remove(listener);
    } finally {
      telling.unlock();
    }
  }

  /** Tells everything once more to the listeners that failed to take some news. */
  void catchUp() {
    telling.lock();
    try {
      List<InformerListener<? super T>> late = List.copyOf(behind);
      behind.clear();
      late.forEach(this::catchUp);
    } finally {
      telling.unlock();
    }
  }

  private void catchUp(InformerListener<? super T> listener) {
    store.list().forEach(object -> tell(listener, l -> l.added(object, true)));
    if (synced) {
      tell(listener, InformerListener::synced);
    }
  }

  void failed(RetrieveException cause) {
    telling.lock();
    try {
      tell(listener -> listener.failed(cause));
    } finally {
      telling.unlock();
    }
  }

  /**
   * An ADDED or MODIFIED event. A state that is here already, as a server replays it that knows no versions, is no news;
   * versions are never compared by size.
   */
  void put(T object) {
    telling.lock();
    try {
      ObjectKey key = keyOf(object, this::undecodable);
      T before = key == null ? null : store.peek(key);
      if (key == null || before != null && sameState(before, object)) {
        return;
      }
      T after = transformed(key, object, false, this::undecodable);
      if (after != null) {
        undecodable.remove(key);
        store.put(key, after);
        tellChange(before, after, false);
      }
    } finally {
      telling.unlock();
    }
  }

  /**
   * A DELETED event.
   *
   * @return false when it speaks of another object of the same name than the one here, so that one of the two is unseen
   */
  boolean delete(T object) {
    telling.lock();
    try {
      ObjectKey key = keyOf(object, this::undecodable);
      T before = key == null ? null : store.peek(key);
      if (key == null || before != null && !sameObject(before, object)) {
        return false;
      }
      undecodable.remove(key);
      if (before != null) {
        store.remove(key);
        T last = transformed(key, object, true, this::undecodable);
        tell(listener -> listener.deleted(last == null ? before : last));
      }
      return true;
    } finally {
      telling.unlock();
    }
  }

  /** An event, or an item of a list, that cannot be bound. */
  void undecodable(Undecodable object) {
    telling.lock();
    try {
      ObjectKey key = object.key();
      T before = key == null ? null : store.peek(key);
      if (key != null && !object.deleted()) {
        undecodable.add(key);
      }
      boolean gone = before != null && object.uid() != null
          && object.uid().equals(before.getMetadata().getUid()) == object.deleted();
      if (key != null && gone) { // deleted itself, or replaced by another object of its name
        store.remove(key);
        tell(listener -> listener.deleted(before));
      }
      if (key != null && object.deleted() && store.peek(key) == null) {
        undecodable.remove(key);
      }
      log.warn("informer {}: undecodable: {}", name, object);
      tell(listener -> listener.undecodable(object));
    } finally {
      telling.unlock();
    }
  }

  /** Starts to collect a list; {@link #replace} makes it the content. */
  Staging stage() {
    return new Staging();
  }

  /** The objects of a list that is under way. Used by one thread, while no event is applied. */
  final class Staging implements ListSink<T> {

    private final ConcurrentHashMap<ObjectKey, T> objects = new ConcurrentHashMap<>(Math.max(16, store.size()));
    private final Map<ObjectKey, Undecodable> broken = new HashMap<>();

    /** An object whose name is unreadable may be any of those that seem to be missing. */
    private boolean nameless;

    @Override
    public void item(T object) {
      ObjectKey key = keyOf(object, this::undecodable);
      if (key == null) {
        return;
      }
      T before = store.peek(key);
      T now = before != null && sameState(before, object)
          ? before
          : transformed(key, object, false, this::undecodable);
      if (now != null) {
        broken.remove(key);
        objects.put(key, now);
      }
    }

    @Override
    public void deleted(T object) {
      ObjectKey key = keyOf(object, this::undecodable);
      if (key != null) {
        broken.remove(key);
        objects.remove(key);
      }
    }

    @Override
    public void undecodable(Undecodable object) {
      Cache.this.undecodable(object);
      ObjectKey key = object.key();
      if (key == null) {
        nameless = true;
        return;
      }
      objects.remove(key);
      if (object.deleted()) {
        broken.remove(key);
        return;
      }
      broken.put(key, object);
      T before = store.peek(key);
      if (before != null) {
        objects.put(key, before);
      }
    }
  }

  /** Makes a complete list the content, and tells what differs. */
  void replace(Staging staging) {
    telling.lock();
    try {
      ConcurrentHashMap<ObjectKey, T> next = staging.objects;
      if (staging.nameless) {
        store.keys().forEach(key -> next.putIfAbsent(key, Objects.requireNonNull(store.peek(key))));
      }
      undecodable.retainAll(staging.broken.keySet());
      boolean initial = !synced;
      Map<ObjectKey, T> before = store.replace(next);
      before.forEach((key, object) -> {
        if (!next.containsKey(key)) {
          tell(listener -> listener.deleted(object));
        }
      });
      next.forEach((key, object) -> tellChange(before.get(key), object, initial));
      if (initial) {
        synced = true;
        tell(InformerListener::synced);
      }
    } finally {
      telling.unlock();
    }
  }

  private void tellChange(@Nullable T before, T after, boolean initial) {
    if (before == after) {
      return;
    }
    if (before != null && sameObject(before, after)) {
      tell(listener -> listener.updated(before, after));
      return;
    }
    if (before != null) {
      tell(listener -> listener.deleted(before));
    }
    tell(listener -> listener.added(after, initial));
  }

  private void tell(Consumer<InformerListener<? super T>> news) {
    for (InformerListener<? super T> listener : listeners) {
      tell(listener, news);
    }
  }

  private void tell(InformerListener<? super T> listener, Consumer<InformerListener<? super T>> news) {
    try {
      news.accept(listener);
    } catch (Throwable t) { // an Error too: the informer must outlive its listeners
      behind.add(listener);
      log.error("informer {}: a listener failed; it is told of all objects again", name, t);
    }
  }

  /** The object's key; null, and reported, when it has no name. */
  private static @Nullable ObjectKey keyOf(HasMetadata object, Consumer<Undecodable> report) {
    try {
      return ObjectKey.of(object);
    } catch (IllegalArgumentException e) {
      report.accept(new Undecodable(null, null, versionOf(object), false, e));
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
      report.accept(new Undecodable(key, uid, version, deleted, t));
      return null;
    }
  }

  static @Nullable String versionOf(HasMetadata object) {
    return object.getMetadata() == null ? null : object.getMetadata().getResourceVersion();
  }

  private static boolean sameObject(HasMetadata a, HasMetadata b) {
    return Objects.equals(a.getMetadata().getUid(), b.getMetadata().getUid());
  }

  private static boolean sameState(HasMetadata a, HasMetadata b) {
    String version = versionOf(a);
    return version != null && version.equals(versionOf(b)) && sameObject(a, b);
  }
}
