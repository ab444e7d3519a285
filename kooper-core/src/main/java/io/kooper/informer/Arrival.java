package io.kooper.informer;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.kooper.retrieve.ObjectKey;
import io.kooper.retrieve.Undecodable;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What a source has handed over, of which so far only the identity is known. Valid until the source goes on.
 *
 * @param deleted whether it says that the object is gone
 * @param metadata reads its metadata, and throws what that throws
 * @param maker makes the state, if it is news
 */
record Arrival<T extends HasMetadata>(
    ObjectKey key, @Nullable String uid, @Nullable String resourceVersion, boolean deleted,
    Supplier<@Nullable ObjectMeta> metadata, Maker<T> maker) {

  interface Maker<T extends HasMetadata> {

    /**
     * Its state; null, and reported, when the object is needed now and cannot be had.
     *
     * @param before the state of the same key until now, or null
     */
    @Nullable State<T> state(@Nullable State<T> before, Consumer<Undecodable> report);
  }
}
