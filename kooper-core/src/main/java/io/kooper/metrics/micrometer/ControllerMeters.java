package io.kooper.metrics.micrometer;

import io.kooper.metrics.ControllerFigures;
import io.kooper.metrics.ControllerMetrics;
import io.kooper.metrics.EventType;
import io.kooper.queue.Lane;
import io.kooper.retrieve.RetrieveException.Reason;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** The meters of one controller and its informer, looked up once. */
final class ControllerMeters implements ControllerMetrics {

  /** Those of Kooper v2. */
  private static final List<Duration> WAITS =
      MicrometerRecorder.millis(10, 50, 100, 250, 500, 1_000, 3_000, 10_000, 20_000, 60_000, 150_000, 300_000);

  private final Registration registration;

  private final Map<EventType, Counter> queued;
  private final Map<EventType, Counter> processed;
  private final Map<EventType, Counter> errors;
  private final Map<EventType, Timer> durations;
  private final Timer waits;
  private final Counter retries;
  private final Counter givenUp;
  private final Counter timeouts;

  private final Counter relists;
  private final Map<Reason, Counter> listErrors;
  private final Map<Reason, Counter> watchErrors;
  private final Map<Reason, Counter> restarts;
  private final Counter ended;
  private final Counter undecodable;

  ControllerMeters(Registration registration, ControllerFigures figures, List<Duration> buckets) {
    this.registration = registration;
    gauges(registration, figures);

    queued = each(EventType.class, type -> registration.counter("kooper.controller.queued.events",
        "Events that asked for a call, also those merged with one that waits.", "type", type.label()));
    processed = each(EventType.class, type -> registration.counter("kooper.controller.processed.events",
        "Calls of the handler that have ended, well or not.", "type", type.label()));
    errors = each(EventType.class, type -> registration.counter("kooper.controller.processed.event.errors",
        "Calls of the handler that have failed.", "type", type.label()));
    durations = each(EventType.class, type -> registration.timer("kooper.controller.processed.event.duration",
        "How long calls of the handler took.", buckets, "type", type.label()));
    waits = registration.timer("kooper.controller.event.in.queue.duration",
        "How long keys were ready before a worker took them.", WAITS);
    retries = registration.counter("kooper.controller.event.retries", "Failed calls that will be repeated.");
    givenUp = registration.counter("kooper.controller.given.up.events",
        "Failed calls that are not repeated before the next change or resync.");
    timeouts = registration.counter("kooper.controller.handler.timeouts", "Calls cancelled since they took too long.");

    relists = registration.counter("kooper.informer.relists", "Lists that completed after the first.");
    listErrors = each(Reason.class, reason -> error(registration, "list", reason));
    watchErrors = each(Reason.class, reason -> error(registration, "watch", reason));
    restarts = each(Reason.class, reason -> restart(registration, label(reason)));
    ended = restart(registration, "ended");
    undecodable = registration.counter("kooper.informer.undecodable.objects", "Objects that could not be bound.");
  }

  private static void gauges(Registration r, ControllerFigures figures) {
    for (Lane lane : Lane.values()) {
      r.gauge("kooper.controller.event.queue.length", "Keys that are ready for a worker.",
          figures, f -> f.queueLength(lane), "lane", label(lane));
    }
    r.gauge("kooper.controller.delayed.events", "Keys that wait for their back-off or requeueAfter.",
        figures, ControllerFigures::delayed);
    r.gauge("kooper.controller.in.flight.events", "Keys that workers have.", figures, ControllerFigures::inFlight);
    r.gauge("kooper.controller.failing.objects", "Objects whose last call failed.", figures, ControllerFigures::failing);
    r.gauge("kooper.controller.paused.objects", "Objects that are paused.", figures, ControllerFigures::paused);
    r.gauge("kooper.controller.looping.objects", "Objects that are called again and again while their generation stays.",
        figures, ControllerFigures::looping);
    r.gauge("kooper.controller.workers", "Workers that run.", figures, ControllerFigures::workers);
    r.timeGauge("kooper.controller.oldest.event.waiting", "How long the oldest ready key has been ready.",
        figures, f -> f.oldestWaiting().toNanos());
    r.timeGauge("kooper.controller.longest.handler.running", "For how long the longest call has been running.",
        figures, f -> f.longestRunning().toNanos());

    r.gauge("kooper.informer.objects", "Objects in the store.", figures, ControllerFigures::objects);
    r.gauge("kooper.informer.store.bytes", "About the size of the store's objects as JSON.",
        figures, ControllerFigures::storeBytes);
    r.gauge("kooper.informer.synced", "Whether all objects have been seen once.", figures, f -> f.synced() ? 1 : 0);
    r.gauge("kooper.informer.watching", "Whether the last watch was accepted, and has not failed since.", figures,
        f -> f.watching() ? 1 : 0);
    r.timeGauge("kooper.informer.last.event.age", "Since the last list, event, bookmark, or beginning or end of a watch.",
        figures, ControllerMeters::sinceLastEvent);
  }

  private static double sinceLastEvent(ControllerFigures figures) {
    Duration since = figures.sinceLastEvent();
    return since == null ? Double.NaN : since.toNanos();
  }

  private static Counter error(Registration r, String operation, Reason reason) {
    return r.counter("kooper.informer.errors", "Lists and watches that failed.",
        "operation", operation, "reason", label(reason));
  }

  private static Counter restart(Registration r, String cause) {
    return r.counter("kooper.informer.watch.restarts",
        "Watches that ended, by the server's choice (ended) or for a reason.", "cause", cause);
  }

  private static String label(Enum<?> value) {
    return value.name().toLowerCase(Locale.ROOT);
  }

  private static <E extends Enum<E>, V> Map<E, V> each(Class<E> type, Function<E, V> value) {
    Map<E, V> all = new EnumMap<>(type);
    for (E constant : type.getEnumConstants()) {
      all.put(constant, value.apply(constant));
    }
    return all;
  }

  private static <E extends Enum<E>, V> V of(Map<E, V> all, E constant) {
    return Objects.requireNonNull(all.get(constant)); // each constant has one
  }

  @Override
  public void queued(EventType type) {
    of(queued, type).increment();
  }

  @Override
  public void taken(long waitedNanos) {
    waits.record(waitedNanos, TimeUnit.NANOSECONDS);
  }

  @Override
  public void processed(EventType type, long tookNanos, boolean succeeded) {
    of(processed, type).increment();
    if (!succeeded) {
      of(errors, type).increment();
    }
    of(durations, type).record(tookNanos, TimeUnit.NANOSECONDS);
  }

  @Override
  public void retried() {
    retries.increment();
  }

  @Override
  public void gaveUp() {
    givenUp.increment();
  }

  @Override
  public void timedOut() {
    timeouts.increment();
  }

  @Override
  public void listed(boolean first) {
    if (!first) {
      relists.increment();
    }
  }

  @Override
  public void listFailed(Reason reason) {
    of(listErrors, reason).increment();
  }

  @Override
  public void watchEnded(@Nullable Reason reason) {
    if (reason == null) {
      ended.increment();
    } else {
      of(restarts, reason).increment();
      of(watchErrors, reason).increment();
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
