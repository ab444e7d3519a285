package io.kooper.controller;

import org.jspecify.annotations.Nullable;

/** A controller that could not start, broke, or could not stop its handlers. The message says which, the cause why. */
public class ControllerException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  public ControllerException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
