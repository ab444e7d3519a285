package io.kooper.metrics;

/**
 * Takes the figures of one controller. Called from the controller's threads, several at once, for each
 * event: it must be safe and quick, and must not block. What it throws is logged once a controller, and changes nothing.
 */
public interface ControllerMetrics extends AutoCloseable {

  /** Records nothing. */
  ControllerMetrics NONE = new ControllerMetrics() {};

  /** Something has asked for a call of the handler. Each is counted, also when it is merged with one that waits. */
  default void queued(EventType type) {}

  /** A worker has taken a key that had been ready for this long; back-off and {@code requeueAfter} are not in it. */
  default void taken(long waitedNanos) {}

  /**
   * The handler was called and has ended.
   *
   * @param type for a retry that of the call which failed
   * @param tookNanos the handler's own time
   * @param succeeded false when it threw, or took longer than it may
   */
  default void processed(EventType type, long tookNanos, boolean succeeded) {}

  /** A failed call will be repeated. */
  default void retried() {}

  /** A call has failed and is not repeated before the object changes or is seen again at the next resync. */
  default void gaveUp() {}

  /** A call took longer than it may and was cancelled. */
  default void timedOut() {}

  /** A key was not called for want of a term, or of one of its shard: another replica has it by now. */
  default void termless() {}

  /** The controller has ended: its figures must no longer be read. */
  @Override
  default void close() {}
}
