package io.kooper.retrieve;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * A list or a watch that did not end as it should, and why.
 *
 * <p>The message says what was being done, on which resource, and what the API server said.
 */
public final class RetrieveException extends Exception {

  private static final long serialVersionUID = 1L;

  /** Why a list failed or a watch ended. */
  public enum Reason {
    /** The version asked for is no longer kept (410): list again. */
    GONE,
    /** The version asked for is newer than the server's, as after a restored backup: list the newest. */
    VERSION_TOO_LARGE,
    /** The credentials are not accepted (401). */
    UNAUTHORIZED,
    /** The credentials do not allow it (403). */
    FORBIDDEN,
    /** There is no such resource, as before its CRD exists (404). */
    NOT_FOUND,
    /** The server does not understand the request (400, 422 and other 4xx). */
    REJECTED,
    /** The server asks to come back later (429). */
    THROTTLED,
    /** The server failed (5xx). */
    SERVER_ERROR,
    /** The connection could not be made or broke. */
    CONNECTION_LOST,
    /** The connection is open but nothing comes any more. */
    SILENT,
    /**
     * The client is closed, its threads have ended, or a new one gets responses where it gets none: only a restart of the
     * process, or another client, helps. Nothing was sent, and an informer does not try again.
     */
    CLIENT_CLOSED,
    /** The answer is not what a Kubernetes API server says. */
    UNDECODABLE,
    /** Something else; see the cause. */
    UNKNOWN
  }

  private final Reason reason;
  private final transient @Nullable Duration retryAfter;

  /**
   * @param reason why
   * @param message what was being done, on which resource, what the server said
   * @param retryAfter how long the server asks to wait, or null
   * @param cause what was caught, or null
   */
  public RetrieveException(
      Reason reason, String message, @Nullable Duration retryAfter, @Nullable Throwable cause) {
    super(message, cause);
    this.reason = reason;
    this.retryAfter = retryAfter;
  }

  public RetrieveException(Reason reason, String message) {
    this(reason, message, null, null);
  }

  public Reason reason() {
    return reason;
  }

  /** How long the server asks to wait before the next try; null when it did not say. */
  public @Nullable Duration retryAfter() {
    return retryAfter;
  }
}
