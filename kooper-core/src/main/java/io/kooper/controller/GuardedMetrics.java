package io.kooper.controller;

import io.kooper.internal.Guard;
import io.kooper.internal.Log;
import io.kooper.metrics.ControllerMetrics;
import io.kooper.metrics.EventType;
import io.kooper.queue.Lane;
import io.kooper.queue.QueueListener;
import io.kooper.retrieve.ObjectKey;
import io.kooper.retrieve.RetrieveException.Reason;
import java.time.Duration;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

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

  @Override
  public void close() {
    tell(ControllerMetrics::close);
    metrics = NONE;
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
  public void listed(boolean first) {
    tell(told -> told.listed(first));
  }

  @Override
  public void listFailed(Reason reason) {
    tell(told -> told.listFailed(reason));
  }

  @Override
  public void watchEnded(@Nullable Reason reason) {
    tell(told -> told.watchEnded(reason));
  }

  @Override
  public void undecodable() {
    tell(ControllerMetrics::undecodable);
  }

  private void tell(Consumer<ControllerMetrics> figure) {
    guard.run(() -> figure.accept(metrics));
  }
}
