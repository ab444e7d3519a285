package io.kooper.metrics;

import java.util.Locale;

/** What a key was queued for, or what the handler was called for; Kooper's event type, told truly. */
public enum EventType {
  /** An object that the handler has not been told of. */
  ADD,
  /** A state of an object that differs from the one the handler was told last. */
  UPDATE,
  /** An object that is gone. */
  DELETE,
  /** A call that is to come again: queued for each retry and each {@code requeueAfter}, processed only for the latter. */
  REQUEUE,
  /** A state that the handler was told before, since the resync's time has come. */
  RESYNC,
  /** A state that the handler was told before, since a related object has changed. */
  RELATED;

  private final String label = name().toLowerCase(Locale.ROOT);

  /** As the value of a metric's label: {@code add}. */
  public String label() {
    return label;
  }
}
