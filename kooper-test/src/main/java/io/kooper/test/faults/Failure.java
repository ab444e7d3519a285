package io.kooper.test.faults;

import io.kooper.test.json.StatusException;
import io.kooper.test.json.Statuses;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * How a request fails.
 *
 * @param code that of the answer, for {@link Kind#STATUS} and {@link Kind#ERROR_EVENT}
 * @param delay how long the answer takes, for {@link Kind#DELAY}
 * @param retryAfter what the client is told to wait, null for nothing
 * @param message what it is told, null for something general
 */
public record Failure(Kind kind, int code, Duration delay, @Nullable Duration retryAfter, @Nullable String message) {

  /** What happens to the request, its answer or its connection. */
  public enum Kind { STATUS, ERROR_EVENT, DELAY, HANG, DISCONNECT, TRUNCATE, LOSE_ANSWER }

  /** One of which nothing else is said. */
  public static Failure of(Kind kind) {
    return new Failure(kind, 0, Duration.ZERO, null, null);
  }

  /** The answer of a request that is refused. */
  public StatusException toStatus() {
    StatusException e = new StatusException(Statuses.failure(code, message == null ? "injected failure" : message));
    if (retryAfter != null) {
      e.status().putObject("details").put("retryAfterSeconds", Math.max(1, retryAfter.toSeconds()));
    }
    return e;
  }
}
