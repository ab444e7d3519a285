package io.kooper.retrieve;

import io.kooper.internal.Throwables;
import org.jspecify.annotations.Nullable;

/**
 * An object that the API server sent and that could not be bound to its type: what can be said of it without its content.
 *
 * @param key its namespace and name, or null when not even these could be read
 * @param uid its uid, or null when unreadable
 * @param resourceVersion its version, or null when unreadable
 * @param deleted whether the event said that it is gone
 * @param cause why it cannot be bound; its message may quote the object, so it is for code, not for logs
 */
public record Undecodable(
    @Nullable ObjectKey key,
    @Nullable String uid,
    @Nullable String resourceVersion,
    boolean deleted,
    Throwable cause) {

  /**
   * Where and how it failed, fit for a log: the exception's class, the frame of user code and the field, never a value nor a
   * message. Example: {@code default/web: java.lang.NumberFormatException at com.example.Foo.setSize(Foo.java:12), field
   * spec.size}.
   */
  @Override
  public String toString() {
    return (key == null ? "an object whose name is unreadable" : key.toString()) + ": "
        + Throwables.place(cause, Binder.class);
  }
}
