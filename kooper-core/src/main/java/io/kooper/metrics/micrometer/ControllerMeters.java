package io.kooper.metrics.micrometer;

import io.kooper.metrics.ControllerFigures;
import io.kooper.metrics.ControllerMetrics;
import io.kooper.metrics.EventType;
import io.kooper.queue.Lane;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** The meters of one controller, looked up once. */
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
  private final Counter termless;

  ControllerMeters(Registration registration, ControllerFigures figures, List<Duration> buckets) {
    this.registration = registration;
    gauges(registration, figures);

    queued = Registration.each(EventType.class, type -> registration.counter("kooper.controller.queued.events",
        "Events that asked for a call, also those merged with one that waits.", "type", type.label()));
    processed = Registration.each(EventType.class, type -> registration.counter("kooper.controller.processed.events",
        "Calls of the handler that have ended, well or not.", "type", type.label()));
    errors = Registration.each(EventType.class, type -> registration.counter("kooper.controller.processed.event.errors",
        "Calls of the handler that have failed.", "type", type.label()));
    durations = Registration.each(EventType.class, type -> registration.timer("kooper.controller.processed.event.duration",
        "How long calls of the handler took.", buckets, "type", type.label()));
    waits = registration.timer("kooper.controller.event.in.queue.duration",
        "How long keys were ready before a worker took them.", WAITS);
    retries = registration.counter("kooper.controller.event.retries", "Failed calls that will be repeated.");
    givenUp = registration.counter("kooper.controller.given.up.events",
        "Failed calls that are not repeated before the next change or resync.");
    termless = registration.counter("kooper.controller.termless.keys",
        "Keys that were not called for want of a term, or of one of their shard.");
    timeouts = registration.counter("kooper.controller.handler.timeouts", "Calls cancelled since they took too long.");
  }

  private static void gauges(Registration r, ControllerFigures figures) {
    for (Lane lane : Lane.values()) {
      r.gauge("kooper.controller.event.queue.length", "Keys that are ready for a worker.",
          figures, f -> f.queueLength(lane), "lane", Registration.label(lane));
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
    figures.informers().forEach(name -> r.gauge("kooper.controller.informer.info", "Which informers it uses: always 1.",
        figures, f -> 1, "informer", name));
  }

  @Override
  public void queued(EventType type) {
    Registration.of(queued, type).increment();
  }

  @Override
  public void taken(long waitedNanos) {
    waits.record(waitedNanos, TimeUnit.NANOSECONDS);
  }

  @Override
  public void processed(EventType type, long tookNanos, boolean succeeded) {
    Registration.of(processed, type).increment();
    if (!succeeded) {
      Registration.of(errors, type).increment();
    }
    Registration.of(durations, type).record(tookNanos, TimeUnit.NANOSECONDS);
  }

  @Override
  public void retried() {
    retries.increment();
  }

  @Override
  public void termless() {
    termless.increment();
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
  public void close() {
    registration.removeGauges();
  }
}
