package io.kooper.metrics;

import io.kooper.retrieve.RetrieveException.Reason;
import org.jspecify.annotations.Nullable;

/**
 * Takes the figures of one informer: what concerns an object on any thread, the others on the informer's. It must be safe and
 * quick, and must not block. What it throws is logged once an informer, and changes nothing.
 */
public interface InformerMetrics extends AutoCloseable {

  /** Records nothing. */
  InformerMetrics NONE = new InformerMetrics() {};

  /** A list is complete. */
  default void listed(boolean first) {}

  default void listFailed(Reason reason) {}

  /** A watch has ended; {@code reason} is null if it was by the server's choice, as happens twice a minute. */
  default void watchEnded(@Nullable Reason reason) {}

  /** An object could not be bound. */
  default void undecodable() {}

  /** The informer was closed: its figures must no longer be read. */
  @Override
  default void close() {}
}
