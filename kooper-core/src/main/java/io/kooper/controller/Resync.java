package io.kooper.controller;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.kooper.clock.Clock;
import io.kooper.internal.Durations;
import io.kooper.internal.Log;
import io.kooper.internal.Loop;
import io.kooper.internal.Monitor;
import io.kooper.internal.Threads;
import io.kooper.retrieve.ObjectKey;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/**
 * Adds every key to the lowest lane once an interval, so that what was given up, or changed outside of Kubernetes, is seen
 * again. The adds of one round are spread over half of the interval, and rounds begin up to a tenth early or late.
 */
final class Resync<T extends HasMetadata> {

  private static final Log log = Log.of(Resync.class);

  private static final int STEPS = 64;

  private final String name;
  private final Ledger<T> ledger;
  private final long interval; // nanoseconds
  private final int retries;
  private final Clock clock;
  private final Monitor monitor;
  private boolean stopped; // guarded by monitor
  private long due; // from the clock; written before the thread starts
  private volatile @Nullable Thread thread;

  Resync(String name, Ledger<T> ledger, Duration interval, int retries, Clock clock) {
    this.name = name;
    this.ledger = ledger;
    this.interval = Durations.nanos(interval);
    this.retries = retries;
    this.clock = clock;
    this.monitor = new Monitor(clock);
  }

  /** The first interval begins now, and not when its thread gets its turn: a test's clock may be moved before that. */
  void start() {
    due = clock.nanoTime();
    thread = Threads.start("kooper-" + name + "-resync",
        () -> Loop.run(log, "{}: a resync failed; the next one comes", name, this::once));
  }

  /** Null before it is started. */
  @Nullable Thread thread() {
    return thread;
  }

  void stop() {
    monitor.run(() -> stopped = true);
  }

  private boolean once() {
    long next = due + (long) (interval * (0.9 + 0.2 * ThreadLocalRandom.current().nextDouble()));
    if (!sleepUntil(next)) {
      return false;
    }
    due = next;
    try {
      return round(next);
    } finally {
      due = Math.max(due, clock.nanoTime() - interval / 2); // after a long pause, not one round for each that was missed
    }
  }

  /** Whether to go on. */
  private boolean round(long start) {
    List<ObjectKey> keys = ledger.keys();
    int step = (keys.size() + STEPS - 1) / STEPS;
    for (int i = 0; i < keys.size(); i++) {
      if (i % step == 0 && !sleepUntil(start + (long) (0.5 * interval * i / keys.size()))) {
        return false;
      }
      ledger.resync(keys.get(i), retries);
    }
    return true;
  }

  /** Whether to go on. */
  private boolean sleepUntil(long time) {
    while (true) {
      try {
        monitor.await(() -> stopped ? 0 : time - clock.nanoTime());
        return monitor.get(() -> !stopped);
      } catch (InterruptedException e) {
        log.debug("{}: the resync was interrupted, which nobody should do", name);
      }
    }
  }
}
