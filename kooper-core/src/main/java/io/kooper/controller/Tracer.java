package io.kooper.controller;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.kooper.controller.Job.Outcome;
import io.kooper.internal.Log;
import io.kooper.tracing.ControllerTracing;
import io.kooper.tracing.Trace;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Traces jobs: one decorator goes around the retries, one, within them, around the handler's call. */
final class Tracer<T extends HasMetadata> {

  private static final Log log = Log.of(Tracer.class);

  private final String controller;
  private final ControllerTracing tracing;
  private final Deliveries<T> deliveries;
  private final int retries;
  private final AtomicBoolean failed = new AtomicBoolean();

  Tracer(String controller, ControllerTracing tracing, Deliveries<T> deliveries, int retries) {
    this.controller = controller;
    this.tracing = tracing;
    this.deliveries = deliveries;
    this.retries = retries;
  }

  /** The decorator of the call alone. */
  Processor<T> call(Processor<T> call) {
    return job -> {
      tell(job, Trace::handlerStarted);
      Throwable failure = null;
      try {
        call.process(job);
      } catch (Throwable t) {
        failure = t;
        throw t;
      } finally {
        Throwable thrown = failure;
        tell(job, trace -> trace.handlerEnded(thrown));
      }
    };
  }

  /** The decorator of all that is done for a job. */
  Processor<T> job(Processor<T> next) {
    return job -> {
      job.trace(begin(job));
      try {
        next.process(job);
      } finally {
        end(job);
      }
    };
  }

  private @Nullable Trace begin(Job<T> job) {
    try {
      return tracing.begin(job.key(), job.delivery().delete(), job.attempt());
    } catch (RuntimeException | Error e) {
      complain(e);
      return null;
    }
  }

  private void end(Job<T> job) {
    Outcome outcome = job.outcome();
    boolean succeeded = outcome == Outcome.SUCCEEDED || outcome == Outcome.POSTPONED;
    if (outcome == Outcome.RETRIED) {
      int failures = deliveries.failures(job.key());
      tell(job, trace -> trace.requeued(retries - failures, failures));
    } else if (outcome == Outcome.SUCCEEDED || outcome == Outcome.GAVE_UP) {
      tell(job, trace -> trace.forgotten(succeeded));
    }
    tell(job, trace -> trace.ended(succeeded));
  }

  private void tell(Job<?> job, Consumer<Trace> event) {
    Trace trace = job.trace();
    if (trace == null) {
      return;
    }
    try {
      event.accept(trace);
    } catch (RuntimeException | Error e) { // what traces must not disturb
      complain(e);
    }
  }

  private void complain(Throwable cause) {
    if (failed.compareAndSet(false, true)) {
      log.warn("{}: its tracing failed; further failures are not logged", controller, cause);
    }
  }
}
