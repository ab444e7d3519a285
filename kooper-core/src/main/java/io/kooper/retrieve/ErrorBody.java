package io.kooper.retrieve;

import io.fabric8.kubernetes.api.model.Status;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;
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
  static ErrorBody read(Exchange exchange, long nanos, Binder<?> binder) throws InterruptedException {
    long end = System.nanoTime() + nanos;
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try {
      List<ByteBuffer> chunk;
      while ((chunk = exchange.next(end - System.nanoTime())) != null && bytes.size() < MOST) {
        for (ByteBuffer buffer : chunk) {
          byte[] copy = new byte[buffer.remaining()];
          buffer.duplicate().get(copy);
          bytes.write(copy, 0, copy.length);
        }
      }
    } catch (TimeoutException | ExecutionException e) {
      return new ErrorBody(null, false);
    }
    Status status = status(bytes.toByteArray(), bytes.size(), binder);
    return new ErrorBody(status, status == null);
  }

  /** The Status that the bytes are, or null. */
  static @Nullable Status status(byte[] bytes, int length, Binder<?> binder) {
    if (length == 0 || bytes[0] != '{') {
      return null;
    }
    try {
      Status status = binder.other(bytes, length, Status.class);
      // any object can be bound to a Status: its kind tells, and few servers leave it out
      return status.getCode() != null || status.getMessage() != null ? status : null;
    } catch (RuntimeException e) {
      return null;
    }
  }
}
