package io.kooper.controller;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.kooper.controller.Projection.Hash;
import io.kooper.internal.Guard;
import io.kooper.internal.Throwables;
import io.kooper.retrieve.ObjectKey;
import java.util.function.BiPredicate;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What the user wants of a state to be called with it.
 *
 * @param projection what must differ from what the last successful call saw; null for anything
 * @param references what an object references, which matters too
 * @param refersAsBefore whether an object references what it did at its last call
 * @param pause holds for states that must not be handled now; null for none
 * @param ready whether all related objects of a key have been seen
 * @param minInterval nanoseconds between a successful call and the next one; 0 for none
 */
record CallFilter<T extends HasMetadata>(@Nullable Projection<T> projection, Function<T, ?> references,
    BiPredicate<ObjectKey, T> refersAsBefore, @Nullable Predicate<? super T> pause, Guard pauseGuard, Predicate<ObjectKey> ready,
    long minInterval) {

  /**
   * What a state says, computed before the ledger's lock is taken.
   *
   * @param settled whether it references what the last call's state did; false too when that cannot be said
   * @param hash of what matters; null if that is not known, or everything matters
   */
  record Verdict(boolean paused, boolean settled, @Nullable Hash hash) {}

  Verdict of(ObjectKey key, T object) {
    boolean paused = pause != null && object.getMetadata().getDeletionTimestamp() == null
        && pauseGuard.ask(() -> pause.test(object), false);
    boolean settled = Boolean.TRUE.equals(ask(() -> refersAsBefore.test(key, object)));
    return new Verdict(paused, settled, paused ? null : hash(object));
  }

  private @Nullable Hash hash(T object) {
    return projection == null ? null : ask(() -> projection.of(object, references.apply(object)));
  }

  /** A mapping that throws makes its call fail, which is therefore made. */
  private static <R> @Nullable R ask(Supplier<@Nullable R> question) {
    try {
      return question.get();
    } catch (Throwable t) {
      Throwables.throwIfNoMemory(t);
      return null;
    }
  }
}
