package io.kooper.metrics;

import io.kooper.retrieve.RetrieveException.Reason;
import org.jspecify.annotations.Nullable;

/** Takes the figures of one informer: what concerns an object on any thread, the others on the informer's. Must not block. */
public interface InformerMetrics {

  /** A list is complete. */
  default void listed(boolean first) {}

  default void listFailed(Reason reason) {}

  /** A watch has ended; {@code reason} is null if it was by the server's choice, as happens twice a minute. */
  default void watchEnded(@Nullable Reason reason) {}

  /** An object could not be bound. */
  default void undecodable() {}
}
