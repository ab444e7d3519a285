package io.kooper.test.store;

import io.kooper.test.json.Statuses;
import io.kooper.test.types.Resource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * All objects and the one version that counts all their changes.
 *
 * <p>One lock guards everything. It is held for a single operation, never while something is sent.
 */
public final class ObjectStore {

  private final ReentrantLock lock = new ReentrantLock();
  private final int historyLimit;
  private final Map<String, ResourceCollection> collections = new HashMap<>(); // guarded by lock
  private long version = 1; // guarded by lock
  private long bookmarks; // guarded by lock
  private final List<Follower> followers = new ArrayList<>(); // complete before the first request

  public ObjectStore(int historyLimit) {
    this.historyLimit = historyLimit;
  }

  public <T> T locked(Supplier<T> action) {
    lock.lock();
    try {
      T result = action.get();
      if (lock.getHoldCount() == 1) {
        settle();
      }
      return result;
    } finally {
      lock.unlock();
    }
  }

  /** One may have more to do because of another. */
  private void settle() {
    for (int i = 0; i < followers.size(); i++) {
      if (followers.get(i).isDue()) {
        followers.get(i).settle();
        i = -1;
      }
    }
  }

  public void locked(Runnable action) {
    locked(() -> {
      action.run();
      return null;
    });
  }

  /** What follows from changes, before the lock is released. */
  public interface Follower {

    /** An object has another state, or is new, or gone. */
    void changed(String collection, @Nullable StoredObject before, @Nullable StoredObject after);

    boolean isDue();

    /** Does what is due, and what becomes due by that. */
    void settle();
  }

  public void follow(Follower by) {
    followers.add(by);
  }

  /** Something is there, or has another state, or is gone. */
  void changed(String collection, @Nullable StoredObject before, @Nullable StoredObject after) {
    followers.forEach(follower -> follower.changed(collection, before, after));
  }

  /** The version of the newest change. */
  public long version() {
    return version;
  }

  public long nextVersion() {
    return ++version;
  }

  /** The collection of a served type. */
  public ResourceCollection of(Resource resource) {
    ResourceCollection collection = collections.get(resource.collection());
    if (collection == null) { // its definition has been deleted since the request was read
      throw Statuses.noSuchPath();
    }
    return collection;
  }

  public boolean has(Resource resource) {
    return collections.containsKey(resource.collection());
  }

  /** Makes the collection of a type, unless another version of the type has it. */
  void open(Resource resource) {
    // a history that begins now: what another type of this name once did is not known any more
    collections.computeIfAbsent(resource.collection(),
        name -> new ResourceCollection(name, this, new EventLog(historyLimit, version)));
  }

  /** Ends the collection of a type that is no longer served. */
  void drop(Resource resource) {
    ResourceCollection collection = collections.remove(resource.collection());
    if (collection != null) {
      collection.close();
    }
  }

  /** Whether watches of a type wait. */
  public void hold(String collection, boolean on) {
    ResourceCollection held = collections.get(collection);
    if (held == null) {
      throw new IllegalArgumentException("not served: " + collection);
    }
    held.hold(on);
  }

  /** Has every watch that takes bookmarks send one, once it has sent all that there is. */
  public void bookmark() {
    bookmarks++;
    collections.values().forEach(ResourceCollection::notifyWatchers);
  }

  public boolean isHeld() {
    return collections.values().stream().anyMatch(ResourceCollection::isHeld);
  }

  /** How often bookmarks were asked for. */
  public long bookmarks() {
    return bookmarks;
  }

  public int watches() {
    return collections.values().stream().mapToInt(ResourceCollection::watches).sum();
  }

  /** The objects and the version as they are now; what happens later does not change it. */
  public Content copy() {
    return new Content(version, copies(collections));
  }

  /** Goes back to an older state. Nothing that happened before it is remembered, and nothing that happened since. */
  public void restore(Content content) {
    collections.values().forEach(ResourceCollection::close);
    collections.clear();
    version = content.version();
    collections.putAll(copies(content.collections()));
  }

  private Map<String, ResourceCollection> copies(Map<String, ResourceCollection> originals) {
    Map<String, ResourceCollection> copies = new HashMap<>();
    originals.forEach((name, collection) -> copies.put(name, collection.copy(new EventLog(historyLimit, version))));
    return copies;
  }

  /** A state of the whole store. */
  public record Content(long version, Map<String, ResourceCollection> collections) {}

  /** Forgets the history of all collections. */
  public void compact() {
    collections.values().forEach(collection -> collection.log().compact(version));
  }
}
