package io.kooper.crd;

import org.jspecify.annotations.Nullable;

/** A definition could not be installed, awaited or deleted; the message says what to do, the cause is what was caught. */
public final class CrdException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  public CrdException(String message) {
    super(message);
  }

  public CrdException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
