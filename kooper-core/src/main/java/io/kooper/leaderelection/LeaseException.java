package io.kooper.leaderelection;

import org.jspecify.annotations.Nullable;

/** A request about the lease failed; the message is for people. */
final class LeaseException extends Exception {

  private static final long serialVersionUID = 1;

  /** What is known of the server's state after the failure. */
  enum Kind {
    /** Nothing was written: the lease is not, or no longer, as the writer had read it. */
    CONFLICT,
    /** Nothing was written: the server refused. */
    REFUSED,
    /** It may have been written, or may yet be. */
    UNKNOWN,
    /** Nothing was sent, nor will ever be: the client is of no use any more. */
    CLIENT_CLOSED
  }

  private final Kind kind;

  LeaseException(Kind kind, String message, @Nullable Throwable cause) {
    super(message, cause);
    this.kind = kind;
  }

  Kind kind() {
    return kind;
  }
}
