package io.kooper.informer;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.kooper.retrieve.ObjectKey;
import io.kooper.retrieve.Undecodable;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** What a source has handed over, of which so far only the identity is known. Valid until the source goes on. */
abstract class Arrival<T extends HasMetadata> {

  final ObjectKey key;
  final @Nullable String uid;
  final @Nullable String resourceVersion;

  /** Whether it says that the object is gone. */
  final boolean deleted;

  Arrival(ObjectKey key, @Nullable String uid, @Nullable String resourceVersion, boolean deleted) {
    this.key = key;
    this.uid = uid;
    this.resourceVersion = resourceVersion;
    this.deleted = deleted;
  }

  /** Reads its metadata, and throws what that throws. */
  abstract @Nullable ObjectMeta metadata();

  /**
   * Its state; null, and reported, when the object is needed now and cannot be had.
   *
   * @param before the state of the same key until now, or null
   */
  abstract @Nullable State<T> state(@Nullable State<T> before, Consumer<Undecodable> report);
}
