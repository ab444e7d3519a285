package io.kooper.tracing;

import io.kooper.retrieve.ObjectKey;

/** Follows the jobs of one controller. Called by several workers at once. */
@FunctionalInterface
public interface ControllerTracing {

  /**
   * A worker begins with a key, on its thread.
   *
   * @param delete whether the handler is about to be told that the object is gone
   * @param attempt 1 for the first call since the last success
   */
  Trace begin(ObjectKey key, boolean delete, int attempt);
}
