package io.kooper.controller;

import io.kooper.controller.Causes.Change;
import io.kooper.informer.State;
import io.kooper.informer.Store;
import io.kooper.internal.Versions;
import io.kooper.retrieve.ObjectKey;
import java.util.List;
import java.util.Objects;
import java.util.function.BiPredicate;
import org.jspecify.annotations.Nullable;

/** What one call has written, until the stores have it. */
final class OwnWrites {

  /**
   * One object that was written.
   *
   * @param passed whether its informer has seen a version or a newer one
   * @param wasStored whether the store had this object when it was written: if it has it no more, it is gone
   */
  record Write(Store<?> store, BiPredicate<ObjectKey, String> passed, ObjectKey key, @Nullable String uid, String version,
      boolean wasStored) {

    boolean isSeen() {
      State<?> now = store.state(key).orElse(null);
      if (now == null) {
        return wasStored || passed.test(key, version);
      }
      String stored = now.resourceVersion();
      if (version.equals(stored) || stored != null && Versions.isOlder(version, stored)) {
        return true;
      }
      boolean another = !Objects.equals(uid, now.uid()) && (stored == null || !Versions.isOlder(stored, version));
      return another || passed.test(key, version);
    }
  }

  private final List<Write> writes;
  private final long deadline;

  OwnWrites(List<Write> writes, long deadline) {
    this.writes = List.copyOf(writes);
    this.deadline = deadline;
  }

  boolean areSeen() {
    return writes.stream().allMatch(Write::isSeen);
  }

  /** How long they are waited for, in nanoseconds; not positive when that is over. */
  long left(long now) {
    return deadline - now;
  }

  List<Change> changes() {
    return writes.stream().map(write -> new Change(write.store, write.key, write.version)).toList();
  }

  /** The writes of this object. */
  List<Write> of(ObjectKey key, Store<?> store) {
    return writes.stream().filter(write -> write.store == store && write.key.equals(key)).toList();
  }

  /** For the log. */
  @Override
  public String toString() {
    return writes.stream().filter(write -> !write.isSeen()).map(write -> write.key + " at version " + write.version).toList()
        .toString();
  }
}
