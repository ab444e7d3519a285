package io.kooper.fake;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.api.model.ListOptions;
import io.fabric8.kubernetes.api.model.OwnerReference;
import io.fabric8.kubernetes.api.model.OwnerReferenceBuilder;
import io.kooper.retrieve.ListerWatcher;
import io.kooper.retrieve.ObjectKey;
import io.kooper.retrieve.RetrieveException;
import io.kooper.retrieve.RetrieveException.Reason;
import io.kooper.retrieve.Retriever;
import io.kooper.retrieve.SourceEvent;
import io.kooper.retrieve.Undecodable;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;

/**
 * A cluster of config maps that a test scripts: versions, history and watches are as an API server's, faults come when
 * they are asked for. All methods may be called from any thread.
 */
public final class FakeSource implements ListerWatcher<ConfigMap> {

  private record Change(long version, SourceEvent.Type type, ConfigMap object, boolean poisoned) {}

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final Map<ObjectKey, ConfigMap> objects = new TreeMap<>((a, b) -> a.toString().compareTo(b.toString()));
  private final Set<ObjectKey> poisoned = new TreeSet<>((a, b) -> a.toString().compareTo(b.toString()));
  private final Map<String, List<OwnerReference>> owners = new HashMap<>();
  private final List<Change> history = new ArrayList<>();
  private final Deque<Throwable> listFaults = new ArrayDeque<>();
  private final Deque<Throwable> watchFaults = new ArrayDeque<>();
  private final List<ListOptions> lists = new ArrayList<>();
  private final List<ListOptions> questions = new ArrayList<>(); // whether a version is known
  private final List<ListOptions> watches = new ArrayList<>();
  private long version;
  private long compacted; // watches from an older version are gone
  private long uids;
  private int watching;
  private long ends; // counts what ends the open watches
  private Throwable end; // how the last of them ended; null for the server's choice
  private long bookmarks;
  private final String namespace;
  private volatile boolean json;

  public FakeSource() {
    this("default");
  }

  /** Of this namespace. */
  public FakeSource(String namespace) {
    this.namespace = namespace;
  }

  /** From now on hands over JSON, as the source of an API server does. */
  public FakeSource asJson() {
    json = true;
    return this;
  }

  public Retriever<ConfigMap> retriever() {
    return new Retriever<>() {
      @Override
      public ListerWatcher<ConfigMap> listerWatcher() {
        return FakeSource.this;
      }

      @Override
      public Class<ConfigMap> objectType() {
        return ConfigMap.class;
      }
    };
  }

  public static ObjectKey key(String name) {
    return new ObjectKey("default", name);
  }

  private ObjectKey own(String name) {
    return new ObjectKey(namespace, name);
  }

  // what happens in the cluster

  /** Creates or changes an object: {@code data.value} is the new value. Returns its state. */
  public ConfigMap put(String name, String value) {
    return locked(() -> {
      ConfigMap before = objects.get(own(name));
      ConfigMap after = new ConfigMapBuilder()
          .withNewMetadata()
          .withNamespace(namespace)
          .withName(name)
          .withUid(before == null ? "uid-" + ++uids : before.getMetadata().getUid())
          .withResourceVersion(Long.toString(++version))
          .withOwnerReferences(owners.getOrDefault(name, List.of()))
          .endMetadata()
          .addToData("value", value)
          .build();
      objects.put(own(name), after);
      SourceEvent.Type type = before == null ? SourceEvent.Type.ADDED : SourceEvent.Type.MODIFIED;
      history.add(new Change(version, type, after, poisoned.contains(own(name))));
      return after;
    });
  }

  /** From now on {@code owner} is the controller owner of this name's states. */
  public void own(String name, ConfigMap owner) {
    locked(() -> owners.put(name, List.of(new OwnerReferenceBuilder().withApiVersion("v1").withKind("ConfigMap")
        .withName(owner.getMetadata().getName()).withUid(owner.getMetadata().getUid()).withController(true).build())));
  }

  /** As {@link #put}, but only if the object has this version still; null if it has not. */
  public ConfigMap replace(String name, String expected, String value) {
    return locked(() -> {
      ConfigMap before = objects.get(key(name));
      return before == null || !before.getMetadata().getResourceVersion().equals(expected) ? null : put(name, value);
    });
  }

  /** Deletes an object, if it is there. */
  public void delete(String name) {
    locked(() -> {
      ConfigMap before = objects.remove(own(name));
      if (before != null) {
        ConfigMap last = new ConfigMapBuilder(before)
            .editMetadata().withResourceVersion(Long.toString(++version)).endMetadata().build();
        history.add(new Change(version, SourceEvent.Type.DELETED, last, poisoned.contains(own(name))));
      }
      return null;
    });
  }

  /** From now on this name's states cannot be decoded, or can again. */
  public void poison(String name, boolean on) {
    locked(() -> on ? poisoned.add(own(name)) : poisoned.remove(own(name)));
  }

  /** Forgets the history: watches from an older version than now are gone. */
  public void compact() {
    locked(() -> {
      compacted = version;
      return history.removeIf(event -> event.version <= compacted);
    });
  }

  public void bookmark() {
    locked(() -> ++bookmarks);
  }

  // faults

  /** The next list, or the one after those already given, ends with this. */
  public void failList(Throwable fault) {
    locked(() -> listFaults.add(fault));
  }

  /** The next opening of a watch, or the one after those already given, ends with this. */
  public void failWatch(Throwable fault) {
    locked(() -> watchFaults.add(fault));
  }

  /** Ends the open watch: null for the server's choice. */
  public void endWatch(Throwable fault) {
    locked(() -> {
      end = fault;
      return ++ends;
    });
  }

  public static RetrieveException fault(Reason reason) {
    return new RetrieveException(reason, "fake " + reason);
  }

  // what was asked

  public List<ListOptions> lists() {
    return locked(() -> List.copyOf(lists));
  }

  public List<ListOptions> watches() {
    return locked(() -> List.copyOf(watches));
  }

  /** How many watches are open. */
  public int watching() {
    return locked(() -> watching);
  }

  public Map<ObjectKey, ConfigMap> objects() {
    return locked(() -> Map.copyOf(objects));
  }

  public long version() {
    return locked(() -> version);
  }

  @Override
  public String list(ListOptions options, Consumer<SourceEvent<ConfigMap>> sink) throws RetrieveException, InterruptedException {
    Map<ObjectKey, ConfigMap> items = new TreeMap<>((a, b) -> a.toString().compareTo(b.toString()));
    Set<ObjectKey> bad = new TreeSet<>((a, b) -> a.toString().compareTo(b.toString()));
    long listed;
    lock.lockInterruptibly();
    try {
      boolean question = options.getLimit() != null && options.getLimit() == 1;
      (question ? questions : lists).add(options);
      throwIt(question ? null : listFaults.poll());
      items.putAll(objects);
      bad.addAll(poisoned);
      listed = version;
    } finally {
      lock.unlock();
    }
    items.forEach((key, object) -> sink.accept(event(SourceEvent.Type.ADDED, object, bad.contains(key))));
    return Long.toString(listed);
  }

  @Override
  public void watch(ListOptions options, Consumer<SourceEvent<ConfigMap>> sink) throws RetrieveException, InterruptedException {
    long seen = Long.parseLong(options.getResourceVersion());
    long endsBefore;
    long bookmarksBefore;
    lock.lockInterruptibly();
    try {
      watches.add(options);
      throwIt(watchFaults.poll());
      if (seen < compacted) {
        throw fault(Reason.GONE);
      }
      endsBefore = ends;
      bookmarksBefore = bookmarks;
      watching++;
    } finally {
      lock.unlock();
    }
    try {
      sink.accept(SourceEvent.opened());
      while (true) {
        List<Change> news = new ArrayList<>();
        Long bookmark = null;
        lock.lockInterruptibly();
        try {
          while (ends == endsBefore && bookmarks == bookmarksBefore && version <= seen) {
            changed.await();
          }
          if (ends != endsBefore) {
            throwIt(end);
            return;
          }
          if (seen < compacted && version > seen) {
            throw fault(Reason.GONE); // what it has not seen yet is no longer there to be shown
          }
          for (Change event : history) {
            if (event.version > seen) {
              news.add(event);
            }
          }
          seen = version;
          if (bookmarks != bookmarksBefore) {
            bookmarksBefore = bookmarks;
            bookmark = version;
          }
        } finally {
          lock.unlock();
        }
        news.forEach(change -> sink.accept(event(change.type, change.object, change.poisoned)));
        if (bookmark != null) {
          sink.accept(SourceEvent.bookmark(bookmark.toString()));
        }
      }
    } finally {
      locked(() -> --watching);
    }
  }

  private SourceEvent<ConfigMap> event(SourceEvent.Type type, ConfigMap object, boolean bad) {
    if (json) {
      return bad ? Jsons.broken(type, object) : Jsons.of(type, object);
    }
    return !bad ? new SourceEvent.Item<>(type, object) : SourceEvent.unreadable(new Undecodable(ObjectKey.of(object),
        object.getMetadata().getUid(), object.getMetadata().getResourceVersion(), type == SourceEvent.Type.DELETED,
        new IllegalStateException("poison")));
  }

  private static void throwIt(Throwable fault) throws RetrieveException {
    if (fault instanceof RetrieveException e) {
      throw e;
    } else if (fault instanceof RuntimeException e) {
      throw e;
    } else if (fault instanceof Error e) {
      throw e;
    }
  }

  private interface Action<R> {
    R run();
  }

  private <R> R locked(Action<R> action) {
    lock.lock();
    try {
      R result = action.run();
      changed.signalAll();
      return result;
    } finally {
      lock.unlock();
    }
  }
}
