package io.kooper.metrics.micrometer;

import io.kooper.metrics.InformerFigures;
import io.kooper.metrics.InformerMetrics;
import io.kooper.retrieve.RetrieveException.Reason;
import io.micrometer.core.instrument.Counter;
import java.time.Duration;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The meters of one informer, looked up once. */
final class InformerMeters implements InformerMetrics {

  private final Registration registration;
  private final Counter relists;
  private final Map<Reason, Counter> listErrors;
  private final Map<Reason, Counter> watchErrors;
  private final Map<Reason, Counter> restarts;
  private final Counter ended;
  private final Counter undecodable;

  InformerMeters(Registration r, InformerFigures figures) {
    registration = r;
    r.gauge("kooper.informer.objects", "Objects in the store.", figures, InformerFigures::objects);
    r.gauge("kooper.informer.store.bytes", "About the size of the store's objects as JSON.",
        figures, InformerFigures::storeBytes);
    r.gauge("kooper.informer.synced", "Whether all objects have been seen once.", figures, f -> f.synced() ? 1 : 0);
    r.gauge("kooper.informer.watching", "Whether the last watch was accepted, and has not failed since.", figures,
        f -> f.watching() ? 1 : 0);
    r.timeGauge("kooper.informer.last.event.age", "Since the last list, event, bookmark, or beginning or end of a watch.",
        figures, InformerMeters::sinceLastEvent);
    relists = r.counter("kooper.informer.relists", "Lists that completed after the first.");
    listErrors = Registration.each(Reason.class, reason -> error(r, "list", reason));
    watchErrors = Registration.each(Reason.class, reason -> error(r, "watch", reason));
    restarts = Registration.each(Reason.class, reason -> restart(r, Registration.label(reason)));
    ended = restart(r, "ended");
    undecodable = r.counter("kooper.informer.undecodable.objects", "Objects that could not be bound.");
  }

  private static double sinceLastEvent(InformerFigures figures) {
    Duration since = figures.sinceLastEvent();
    return since == null ? Double.NaN : since.toNanos();
  }

  private static Counter error(Registration r, String operation, Reason reason) {
    return r.counter("kooper.informer.errors", "Lists and watches that failed.",
        "operation", operation, "reason", Registration.label(reason));
  }

  private static Counter restart(Registration r, String cause) {
    return r.counter("kooper.informer.watch.restarts",
        "Watches that ended, by the server's choice (ended) or for a reason.", "cause", cause);
  }

  @Override
  public void listed(boolean first) {
    if (!first) {
      relists.increment();
    }
  }

  @Override
  public void listFailed(Reason reason) {
    Registration.of(listErrors, reason).increment();
  }

  @Override
  public void watchEnded(@Nullable Reason reason) {
    if (reason == null) {
      ended.increment();
    } else {
      Registration.of(restarts, reason).increment();
      Registration.of(watchErrors, reason).increment();
    }
  }

  @Override
  public void undecodable() {
    undecodable.increment();
  }

  @Override
  public void close() {
    registration.removeGauges();
  }
}
