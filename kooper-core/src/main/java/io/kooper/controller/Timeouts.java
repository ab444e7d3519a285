package io.kooper.controller;

import io.kooper.clock.Clock;
import io.kooper.internal.Durations;
import io.kooper.internal.Hook;
import io.kooper.internal.Log;
import io.kooper.internal.Loop;
import io.kooper.internal.Monitor;
import io.kooper.internal.Threads;
import io.kooper.metrics.ControllerMetrics;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import org.jspecify.annotations.Nullable;

/** Cancels jobs whose handlers take longer than they may. Their keys stay theirs until they have really ended. */
final class Timeouts {

  private record Watched(Job<?> job, long since) {}

  private static final Log log = Log.of(Timeouts.class);

  private final String name;
  private final Duration timeout;
  private final Clock clock;
  private final Hook<ControllerMetrics> metrics;
  private final FailureLog failures;
  private final Monitor monitor;
  private final Deque<Watched> jobs = new ArrayDeque<>(); // the earliest first; as the next
  private boolean stopped; // guarded by monitor
  private volatile @Nullable Thread thread;

  Timeouts(String name, Duration timeout, Clock clock, Hook<ControllerMetrics> metrics, FailureLog failures) {
    this.name = name;
    this.timeout = timeout;
    this.clock = clock;
    this.metrics = metrics;
    this.failures = failures;
    this.monitor = new Monitor(clock);
  }

  void start() {
    thread = Threads.start("kooper-" + name + "-timeouts",
        () -> Loop.run(log, "{}: the thread that watches timeouts failed; it goes on", name, this::once));
  }

  /** Null before it is started. */
  @Nullable Thread thread() {
    return thread;
  }

  /** The handler is called next. What comes before is not its time: else it might never be called. */
  void watch(Job<?> job) {
    monitor.run(() -> jobs.add(new Watched(job, clock.nanoTime())));
  }

  /** The job has ended. */
  void forget(Job<?> job) {
    monitor.get(() -> jobs.removeIf(one -> one.job == job)); // as many as there are workers
  }

  /** Waits for the thread, which may still have to say that a job was late, but not longer than {@code limit}. */
  void stop(Duration limit) {
    monitor.run(() -> stopped = true);
    Thread running = thread;
    if (running != null) {
      Threads.join(running, limit);
    }
  }

  private boolean once() {
    try {
      monitor.await(this::untilLate);
    } catch (InterruptedException e) {
      log.debug("{}: the thread that watches timeouts was interrupted, which nobody should do", name);
      return true;
    }
    Job<?> late = monitor.get(() -> stopped || untilLate() > 0 ? null : jobs.element().job);
    if (late != null) {
      late.timeOut();
      forget(late); // only now: what fails before is done again
      failures.timedOut(late, timeout);
      metrics.tell(ControllerMetrics::timedOut);
    }
    return monitor.get(() -> !stopped);
  }

  /** How long until a job takes too long, in nanoseconds; 0 when there is no more to do. */
  private long untilLate() {
    Watched first = jobs.peek();
    return stopped ? 0 : first == null ? Long.MAX_VALUE : first.since + Durations.nanos(timeout) - clock.nanoTime();
  }
}
