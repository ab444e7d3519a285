package io.kooper.controller;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.kooper.clock.Clock;
import io.kooper.internal.Durations;
import io.kooper.internal.Log;
import io.kooper.metrics.ControllerMetrics;
import io.kooper.metrics.EventType;
import io.kooper.queue.Lane;
import io.kooper.queue.WorkQueue;
import io.kooper.retrieve.ObjectKey;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Adds every key to the lowest lane once an interval, so that what was given up, or changed outside of Kubernetes, is seen
 * again. The adds of one round are spread over half of the interval, and rounds begin up to a tenth early or late.
 */
final class Resync<T extends HasMetadata> implements Runnable {

  private static final Log log = Log.of(Resync.class);

  private static final int STEPS = 64;

  private final String name;
  private final Deliveries<T> deliveries;
  private final WorkQueue<ObjectKey> queue;
  private final long interval; // nanoseconds
  private final int retries;
  private final Clock clock;
  private final ControllerMetrics metrics;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition stopping = lock.newCondition();
  private boolean stopped; // guarded by lock
  private long begun; // from the clock; written before the thread starts

  Resync(String name, Deliveries<T> deliveries, WorkQueue<ObjectKey> queue, Duration interval, int retries, Clock clock,
      ControllerMetrics metrics) {
    this.name = name;
    this.deliveries = deliveries;
    this.queue = queue;
    this.interval = Durations.nanos(interval);
    this.retries = retries;
    this.clock = clock;
    this.metrics = metrics;
  }

  /** The first interval begins now, and not when its thread gets its turn: a test's clock may be moved before that. */
  void start() {
    begun = clock.nanoTime();
    Thread thread = new Thread(this, "kooper-" + name + "-resync");
    thread.setDaemon(true);
    thread.start();
  }

  void stop() {
    lock.lock();
    try {
      stopped = true;
      stopping.signalAll();
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void run() {
    long due = begun;
    while (true) {
      due += (long) (interval * (0.9 + 0.2 * ThreadLocalRandom.current().nextDouble()));
      if (!sleepUntil(due)) {
        return;
      }
      try {
        round(due);
      } catch (Throwable t) { // an Error too: without resyncs, what was given up would be lost
        log.error("{}: a resync failed; the next one comes", name, t);
      }
      due = Math.max(due, clock.nanoTime() - interval / 2); // after a long pause, not one round for each that was missed
    }
  }

  private void round(long start) {
    List<ObjectKey> keys = deliveries.keys();
    int step = (keys.size() + STEPS - 1) / STEPS;
    for (int i = 0; i < keys.size(); i++) {
      if (i % step == 0 && !sleepUntil(start + (long) (0.5 * interval * i / keys.size()))) {
        return;
      }
      int failures = deliveries.failures(keys.get(i));
      boolean retried = failures > 0 && failures <= retries; // a retry is on its way, and its back-off holds
      if (!retried && queue.add(keys.get(i), Lane.RESYNC)) {
        metrics.queued(EventType.RESYNC);
      }
    }
  }

  /** Whether to go on. */
  private boolean sleepUntil(long time) {
    lock.lock();
    try {
      for (long left; !stopped && (left = time - clock.nanoTime()) > 0; ) {
        clock.await(lock, stopping, left);
      }
      return !stopped;
    } catch (InterruptedException e) {
      log.debug("{}: the resync was interrupted, which nobody should do", name);
      return sleepUntil(time);
    } finally {
      lock.unlock();
    }
  }
}
