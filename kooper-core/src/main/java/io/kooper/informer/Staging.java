package io.kooper.informer;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.kooper.retrieve.ObjectKey;
import io.kooper.retrieve.SourceEvent;
import io.kooper.retrieve.Undecodable;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Collects a list of a part of the store, and changes nothing yet: {@link Cache#replace} makes it the content. Used by one
 * thread, while no event of that part is applied.
 */
final class Staging<T extends HasMetadata> implements Consumer<SourceEvent<T>> {

  private final Cache<T> cache;
  private final boolean anew;
  final String part;
  final @Nullable Object expectation; // of the part, when the list began
  final ConcurrentHashMap<ObjectKey, State<T>> objects;
  final Map<ObjectKey, Undecodable> broken = new LinkedHashMap<>();

  /** An object whose name is unreadable may be any of those that seem to be missing. */
  final List<Undecodable> nameless = new ArrayList<>();

  // what differs from the store
  final Map<ObjectKey, State<T>> gone = new HashMap<>();
  final List<ObjectKey> changed = new ArrayList<>(); // what is gone as well

  /** The objects of the store that may be among the nameless. */
  final Set<ObjectKey> open = new HashSet<>();

  private final @Nullable KeptShards shards;

  /** The shards that it is for; empty if it is for all objects. */
  final long[] wanted;

  /** @param anew whether versions that are known may say something else now */
  Staging(Cache<T> cache, String part, boolean anew) {
    this.cache = cache;
    this.anew = anew;
    this.shards = cache.shards;
    this.wanted = shards == null ? new long[0] : shards.wanted();
    this.part = part;
    this.expectation = cache.store.expectation(part);
    this.objects = new ConcurrentHashMap<>(Math.max(16, cache.store.size(part)));
  }

  /** Whether nothing of it will be kept: then what counts is that the source can be listed, and from which version on. */
  boolean isForNothing() {
    return shards != null && KeptShards.isNothing(wanted);
  }

  @Override
  public void accept(SourceEvent<T> event) {
    Arrival<T> arrival = isForNothing() ? null : cache.states.arrival(event, this::undecodable);
    if (arrival != null) {
      item(arrival);
    }
  }

  private void item(Arrival<T> arrival) {
    if (!part.equals(cache.store.partOf(arrival.key))) {
      throw new IllegalStateException("the list of namespace " + part + " has an object of another one, " + arrival.key);
    }
    cache.apply(() -> {
      if (shards != null && !shards.lists(wanted, arrival)) {
        objects.remove(arrival.key);
        return;
      }
      State<T> before = cache.store.state(arrival.key);
      State<T> known = before != null && before.is(arrival.uid, arrival.resourceVersion) ? before : null;
      State<T> now = known != null && !anew ? known : arrival.state(before, this::undecodable);
      if (anew && known != null && now != null && now.isAlike(known)) {
        now = known;
      }
      if (now != null) {
        broken.remove(now.key());
        objects.put(now.key(), now);
      }
    });
  }

  private void undecodable(Undecodable object) {
    ObjectKey key = object.key();
    if (key == null) {
      nameless.add(object);
      return;
    }
    if (shards != null && !shards.mayList(wanted, key)) {
      return;
    }
    State<T> known = objects.getOrDefault(key, cache.store.state(key));
    objects.remove(key);
    broken.remove(key);
    broken.put(key, object);
    if (known != null && (object.uid() == null || object.uid().equals(known.uid()))) {
      objects.put(key, known);
    }
  }

  /** The list is complete: finds out what differs from the store, and keeps what it leaves open. With the cache's lock held. */
  void compare() {
    ObjectStore<T> store = cache.store;
    if (shards != null && shards.isLessThan(wanted)) {
      objects.values().removeIf(state -> !shards.stays(wanted, state));
      broken.keySet().removeIf(key -> !shards.mayStay(wanted, key));
    }
    for (ObjectKey key : store.keys(part)) {
      State<T> before = Objects.requireNonNull(store.state(key));
      State<T> after = objects.get(key);
      if (after == null && !nameless.isEmpty() && !broken.containsKey(key)) {
        open.add(key);
        objects.put(key, before);
      } else if (after == null || !before.isOfSameObject(after)) {
        gone.put(key, before);
      }
    }
    changed.addAll(gone.keySet());
    objects.forEach((key, after) -> {
      State<T> before = store.state(key);
      if (before != after && !gone.containsKey(key)) {
        changed.add(key);
      }
      if (before != null && before != after) {
        after.follow(before);
      }
    });
  }
}
