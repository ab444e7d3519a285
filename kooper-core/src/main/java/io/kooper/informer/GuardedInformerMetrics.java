package io.kooper.informer;

import io.kooper.internal.Guard;
import io.kooper.internal.Log;
import io.kooper.metrics.InformerMetrics;
import io.kooper.retrieve.RetrieveException.Reason;
import org.jspecify.annotations.Nullable;

/** Passes figures on to metrics whose failures must reach neither an object nor the watch. */
final class GuardedInformerMetrics implements InformerMetrics {

  private static final Log log = Log.of(Informer.class);

  private final InformerMetrics metrics;
  private final Guard guard;

  GuardedInformerMetrics(String informer, InformerMetrics metrics) {
    this.metrics = metrics;
    this.guard = new Guard(log, "informer " + informer + ": its metrics");
  }

  @Override
  public void listed(boolean first) {
    guard.run(() -> metrics.listed(first));
  }

  @Override
  public void listFailed(Reason reason) {
    guard.run(() -> metrics.listFailed(reason));
  }

  @Override
  public void watchEnded(@Nullable Reason reason) {
    guard.run(() -> metrics.watchEnded(reason));
  }

  @Override
  public void undecodable() {
    guard.run(metrics::undecodable);
  }
}
