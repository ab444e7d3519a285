package io.kooper.informer;

import io.kooper.retrieve.ObjectKey;
import io.kooper.retrieve.Undecodable;
import java.util.Objects;

/** An object is in the store, but no state of it could be bound to its class. The cause says why. */
public final class UnreadableException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  private final transient Undecodable object;

  UnreadableException(Undecodable object) {
    super("cannot read " + object, object.cause());
    this.object = object;
  }

  /** The object's key. */
  public ObjectKey key() {
    return Objects.requireNonNull(object.key());
  }

  Undecodable object() {
    return object;
  }
}
