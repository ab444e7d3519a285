package io.kooper.controller;

/** {@link Controller#run()} was called on a controller that has been run or closed before: nothing was done. */
public final class ControllerEndedException extends IllegalStateException {

  private static final long serialVersionUID = 1L;

  public ControllerEndedException(String message) {
    super(message);
  }
}
