package io.kooper.controller;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.kooper.clock.Clock;
import io.kooper.metrics.ControllerMetrics;

/** Counts the handler's calls and takes their times. */
record MeteredProcessor<T extends HasMetadata>(Processor<T> next, ControllerMetrics metrics, Clock clock)
    implements Processor<T> {

  @Override
  public void process(Job<T> job) throws Throwable {
    long start = clock.nanoTime();
    boolean succeeded = false;
    try {
      next.process(job);
      succeeded = true;
    } finally {
      metrics.processed(job.delivery().type(), clock.nanoTime() - start, succeeded);
    }
  }
}
