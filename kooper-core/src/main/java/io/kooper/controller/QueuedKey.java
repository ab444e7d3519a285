package io.kooper.controller;

import io.kooper.queue.WorkQueue.Item.Status;
import io.kooper.retrieve.ObjectKey;
import java.time.Duration;
import java.util.Locale;

/**
 * A key that a controller works on, or will work on, as it was at one moment; for a debug page.
 *
 * @param controller the controller's name
 * @param time for how long it has been running or ready; of one that is delayed, how long until it is ready
 * @param failures the consecutive failures of its calls so far
 */
public record QueuedKey(String controller, ObjectKey key, Status status, Duration time, int failures) {

  /** As a line: {@code pods: default/web delayed PT2.5S after 3 failures}. */
  @Override
  public String toString() {
    return controller + ": " + key + " " + status.name().toLowerCase(Locale.ROOT) + " " + time
        + (failures == 0 ? "" : " after " + failures + (failures == 1 ? " failure" : " failures"));
  }
}
