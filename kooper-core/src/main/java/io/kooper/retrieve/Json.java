package io.kooper.retrieve;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.kooper.internal.Throwables;
import io.kooper.retrieve.HttpListerWatcher.Form;
import org.jspecify.annotations.Nullable;

/**
 * An object's JSON as the API server sent it, without {@code metadata.managedFields}, to be bound when somebody reads the
 * object. Valid during the call that hands it over.
 *
 * @param type what has become of the object
 * @param bytes holds the JSON; not to be modified
 * @param length how many of the bytes count
 * @param binding binds it, during the call or later
 * @param bound whether the informer keeps the object instead of its bytes
 * @param <T> the type of the object
 */
public record Json<T extends HasMetadata>(SourceEvent.Type type, byte[] bytes, int length, Binding<T> binding, boolean bound)
    implements SourceEvent<T> {

  /**
   * Makes objects of JSON and back. May be called from any thread, and throws what the object's class throws.
   *
   * @param <T> the type of the objects
   */
  public interface Binding<T extends HasMetadata> {

    /** The object, a new one at each call. */
    T bind(byte[] json, int length);

    /** Its metadata, whether or not the object can be bound. */
    ObjectMeta metadata(byte[] json, int length);

    /** An object's JSON. */
    byte[] json(T object);
  }

  /** Which state of which object it is, read without binding it. */
  public record Identity(ObjectKey key, String uid, String resourceVersion) {}

  static <T extends HasMetadata> Json<T> of(SourceEvent.Type type, byte[] bytes, int length, Binding<T> binding, Form form) {
    byte[] kept = form == Form.METADATA ? new ObjectPeek(bytes, length).only() : bytes;
    return new Json<>(type, kept, form == Form.METADATA ? kept.length : length, binding, form == Form.BOUND);
  }

  /** Its identity; null when a part of that cannot be read. Then only binding the object can tell. */
  public @Nullable Identity identity() {
    return new ObjectPeek(bytes, length).identity();
  }

  /** Binds it now: an {@link SourceEvent.Item}, or {@link SourceEvent.Unreadable} with what can be said of it. */
  public SourceEvent<T> bind() {
    T object;
    try {
      object = binding.bind(bytes, length);
    } catch (Throwable t) { // creators and setters are user code, and libraries may be missing
      Throwables.throwIfNoMemory(t);
      return SourceEvent.unreadable(new ObjectPeek(bytes, length).undecodable(type == SourceEvent.Type.DELETED, t));
    }
    return new SourceEvent.Item<>(type, object);
  }
}
