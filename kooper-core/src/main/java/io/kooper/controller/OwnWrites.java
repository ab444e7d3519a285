package io.kooper.controller;

import io.kooper.controller.Causes.Change;
import io.kooper.informer.Informer;
import io.kooper.informer.State;
import io.kooper.internal.Versions;
import io.kooper.retrieve.ObjectKey;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** What one call has written, or waits for, until the stores have it. */
final class OwnWrites {

  /**
   * One object that was written.
   *
   * @param kind the informer of its kind
   * @param view the state that handlers see of a key now, or null
   * @param wasThere whether they saw this object when it was written: if they see it no more, it is gone
   * @param own whether the call has surely written it: if not, it is only waited for
   */
  record Write(Informer<?> kind, Function<ObjectKey, @Nullable State<?>> view, ObjectKey key, @Nullable String uid,
      String version, boolean wasThere, boolean own) {

    boolean isSeen() {
      State<?> now = view.apply(key);
      if (now == null) {
        return wasThere || kind.hasSeen(key, version);
      }
      String seen = now.resourceVersion();
      if (version.equals(seen) || seen != null && Versions.isOlder(version, seen)) {
        return true;
      }
      boolean another = !Objects.equals(uid, now.uid()) && (seen == null || !Versions.isOlder(seen, version));
      return another || kind.hasSeen(key, version);
    }
  }

  /** How long they are waited for: a watch that works is quicker. */
  static final Duration LONGEST = Duration.ofSeconds(5);

  private final List<Write> writes;
  private final long deadline;

  OwnWrites(List<Write> writes, long now) {
    this.writes = List.copyOf(writes);
    this.deadline = now + LONGEST.toNanos();
  }

  /** How long they are still waited for, in nanoseconds: 0 when all are seen, less when that took too long. */
  long left(long now) {
    return writes.stream().allMatch(Write::isSeen) ? 0 : deadline - now;
  }

  List<Change> changes() {
    return writes.stream().filter(Write::own).map(write -> new Change(write.kind, write.key, write.version)).toList();
  }

  /** Whether all these versions of an object were written by the call. */
  boolean contains(Object kind, ObjectKey key, List<String> versions) {
    return versions.stream().allMatch(version -> writes.stream().anyMatch(
        write -> write.own && write.kind == kind && write.key.equals(key) && write.version.equals(version)));
  }

  boolean isOf(Object kind, ObjectKey key) {
    return writes.stream().anyMatch(write -> write.own && write.kind == kind && write.key.equals(key));
  }

  /** For the log. */
  @Override
  public String toString() {
    return writes.stream().filter(write -> !write.isSeen()).map(write -> write.key + " at version " + write.version).toList()
        .toString();
  }
}
