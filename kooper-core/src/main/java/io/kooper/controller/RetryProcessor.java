package io.kooper.controller;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.kooper.handler.TerminalException;
import io.kooper.queue.Lane;
import io.kooper.queue.WorkQueue;
import io.kooper.retrieve.ObjectKey;
import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Decides what comes after a job: nothing, a call at a later time, a retry, or giving up for now. What the handler throws ends here. */
final class RetryProcessor<T extends HasMetadata> implements Processor<T> {

  private static final Logger log = LoggerFactory.getLogger(RetryProcessor.class);

  /** When a key that was given up is tried again if there is no resync to do it. */
  static final Duration PARKED = Duration.ofMinutes(1);

  private final Processor<T> next;
  private final WorkQueue<ObjectKey> queue;
  private final Deliveries<T> deliveries;
  private final int retries;
  private final boolean resynced;

  RetryProcessor(Processor<T> next, WorkQueue<ObjectKey> queue, Deliveries<T> deliveries, int retries,
      boolean resynced) {
    this.next = next;
    this.queue = queue;
    this.deliveries = deliveries;
    this.retries = retries;
    this.resynced = resynced;
  }

  @Override
  public void process(Job<T> job) {
    try {
      next.process(job);
    } catch (Job.TooLateException e) { // no failure: the handler was not called
      queue.add(job.key(), Lane.CHANGE);
      return;
    } catch (TerminalException e) {
      log.warn("{}: {} is not tried again before it changes: {}", job.controller(), job, e.getMessage(), e);
      deliveries.refused(job.key(), job.delivery());
      return;
    } catch (Throwable t) { // an Error too: the key must not be lost with it
      failed(job, t);
      return;
    }
    succeeded(job);
  }

  private void succeeded(Job<T> job) {
    Duration after = job.requestedRequeue();
    if (after == null) {
      deliveries.succeeded(job.key(), job.delivery());
    } else {
      deliveries.postponed(job.key());
      queue.addAfter(job.key(), after, Lane.RETRY);
    }
  }

  private void failed(Job<T> job, Throwable cause) {
    int failures = deliveries.failed(job.key());
    if (queue.isShutDown()) {
      log.warn("{}: {} failed while the controller stops and is left undone", job.controller(), job, cause);
    } else if (failures <= retries) {
      log.warn("{}: {} failed, attempt {}; it is tried again", job.controller(), job, job.attempt(), cause);
      queue.addRateLimited(job.key());
    } else if (resynced) {
      log.error("{}: {} failed, attempt {}; given up until it changes or the next resync", job.controller(), job,
          job.attempt(), cause);
    } else {
      log.error("{}: {} failed, attempt {}; given up until it changes, or for {}", job.controller(), job,
          job.attempt(), PARKED, cause);
      queue.addAfter(job.key(), jittered(PARKED), Lane.RETRY);
    }
  }

  private static Duration jittered(Duration duration) {
    return Duration.ofNanos((long) (duration.toNanos() * (0.9 + 0.2 * ThreadLocalRandom.current().nextDouble())));
  }
}
