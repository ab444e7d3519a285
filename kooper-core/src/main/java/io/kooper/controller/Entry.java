package io.kooper.controller;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.kooper.controller.Projection.Hash;
import io.kooper.informer.State;
import io.kooper.metrics.EventType;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** What the {@link Ledger} knows of a key that was told. Guarded by its lock. */
final class Entry<T extends HasMetadata> {

  private static final int MOST_VERSIONS = 8;

  /** The state last given to add. */
  State<T> told;

  /** The last state of that object if it is gone and its delete was not taken. */
  @Nullable State<T> gone;

  /** What mattered of the state that the last successful call saw; null if that is not known. */
  @Nullable Hash seen;

  /** What the last call has written, until it was seen. */
  @Nullable OwnWrites own;

  /** When the last call succeeded, if any did. */
  long succeededAt;

  /** Consecutive failures. */
  int failures;

  /** The versions that the watch brought since the told state was handed out; null if more came, or a list merged some. */
  @Nullable List<String> versions = List.of();

  /** Whether a handler was called with an object of this uid: else its delete is not told. */
  boolean given;

  /** What kind of call the last one was. */
  EventType type = EventType.ADD;

  boolean succeededOnce;

  /** Whether the handler refused the told state for good; it is not told again. */
  boolean refused;

  /** Whether the handler asked to be called again. */
  boolean asked;

  /** Whether a resync is due. */
  boolean resync;

  /** Whether the last call has come to an end that was noted. */
  boolean settled;

  /** Whether a change was held back by a pause: then it is called even if nothing that matters has changed. */
  boolean wasPaused;

  Entry(State<T> told) {
    this.told = told;
  }

  boolean isOf(@Nullable State<T> state) {
    return state != null && told.isOfSameObject(state);
  }

  /** The watch has brought this version; null if some may have been merged. */
  void note(@Nullable String version) {
    if (versions == null || version == null || versions.size() == MOST_VERSIONS) {
      versions = null;
    } else {
      versions = versions.isEmpty() ? List.of(version) : Stream.concat(versions.stream(), Stream.of(version)).toList();
    }
  }

  /** Whether the told state is to be told again, whatever the store has. */
  boolean isAsked() {
    return asked || resync || wasPaused || failures > 0 || !settled;
  }

  /** What kind of call it is to tell the told state again. */
  EventType typeAgain(@Nullable Causes why) {
    return failures > 0 && type != EventType.DELETE || !settled ? type
        : asked || wasPaused ? EventType.REQUEUE
        : why != null ? why.type() : EventType.RESYNC;
  }

  /** This state was told, or need not be: all that was asked for is met. */
  void tell(State<T> now) {
    told = now;
    own = null;
    versions = List.of();
    refused = false;
    asked = false;
    resync = false;
    wasPaused = false;
  }
}
