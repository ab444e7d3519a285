package io.kooper.retrieve;

import io.fabric8.kubernetes.api.model.HasMetadata;
import java.util.Objects;

/**
 * What a {@link ListerWatcher} hands over: a list an event for each object, a watch one for each change, in order.
 *
 * <p>An object comes bound, or as {@link Json} that is bound later, or {@link Unreadable}.
 *
 * @param <T> the type of the objects
 */
public sealed interface SourceEvent<T extends HasMetadata>
    permits SourceEvent.Item, Json, SourceEvent.Unreadable, SourceEvent.Bookmark, SourceEvent.Opened {

  /** What has become of an object. A list says {@code ADDED} only. */
  enum Type {
    /** It exists, and is new to this list or watch. */
    ADDED,
    /** It exists and has changed. */
    MODIFIED,
    /** It is gone, or no longer selected; this is its last state. */
    DELETED
  }

  /** An object that is bound. */
  record Item<T extends HasMetadata>(Type type, T object) implements SourceEvent<T> {
    public Item {
      Objects.requireNonNull(type, "type");
      Objects.requireNonNull(object, "the source gave null for an object");
    }
  }

  /** An object that cannot be bound: it is kept as it was last known, and never taken for deleted. */
  record Unreadable<T extends HasMetadata>(Undecodable object) implements SourceEvent<T> {}

  /** Nothing else happened up to this version. */
  record Bookmark<T extends HasMetadata>(String resourceVersion) implements SourceEvent<T> {}

  /** The server has accepted the watch; until this or another event, health does not call it watching. */
  record Opened<T extends HasMetadata>() implements SourceEvent<T> {}

  static <T extends HasMetadata> SourceEvent<T> added(T object) {
    return new Item<>(Type.ADDED, object);
  }

  static <T extends HasMetadata> SourceEvent<T> modified(T object) {
    return new Item<>(Type.MODIFIED, object);
  }

  static <T extends HasMetadata> SourceEvent<T> deleted(T object) {
    return new Item<>(Type.DELETED, object);
  }

  static <T extends HasMetadata> SourceEvent<T> bookmark(String resourceVersion) {
    return new Bookmark<>(resourceVersion);
  }

  static <T extends HasMetadata> SourceEvent<T> unreadable(Undecodable object) {
    return new Unreadable<>(object);
  }

  static <T extends HasMetadata> SourceEvent<T> opened() {
    return new Opened<>();
  }
}
