package io.kooper.handler;

/**
 * A failure that no repetition mends before the object changes, such as a spec that cannot be fulfilled. Neither retries nor
 * resyncs follow. controller-runtime calls it a terminal error.
 *
 * <p>For an object it counts as a failure: the next call has a higher {@link HandlerContext#attempt()}, and a handler that
 * writes to the object and then throws this is slowed down.
 */
public class TerminalException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  public TerminalException(String message) {
    super(message);
  }

  public TerminalException(String message, Throwable cause) {
    super(message, cause);
  }
}
