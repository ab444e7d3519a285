package io.kooper.controller;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.kooper.controller.Job.Outcome;
import io.kooper.internal.Guard;
import io.kooper.tracing.Trace;
import java.util.function.Consumer;
import java.util.function.Function;

/** Traces jobs: one decorator goes around the retries, one, within them, around the handler's call. */
record Tracer<T extends HasMetadata>(Function<Job<T>, Trace> begin, Ledger<T> ledger, int retries, Guard guard) {

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
      job.trace = guard.ask(() -> begin.apply(job));
      try {
        next.process(job);
      } finally {
        end(job);
      }
    };
  }

  private void end(Job<T> job) {
    Outcome outcome = job.outcome;
    boolean succeeded = outcome == Outcome.SUCCEEDED || outcome == Outcome.POSTPONED;
    if (outcome == Outcome.RETRIED) {
      int failures = ledger.failures(job.key());
      tell(job, trace -> trace.requeued(retries - failures, failures));
    } else if (outcome == Outcome.SUCCEEDED || outcome == Outcome.GAVE_UP) {
      tell(job, trace -> trace.forgotten(succeeded));
    }
    tell(job, trace -> trace.ended(succeeded));
  }

  private void tell(Job<?> job, Consumer<Trace> event) {
    Trace trace = job.trace;
    if (trace != null) {
      guard.run(() -> event.accept(trace));
    }
  }
}
