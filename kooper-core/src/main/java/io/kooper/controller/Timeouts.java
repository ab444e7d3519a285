package io.kooper.controller;

import io.kooper.clock.Clock;
import io.kooper.internal.Durations;
import io.kooper.internal.Log;
import io.kooper.internal.Loop;
import io.kooper.metrics.ControllerMetrics;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/** Cancels jobs that take longer than they may. Their keys stay theirs until they have really ended. */
final class Timeouts implements Runnable {

  private static final Log log = Log.of(Timeouts.class);

  private record Entry(Job<?> job, long due) {}

  private final String name;
  private final Duration timeout;
  private final Clock clock;
  private final ControllerMetrics metrics;
  private final FailureLog failures;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final Deque<Entry> entries = new ArrayDeque<>(); // the earliest first, since all have the same timeout
  private boolean stopped;
  private volatile @Nullable Thread thread;

  Timeouts(String name, Duration timeout, Clock clock, ControllerMetrics metrics, FailureLog failures) {
    this.name = name;
    this.timeout = timeout;
    this.clock = clock;
    this.metrics = metrics;
    this.failures = failures;
  }

  void start() {
    Thread started = new Thread(this, "kooper-" + name + "-timeouts");
    started.setDaemon(true);
    thread = started;
    started.start();
  }

  /** Null before it is started. */
  @Nullable Thread thread() {
    return thread;
  }

  void watch(Job<?> job) {
    lock.lock();
    try {
      entries.add(new Entry(job, clock.nanoTime() + Durations.nanos(timeout)));
      changed.signal();
    } finally {
      lock.unlock();
    }
  }

  /** The job has ended. */
  void forget(Job<?> job) {
    lock.lock();
    try {
      entries.removeIf(entry -> entry.job == job); // as many as there are workers
    } finally {
      lock.unlock();
    }
  }

  /** Waits for the thread, which may still have to say that a job was late, but not longer than {@code limit}. */
  void stop(Duration limit) {
    lock.lock();
    try {
      stopped = true;
      changed.signal();
    } finally {
      lock.unlock();
    }
    Thread running = thread;
    if (running != null) {
      try {
        running.join(limit.toMillis());
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }

  @Override
  public void run() {
    Loop.run(log, "{}: the thread that watches timeouts failed; it goes on", name, this::once);
  }

  private boolean once() {
    Entry late = awaitLate();
    if (late == null) {
      return false;
    }
    late.job.timeOut();
    forget(late.job); // only now: what fails before is done again
    failures.timedOut(late.job, timeout);
    metrics.timedOut();
    return true;
  }

  /** Waits for a job that takes too long; null when it is over. */
  private @Nullable Entry awaitLate() {
    lock.lock();
    try {
      while (!stopped) {
        Entry first = entries.peek();
        long left = first == null ? Long.MAX_VALUE : first.due - clock.nanoTime();
        if (first != null && left <= 0) {
          return first;
        }
        await(left);
      }
      return null;
    } finally {
      lock.unlock();
    }
  }

  private void await(long nanos) {
    try {
      clock.await(lock, changed, nanos);
    } catch (InterruptedException e) {
      log.debug("{}: the thread that watches timeouts was interrupted, which nobody should do", name);
    }
  }
}
