package io.kooper.controller;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.kooper.controller.Job.Outcome;
import io.kooper.controller.Ledger.Verdict;
import io.kooper.handler.TerminalException;
import io.kooper.internal.Guard;
import io.kooper.internal.Hook;
import io.kooper.metrics.ControllerMetrics;
import io.kooper.metrics.EventType;
import io.kooper.queue.Lane;
import io.kooper.queue.RateLimiter;
import io.kooper.queue.WorkQueue;
import io.kooper.retrieve.ObjectKey;
import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.locks.LockSupport;

/** Decides what comes after a job: nothing, a later call, a retry, or giving up for now. What the handler throws ends here. */
record RetryProcessor<T extends HasMetadata>(Processor<T> next, WorkQueue<ObjectKey> queue, Ledger<T> ledger,
    RateLimiter<ObjectKey> limiter, Guard limiting, int retries, boolean resynced, Hook<ControllerMetrics> metrics,
    FailureLog log) implements Processor<T> {

  /** When a key that was given up is tried again if there is no resync to do it. */
  static final Duration PARKED = Duration.ofMinutes(1);

  /** For a key of which the limiter cannot say how long. */
  private static final Duration WITHOUT_LIMITER = Duration.ofSeconds(1);

  private static final int ALARMING = 10; // consecutive failures: no hiccup any more

  private static final int SETTLE_ATTEMPTS = 100;
  private static final long SETTLE_PAUSE = Duration.ofMillis(100).toNanos();

  @Override
  public void process(Job<T> job) {
    try {
      next.process(job);
    } catch (Job.TooLateException e) { // no failure: the handler was not called
      job.outcome = Outcome.LEFT;
      settle(job, Verdict.NOT_CALLED);
      queue.add(job.key(), Lane.CHANGE);
      return;
    } catch (TerminalException e) {
      job.outcome = Outcome.REFUSED;
      metrics.tell(ControllerMetrics::gaveUp);
      settle(job, Verdict.REFUSED);
      log.warn(job, "is not tried again before it changes", e);
      return;
    } catch (Throwable t) { // an Error too: the key must not be lost with it
      if (!job.succeeded) { // else what goes around the call has failed, as without memory
        job.outcome = failed(job, t);
        return;
      }
    }
    settle(job);
  }

  /** The handler has taken it. Not to note that, for want of memory, would be to call it once more. */
  private void settle(Job<T> job) {
    for (int attempts = 1; job.outcome == null; attempts++) {
      try {
        job.outcome = succeeded(job);
      } catch (OutOfMemoryError e) {
        if (attempts == SETTLE_ATTEMPTS) {
          throw e;
        }
        LockSupport.parkNanos(SETTLE_PAUSE);
      }
    }
  }

  private Outcome succeeded(Job<T> job) {
    Duration after = job.requestedRequeue();
    if (after == null) {
      settle(job, Verdict.SUCCEEDED);
      return Outcome.SUCCEEDED;
    }
    settle(job, Verdict.POSTPONED);
    if (queue.addAfter(job.key(), after, Lane.RETRY)) {
      metrics.tell(told -> told.queued(EventType.REQUEUE));
    }
    return Outcome.POSTPONED;
  }

  private Outcome failed(Job<T> job, Throwable cause) {
    int failures = settle(job, Verdict.FAILED);
    if (failures <= retries && queue.addAfter(job.key(), backOff(job.key(), failures), Lane.RETRY)) {
      metrics.tell(told -> told.queued(EventType.REQUEUE));
      metrics.tell(ControllerMetrics::retried);
      if (failures == ALARMING) {
        log.error(job, "failed for the tenth time in a row; it is tried again at least once a minute", cause);
      } else {
        log.warn(job, "failed; it is tried again", cause);
      }
      return Outcome.RETRIED;
    }
    if (queue.isShutDown()) {
      log.warn(job, "failed while the controller stops, and is left undone", cause);
      return Outcome.LEFT;
    }
    metrics.tell(ControllerMetrics::gaveUp);
    if (resynced) {
      log.error(job, "failed; given up until it changes or the next resync", cause);
    } else {
      log.error(job, "failed; given up until it changes, or for " + PARKED, cause);
      queue.addAfter(job.key(), jittered(PARKED), Lane.RETRY);
    }
    return Outcome.GAVE_UP;
  }

  private int settle(Job<T> job, Verdict verdict) {
    return ledger.settle(job.key(), job.delivery, verdict, job.writes());
  }

  private Duration backOff(ObjectKey key, int failures) {
    return limiting.ask(() -> limiter.delay(key, failures), WITHOUT_LIMITER);
  }

  private static Duration jittered(Duration duration) {
    return Duration.ofNanos((long) (duration.toNanos() * (0.9 + 0.2 * ThreadLocalRandom.current().nextDouble())));
  }
}
