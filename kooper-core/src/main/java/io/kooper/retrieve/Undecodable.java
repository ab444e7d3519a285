package io.kooper.retrieve;

import java.util.Objects;
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

  private static final String PATH_MARK = "through reference chain: ";

  /**
   * Where and how it failed, fit for a log: the exceptions' types and the path of the field, never a value. Example:
   * {@code default/web: MismatchedInputException at Foo["spec"]->FooSpec["replicas"]}.
   */
  @Override
  public String toString() {
    Throwable root = cause;
    while (root.getCause() != null && root.getCause() != root) {
      root = root.getCause();
    }
    String message = Objects.requireNonNullElse(root.getMessage(), "");
    int path = message.lastIndexOf(PATH_MARK);
    return (key == null ? "an object whose name is unreadable" : key.toString())
        + ": " + root.getClass().getSimpleName()
        + (path < 0 ? "" : " at " + message.substring(path + PATH_MARK.length()).replaceAll("\\)$", ""));
  }
}
