package io.kooper.informer;

import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.kooper.internal.Throwables;
import io.kooper.retrieve.ObjectKey;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.IntPredicate;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Which shards of an informer's objects its store keeps, and which of them it has completely. May be used by any thread, but for
 * what is said to need the cache's lock.
 *
 * <p>Invariants:
 *
 * <ul>
 *   <li>The store has an object only if one of its shards is complete in the object's part of the store.
 *   <li>A shard is complete in a part once a list of that part was applied that began after the shard was wanted. That list asks
 *       for the newest state, so the store has what the process that had the shard before has seen and written.
 *   <li>A shard is wanted anew only after the store has dropped what it had of it.
 * </ul>
 */
final class KeptShards {

  private final ShardKeys keys;
  private final Map<Integer, Set<Object>> users = new HashMap<>(); // guarded by this
  private long number; // guarded by this

  /** By shard: each time that it is wanted anew has a number; 0 if it is not wanted. The array is replaced, not changed. */
  private volatile long[] wanted;

  /** What the store goes by: {@link #wanted} at the begin of the last change. Written with the cache's lock. */
  private volatile long[] applied;

  /** By part of the store: {@link #wanted} at the begin of its last complete list. */
  private final Map<String, long[]> listed = new ConcurrentHashMap<>();

  KeptShards(ShardKeys keys) {
    this.keys = keys;
    this.wanted = new long[keys.count()];
    this.applied = wanted;
  }

  // who wants what

  /** Whether the shard is wanted from now on; false while the store still has to drop what it had of it. */
  synchronized boolean keep(int shard, Object user) {
    if (wanted[shard] == 0 && applied[shard] != 0) {
      return false;
    }
    users.computeIfAbsent(shard, s -> new HashSet<>()).add(user);
    if (wanted[shard] == 0) {
      want(shard, ++number);
    }
    return true;
  }

  /** This user needs the shard no more. */
  synchronized void drop(int shard, Object user) {
    Set<Object> left = users.get(shard);
    if (left != null) {
      left.remove(user);
      if (left.isEmpty() && wanted[shard] != 0) { // also if that failed before
        want(shard, 0);
      }
    }
  }

  /** This user needs none any more. */
  synchronized void drop(Object user) {
    Set.copyOf(users.keySet()).forEach(shard -> drop(shard, user));
  }

  private void want(int shard, long as) {
    long[] next = wanted.clone();
    next[shard] = as;
    wanted = next;
  }

  long[] wanted() {
    return wanted;
  }

  /** Whether a list of this part is needed for a shard that is wanted. */
  boolean isLacking(String part) {
    long[] now = wanted;
    long[] had = listed.get(part);
    return IntStream.range(0, now.length).anyMatch(shard -> now[shard] != 0 && (had == null || had[shard] != now[shard]));
  }

  /** The shards that are wanted, and not complete in all parts. */
  Set<Integer> lacking() {
    long[] now = wanted;
    return IntStream.range(0, now.length).boxed()
        .filter(shard -> now[shard] != 0 && listed.values().stream().anyMatch(had -> had[shard] != now[shard]))
        .collect(Collectors.toUnmodifiableSet());
  }

  /** Whether all that a part has of this key's shard is in the store; a part that nobody lists has nothing. */
  boolean isComplete(String part, ObjectKey key) {
    long[] had = listed.get(part);
    return had == null || isComplete(had, shard(key));
  }

  /** As {@link #isComplete}, for all parts. */
  boolean isComplete(ObjectKey key) {
    return listed.values().stream().allMatch(had -> isComplete(had, shard(key)));
  }

  private boolean isComplete(long[] had, int shard) {
    return applied[shard] != 0 && had[shard] == applied[shard];
  }

  private int shard(ObjectKey key) {
    return keys.shard().applyAsInt(key);
  }

  // what the store goes by; with the cache's lock

  /** Whether what is wanted has changed. */
  boolean isOutdated() {
    return applied != wanted;
  }

  /** Whether the store is to drop something if {@code next} is applied. */
  boolean isLess(long[] next) {
    return lacks(next, applied);
  }

  /** Whether a list that began so has objects that the store is not to have. */
  boolean isLessThan(long[] began) {
    return lacks(applied, began);
  }

  private static boolean lacks(long[] one, long[] other) {
    return IntStream.range(0, one.length).anyMatch(shard -> other[shard] != 0 && other[shard] != one[shard]);
  }

  /** Whether the store keeps an object that it has if {@code next} is applied. */
  boolean stays(long[] next, State<?> state) {
    return any(state.key(), state::metadata, shard -> stays(next, shard));
  }

  /** As {@link #stays}, of one that cannot be read. */
  boolean mayStay(long[] next, ObjectKey key) {
    return keys.owners() != null || stays(next, shard(key));
  }

  private boolean stays(long[] next, int shard) {
    return next[shard] != 0 && next[shard] == applied[shard];
  }

  void apply(long[] next) {
    applied = next;
  }

  /** Whether the store is to have an object that an event of this part brings; else a list will have it, or nobody here. */
  boolean keeps(String part, Arrival<?> arrival) {
    long[] had = listed.get(part);
    return had != null && any(arrival.key, arrival::metadata, shard -> isComplete(had, shard));
  }

  /** As {@link #keeps}, of one that cannot be read: whose it is may not be known. */
  boolean mayKeep(String part, ObjectKey key) {
    return keys.owners() != null || listed.containsKey(part) && isComplete(part, key);
  }

  /** Whether the next list brings objects of shards that the store did not have. */
  boolean isNew(String part, ObjectKey key) {
    long[] had = listed.get(part);
    return keys.owners() == null && (had == null || !isComplete(had, shard(key)));
  }

  /** This part was listed completely, as far as it was wanted at the list's begin. */
  void listed(String part, long[] began) {
    listed.put(part, began);
  }

  /** This part is listed no more. */
  void forget(String part) {
    listed.remove(part);
  }

  // a list that is under way; began is what was wanted at its begin

  static boolean isNothing(long[] began) {
    return IntStream.range(0, began.length).allMatch(shard -> began[shard] == 0);
  }

  boolean lists(long[] began, Arrival<?> arrival) {
    return any(arrival.key, arrival::metadata, shard -> began[shard] != 0);
  }

  boolean mayList(long[] began, ObjectKey key) {
    return keys.owners() != null || began[shard(key)] != 0;
  }

  /** One whose owners cannot be read is in each shard. */
  private boolean any(ObjectKey key, Supplier<@Nullable ObjectMeta> metadata, IntPredicate which) {
    if (keys.owners() == null) {
      return which.test(shard(key));
    }
    Collection<ObjectKey> owners;
    try {
      ObjectMeta read = metadata.get();
      owners = read == null ? null : keys.owners().apply(read);
    } catch (Throwable t) { // whatever is wrong with it is found out when the object is read
      Throwables.throwIfNoMemory(t);
      owners = null;
    }
    return owners == null || owners.stream().anyMatch(owner -> which.test(shard(owner)));
  }
}
