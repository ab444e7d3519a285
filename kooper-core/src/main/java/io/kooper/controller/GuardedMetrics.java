package io.kooper.controller;

import io.kooper.internal.Guard;
import io.kooper.internal.Log;
import io.kooper.metrics.ControllerMetrics;
import io.kooper.metrics.EventType;
import io.kooper.queue.Lane;
import io.kooper.queue.QueueListener;
import io.kooper.retrieve.ObjectKey;
import java.time.Duration;
import java.util.function.Consumer;

/** Passes figures on to a recorder's metrics while the controller runs. What those throw disturbs nobody. */
final class GuardedMetrics implements ControllerMetrics, QueueListener<ObjectKey> {

  private static final Log log = Log.of(GuardedMetrics.class);

  private final Guard guard;
  private volatile ControllerMetrics metrics = NONE;

  GuardedMetrics(String controller) {
    this.guard = new Guard(log, controller + ": its metrics");
  }

  void open(ControllerMetrics recorded) {
    metrics = recorded;
  }

  /** Nobody who waits for the end waits for code of users without bound. Whether it has ended in time. */
  boolean close(Duration limit, String thread) {
    ControllerMetrics ended = metrics;
    metrics = NONE;
    return guard.run(limit, thread, ended::close);
  }

  @Override
  public void taken(ObjectKey key, Lane lane, Duration waited) {
    taken(waited.toNanos());
  }

  @Override
  public void queued(EventType type) {
    tell(told -> told.queued(type));
  }

  @Override
  public void taken(long waitedNanos) {
    tell(told -> told.taken(waitedNanos));
  }

  @Override
  public void processed(EventType type, long tookNanos, boolean succeeded) {
    tell(told -> told.processed(type, tookNanos, succeeded));
  }

  @Override
  public void retried() {
    tell(ControllerMetrics::retried);
  }

  @Override
  public void gaveUp() {
    tell(ControllerMetrics::gaveUp);
  }

  @Override
  public void timedOut() {
    tell(ControllerMetrics::timedOut);
  }

  @Override
  public void termless() {
    tell(ControllerMetrics::termless);
  }

  private void tell(Consumer<ControllerMetrics> figure) {
    guard.run(() -> figure.accept(metrics));
  }
}
