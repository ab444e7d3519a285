package io.kooper.retrieve;

import io.fabric8.kubernetes.api.model.Status;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import io.kooper.internal.Deadline;
import org.jspecify.annotations.Nullable;

/**
 * The body of an answer that is not the one hoped for.
 *
 * @param status the API server's words, or null when it is not an API server's
 * @param isForeign whether it was read to its end and is not what an API server says
 */
record ErrorBody(@Nullable Status status, boolean isForeign) {

  private static final int MOST = 64 * 1024;

  /** Reads it; what cannot be read in time is done without, since the HTTP status says enough. */
  static ErrorBody read(Exchange exchange, Deadline deadline, KubernetesSerialization serialization)
      throws InterruptedException {
    byte[] bytes;
    try {
      bytes = exchange.rest(deadline, MOST);
    } catch (RetrieveException e) {
      return new ErrorBody(null, false);
    }
    Status status = status(bytes, bytes.length, serialization);
    return new ErrorBody(status, status == null);
  }

  /** The Status that the bytes are, or null. */
  static @Nullable Status status(byte[] bytes, int length, KubernetesSerialization serialization) {
    try {
      Status status = Binder.read(serialization, bytes, length, Status.class);
      // any object can be bound to a Status: its kind tells, and few servers leave it out
      return status.getCode() != null || status.getMessage() != null ? status : null;
    } catch (Throwable t) { // whatever is wrong with the binding: the HTTP status says enough
      return null;
    }
  }
}
