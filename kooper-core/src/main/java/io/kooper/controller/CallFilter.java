package io.kooper.controller;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.kooper.controller.Projection.Hash;
import io.kooper.internal.Guard;
import io.kooper.retrieve.ObjectKey;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * What the user wants of a state to be called with it.
 *
 * @param projection what must differ from what the last successful call saw; null for anything
 * @param references the keys of related objects, which matter too
 * @param pause holds for states that must not be handled now; null for none
 * @param ready whether all related objects of a key have been seen
 * @param minInterval nanoseconds between a successful call and the next one; 0 for none
 */
record CallFilter<T extends HasMetadata>(@Nullable Projection<T> projection, Function<T, Set<ObjectKey>> references,
    @Nullable Predicate<? super T> pause, Guard pauseGuard, Predicate<ObjectKey> ready, long minInterval) {

  /** What a state says, computed before the ledger's lock is taken. */
  record Verdict(boolean paused, @Nullable Hash hash) {

    static final Verdict CALL = new Verdict(false, null);
  }

  Verdict of(T object) {
    if (projection == null && pause == null) {
      return Verdict.CALL;
    }
    boolean paused = pause != null && object.getMetadata().getDeletionTimestamp() == null
        && pauseGuard.ask(() -> pause.test(object), false);
    return new Verdict(paused, paused || projection == null ? null : hash(object));
  }

  private @Nullable Hash hash(T object) {
    try {
      return projection == null ? null
          : projection.of(object, references.apply(object).stream().map(ObjectKey::toString).sorted().toList());
    } catch (OutOfMemoryError e) {
      throw e;
    } catch (Throwable t) { // a mapping that throws fails the call, which is therefore made
      return null;
    }
  }
}
