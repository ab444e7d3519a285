package io.kooper.informer;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.kooper.retrieve.ObjectKey;
import io.kooper.retrieve.SourceEvent;
import io.kooper.retrieve.Undecodable;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Collects a list of a part of the store, and changes nothing yet: {@link Cache#replace} makes it the content. Used by one
 * thread, while no event of that part is applied.
 */
final class Staging<T extends HasMetadata> implements Consumer<SourceEvent<T>> {

  private final Cache<T> cache;
  final String part;
  final ConcurrentHashMap<ObjectKey, State<T>> objects;
  final Map<ObjectKey, Undecodable> broken = new LinkedHashMap<>();

  /** An object whose name is unreadable may be any of those that seem to be missing. */
  final List<Undecodable> nameless = new ArrayList<>();

  private final @Nullable KeptShards shards;

  /** The shards that it is for; empty if it is for all objects. */
  final long[] wanted;

  Staging(Cache<T> cache, String part) {
    this.cache = cache;
    this.shards = cache.shards();
    this.wanted = shards == null ? new long[0] : shards.wanted();
    this.part = part;
    this.objects = new ConcurrentHashMap<>(Math.max(16, cache.store().keys(part).size()));
  }

  /** Whether nothing of it will be kept: then what counts is that the source can be listed, and from which version on. */
  boolean isForNothing() {
    return shards != null && KeptShards.isNothing(wanted);
  }

  @Override
  public void accept(SourceEvent<T> event) {
    Arrival<T> arrival = isForNothing() ? null : cache.states().arrival(event, this::undecodable);
    if (arrival != null) {
      item(arrival);
    }
  }

  private void item(Arrival<T> arrival) {
    if (!part.equals(cache.store().partOf(arrival.key()))) {
      throw new IllegalStateException("the list of namespace " + part + " has an object of another one, " + arrival.key());
    }
    cache.apply(() -> {
      if (shards != null && !shards.lists(wanted, arrival)) {
        objects.remove(arrival.key());
        return;
      }
      State<T> before = cache.store().peek(arrival.key());
      State<T> now = before != null && before.is(arrival.uid(), arrival.resourceVersion())
          ? before : arrival.state(before, this::undecodable);
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
    State<T> known = objects.getOrDefault(key, cache.store().peek(key));
    objects.remove(key);
    broken.remove(key);
    broken.put(key, object);
    if (known != null && (object.uid() == null || object.uid().equals(known.uid()))) {
      objects.put(key, known);
    }
  }
}
