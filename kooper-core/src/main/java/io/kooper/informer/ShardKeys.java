package io.kooper.informer;

import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.kooper.retrieve.ObjectKey;
import java.util.Collection;
import java.util.function.Function;
import java.util.function.ToIntFunction;
import org.jspecify.annotations.Nullable;

/**
 * What decides on the shards of an informer's objects: an object's own key, or its owners' keys.
 *
 * <pre>{@code
 * Informer.builder(sites).shards(new ShardKeys(16, key -> shards.of(key.namespace(), key.name()), null));
 * }</pre>
 *
 * @param count how many shards there are
 * @param shard gives a key's shard, from 0 to {@code count - 1}
 * @param owners gives the keys that an object's metadata names; null if the object's own key counts. Both functions are called on
 *     the informer's thread
 */
public record ShardKeys(
    int count, ToIntFunction<ObjectKey> shard, @Nullable Function<ObjectMeta, ? extends Collection<ObjectKey>> owners) {}
