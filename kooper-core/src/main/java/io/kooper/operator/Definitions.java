package io.kooper.operator;

import io.kooper.clock.Clock;
import io.kooper.controller.ControllerException;
import io.kooper.crd.CRD;
import io.kooper.internal.Durations;
import io.kooper.internal.Guard;
import io.kooper.internal.Log;
import io.kooper.internal.Loop;
import io.kooper.internal.Threads;
import io.kooper.internal.Throwables;
import io.kooper.metrics.MetricsRecorder;
import io.kooper.retrieve.Retriever;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** What has to be there before an operator's controllers start: each definition is initialized on a thread of its own. */
final class Definitions {

  /** News for who waits: a definition is done or has failed, or, without one, the wish to stop. */
  private record News(@Nullable CRD<?> ended, @Nullable Throwable failure) {}

  private static final Log log = Log.of(DefaultOperator.class);
  private static final Clock CLOCK = Clock.system();

  private final String operator;
  private final List<CRD<?>> crds;
  private final Duration timeout;
  private final Duration stopDeadline;
  private final MetricsRecorder metrics;
  private final Guard guard;

  private final ReentrantLock initializing = new ReentrantLock();
  private boolean initialized; // guarded by initializing
  private volatile @Nullable BlockingQueue<News> news; // of the attempt that is under way
  private volatile boolean closed;

  Definitions(OperatorBuilder builder) {
    this.operator = builder.name;
    this.crds = List.copyOf(builder.crds);
    this.timeout = builder.initTimeout;
    this.stopDeadline = builder.stopDeadline;
    this.guard = new Guard(log, "operator " + operator + ": its metrics");
    this.metrics = builder.metrics == null ? MetricsRecorder.NONE : builder.metrics;
  }

  /**
   * Initializes all, unless that was done before; false when they were closed first.
   *
   * @throws ControllerException when one failed, or did not end in time; it is named
   */
  boolean initialize() throws InterruptedException {
    initializing.lockInterruptibly();
    try {
      initialized = initialized || initializeAll();
      return initialized;
    } finally {
      initializing.unlock();
    }
  }

  private boolean initializeAll() throws InterruptedException {
    BlockingQueue<News> queue = new LinkedBlockingQueue<>();
    news = queue;
    if (closed) { // looked at only now: who closes looks for the queue after that
      return false;
    }
    List<Thread> threads = crds.stream().map(crd -> thread(crd, queue)).toList();
    try {
      threads.forEach(Thread::start);
      return await(queue, threads);
    } finally {
      threads.forEach(Thread::interrupt);
    }
  }

  private boolean await(BlockingQueue<News> queue, List<Thread> threads) throws InterruptedException {
    List<CRD<?>> left = new ArrayList<>(crds);
    long end = CLOCK.nanoTime() + Durations.nanos(timeout);
    long progress = DefaultOperator.PROGRESS.toNanos();
    boolean stopping = false;
    boolean all = true;
    while (!left.isEmpty()) {
      long time = end - CLOCK.nanoTime();
      News one = queue.poll(Math.min(time, progress), TimeUnit.NANOSECONDS);
      if (one == null && time > progress) {
        log.warn(stopping ? "operator {}: stopping; still initializes its definitions: {}"
            : "operator {}: initializes its definitions: {}", operator, names(left));
        progress = stopping ? progress : 2 * progress;
      } else if (one == null) {
        throw failed(stopping
            ? "was closed, but not within " + stopDeadline + " ended the initialization of " + names(left)
            : left.size() + " of " + crds.size() + " definitions were not initialized within " + timeout + ": "
                + names(left), null);
      } else if (one.ended == null) {
        stopping = true;
        progress = DefaultOperator.PROGRESS.toNanos();
        end = CLOCK.nanoTime() + Math.min(end - CLOCK.nanoTime(), Durations.nanos(stopDeadline));
        threads.forEach(Thread::interrupt);
      } else if (one.failure == null || stopping) { // it is the stop that makes them fail
        left.remove(one.ended);
        all &= one.failure == null;
      } else {
        throw failed("could not initialize its definitions: " + Throwables.message(one.failure), one.failure);
      }
    }
    return all;
  }

  private Thread thread(CRD<?> crd, BlockingQueue<News> queue) {
    return Threads.of("kooper-" + operator + "-crd-" + crd.plural(), () -> {
      Throwable failure = null;
      long start = CLOCK.nanoTime();
      try {
        crd.initialize();
      } catch (Throwable t) { // an Error too: initialize() waits for this
        failure = t;
      }
      Throwable failed = failure;
      Loop.run(log, "operator {}: the end of an initialization could not be told; it is tried again", operator,
          () -> !queue.add(new News(crd, failed)));
      record(crd, Duration.ofNanos(CLOCK.nanoTime() - start), failed == null);
    });
  }

  private void record(CRD<?> crd, Duration took, boolean succeeded) {
    guard.run(() -> metrics.crdInitialized(crd.plural(), took, succeeded));
  }

  /** What is waited for, as far as it is known. */
  List<String> pending() {
    return crds.stream().map(CRD::pending).filter(Objects::nonNull).toList();
  }

  /** Ends what is under way, and does not wait for that. */
  void close() {
    closed = true;
    BlockingQueue<News> now = news;
    if (now != null) {
      now.add(new News(null, null));
    }
  }

  private static String names(List<CRD<?>> some) {
    return some.stream().map(Retriever::plural).collect(Collectors.joining(", "));
  }

  private ControllerException failed(String what, @Nullable Throwable cause) {
    return new ControllerException("operator " + operator + " " + what, cause);
  }
}
