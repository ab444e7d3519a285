package io.kooper.informer;

import io.kooper.internal.Guard;
import io.kooper.internal.Log;
import io.kooper.metrics.InformerFigures;
import io.kooper.metrics.InformerMetrics;
import io.kooper.metrics.MetricsRecorder;
import io.kooper.retrieve.RetrieveException.Reason;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** Passes figures on to a recorder's metrics while the informer runs. What those throw disturbs nobody. */
final class GuardedInformerMetrics implements InformerMetrics {

  private static final Log log = Log.of(Informer.class);
  private static final Duration GRACE = Duration.ofSeconds(5);

  private final String informer;
  private final MetricsRecorder recorder;
  private final Guard guard;
  private volatile InformerMetrics metrics = NONE;

  GuardedInformerMetrics(String informer, MetricsRecorder recorder) {
    this.informer = informer;
    this.recorder = recorder;
    this.guard = new Guard(log, "informer " + informer + ": its metrics");
  }

  void open(InformerFigures figures) {
    metrics = guard.ask(() -> recorder.informer(informer, figures), NONE);
  }

  @Override
  public void close() {
    InformerMetrics ended = metrics;
    metrics = NONE;
    if (ended != NONE && !guard.run(GRACE, "kooper-" + informer + "-metrics", ended::close)) {
      log.warn("informer {}: its metrics have not closed within {}; its end does not wait for them any longer", informer, GRACE);
    }
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
    guard.run(() -> metrics.undecodable());
  }
}
