package io.kooper.controller;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.kooper.controller.Job.Outcome;
import io.kooper.tracing.ControllerTracing;
import io.kooper.tracing.Trace;
import java.util.function.Consumer;
import java.util.function.ToIntFunction;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Traces a whole job, and within it the handler's call: one decorator around the retries, one within them. */
final class TracedProcessor<T extends HasMetadata> implements Processor<T> {

  private static final Logger log = LoggerFactory.getLogger(TracedProcessor.class);

  private final ControllerTracing tracing;
  private final Processor<T> next;
  private final int retries;
  private final ToIntFunction<Job<T>> failures;

  /** @param failures how often in a row the job's key has failed by now */
  TracedProcessor(ControllerTracing tracing, Processor<T> next, int retries, ToIntFunction<Job<T>> failures) {
    this.tracing = tracing;
    this.next = next;
    this.retries = retries;
    this.failures = failures;
  }

  /** The decorator of the call alone. */
  static <T extends HasMetadata> Processor<T> call(Processor<T> next) {
    return job -> {
      tell(job, Trace::handlerStarted);
      Throwable failure = null;
      try {
        next.process(job);
      } catch (Throwable t) {
        failure = t;
        throw t;
      } finally {
        Throwable thrown = failure;
        tell(job, trace -> trace.handlerEnded(thrown));
      }
    };
  }

  @Override
  public void process(Job<T> job) throws Throwable {
    job.trace(begin(job));
    try {
      next.process(job);
    } finally {
      Outcome outcome = job.outcome();
      boolean succeeded = outcome == Outcome.SUCCEEDED || outcome == Outcome.POSTPONED;
      int failed = failures.applyAsInt(job);
      tell(job, trace -> {
        if (outcome == Outcome.RETRIED) {
          trace.requeued(retries - failed, failed);
        } else if (outcome == Outcome.SUCCEEDED || outcome == Outcome.GAVE_UP) {
          trace.forgotten(succeeded);
        }
      });
      tell(job, trace -> trace.ended(succeeded));
    }
  }

  private @Nullable Trace begin(Job<T> job) {
    try {
      return tracing.begin(job.key(), job.delivery().delete(), job.attempt());
    } catch (RuntimeException | Error e) {
      log.warn("{}: {} is not traced: {}", job.controller(), job, e.toString(), e);
      return null;
    }
  }

  private static void tell(Job<?> job, Consumer<Trace> event) {
    Trace trace = job.trace();
    if (trace == null) {
      return;
    }
    try {
      event.accept(trace);
    } catch (RuntimeException | Error e) { // what traces must not disturb
      log.warn("{}: a trace of {} failed: {}", job.controller(), job, e.toString(), e);
    }
  }
}
