package io.kooper.controller;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.kooper.clock.Clock;
import io.kooper.handler.Handler;
import io.kooper.informer.Informer;
import io.kooper.informer.InformerHealth;
import io.kooper.informer.InformerListener;
import io.kooper.queue.Lane;
import io.kooper.queue.RateLimiter;
import io.kooper.queue.WorkQueue;
import io.kooper.retrieve.ObjectKey;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Puts the parts together and gives them one life. */
final class DefaultController<T extends HasMetadata> implements Controller {

  private static final Logger log = LoggerFactory.getLogger(DefaultController.class);

  /** For handlers to end once they were interrupted. */
  static final Duration GRACE = Duration.ofSeconds(5);

  private enum State { NEW, RUNNING, STOPPING, ENDED }

  private final String name;
  private final Informer<T> informer;
  private final WorkQueue<ObjectKey> queue;
  private final Deliveries<T> deliveries;
  private final Workers<T> workers;
  private final @Nullable Resync<T> resync;
  private final int workerCount;
  private final @Nullable Executor executor;
  private final @Nullable Duration syncTimeout;
  private final Duration stopDeadline;
  private final Clock clock;

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition(); // state or synced
  private final CountDownLatch ended = new CountDownLatch(1);
  private State state = State.NEW; // guarded by lock
  private boolean synced; // guarded by lock
  private volatile @Nullable RuntimeException failure; // why run() ended early

  DefaultController(ControllerBuilder<T> builder) {
    var retriever = Objects.requireNonNull(builder.retriever);
    Handler<T> handler = Objects.requireNonNull(builder.handler);
    this.name = builder.name == null ? retriever.plural() : builder.name;
    this.workerCount = builder.workers;
    this.executor = builder.executor;
    this.syncTimeout = builder.syncTimeout;
    this.stopDeadline = builder.stopDeadline;
    this.clock = builder.clock;
    this.informer = Informer.builder(retriever).name(name).transform(builder.transform).clock(clock).build();
    this.queue = WorkQueue.<ObjectKey>builder()
        .name(name)
        .clock(clock)
        .rateLimiter(builder.rateLimiter == null ? RateLimiter.standard(clock) : builder.rateLimiter)
        .build();
    this.deliveries = new Deliveries<>(informer.store(), queue);
    // decorators from the outside in: what comes after a failure, then the call itself
    Processor<T> chain = new RetryProcessor<>(
        job -> job.call(handler), queue, deliveries, builder.retries, builder.resync != null);
    this.workers = new Workers<>(name, queue, deliveries, informer.store(), chain);
    this.resync = builder.resync == null
        ? null
        : new Resync<>(name, deliveries, queue, builder.resync, builder.retries, clock);
    informer.addListener(deliveries);
    builder.listeners.forEach(informer::addListener);
    informer.addListener(new SyncSignal());
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public void run() {
    begin();
    boolean interrupted = false;
    try {
      informer.start();
      if (awaitSync()) {
        workers.start(workerCount, executor);
        if (resync != null) {
          resync.start();
        }
        log.info("controller {}: running with {} worker(s)", name, workerCount);
        awaitStop();
      }
    } catch (InterruptedException e) {
      interrupted = true;
    } catch (ControllerException e) {
      failure = e;
    } catch (Throwable t) { // an Error too, as when there is no memory for a thread
      failure = failed("could not start: " + t, t);
    } finally {
      try {
        interrupted |= stop();
      } finally {
        end(interrupted);
      }
    }
    if (failure != null) {
      throw failure;
    }
  }

  private void begin() {
    lock.lock();
    try {
      if (state != State.NEW) {
        throw new IllegalStateException("controller " + name + " has " + (state == State.ENDED ? "ended" : "been started")
            + " already, and runs only once: build a new one");
      }
      state = State.RUNNING;
    } finally {
      lock.unlock();
    }
  }

  /** Whether all objects have been seen; false when it was closed before. */
  private boolean awaitSync() throws InterruptedException {
    long timeout = syncTimeout == null ? Long.MAX_VALUE : ControllerBuilder.nanos(syncTimeout);
    long start = clock.nanoTime();
    lock.lock();
    try {
      while (!synced && state == State.RUNNING) {
        long left = timeout == Long.MAX_VALUE ? timeout : timeout - (clock.nanoTime() - start);
        if (left <= 0) {
          var cause = informer.health().lastError();
          throw failed("did not sync within " + syncTimeout
              + (cause == null ? ": the list has not ended yet" : ": " + cause.getMessage()), cause);
        }
        clock.await(lock, changed, left);
      }
      return state == State.RUNNING;
    } finally {
      lock.unlock();
    }
  }

  private void awaitStop() throws InterruptedException {
    lock.lock();
    try {
      while (state == State.RUNNING) {
        clock.await(lock, changed, Long.MAX_VALUE);
      }
    } finally {
      lock.unlock();
    }
  }

  /**
   * Ends all in this order: intake, workers while the store still lives, informer. Returns whether this thread was
   * interrupted meanwhile, which counts as the end of the deadline.
   */
  private boolean stop() {
    requestStop();
    if (resync != null) {
      resync.stop();
    }
    queue.shutDown(Set.of(Lane.RESYNC));
    boolean interrupted = false;
    boolean drained = false;
    if (workers.started()) {
      try {
        drained = queue.awaitDrained(failure == null ? stopDeadline : Duration.ZERO);
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    queue.shutDownNow();
    if (!drained) {
      workers.cancel();
      try {
        drained = queue.awaitDrained(GRACE);
      } catch (InterruptedException e) {
        interrupted = true;
        drained = queue.inFlight() == 0;
      }
    }
    informer.close();
    if (!drained) {
      ControllerException stuck = failed("stopped, but handlers still run though they were interrupted, for "
          + queue.processing() + ": make them end when their context is cancelled", failure);
      failure = stuck;
    }
    log.info("controller {}: ended; {} queued calls were dropped", name, queue.dropped());
    return interrupted;
  }

  private void requestStop() {
    lock.lock();
    try {
      if (state == State.RUNNING) {
        state = State.STOPPING;
        changed.signalAll();
      } else if (state == State.NEW) {
        state = State.ENDED;
        ended.countDown();
        informer.close();
      }
    } finally {
      lock.unlock();
    }
  }

  private void end(boolean interrupted) {
    lock.lock();
    try {
      state = State.ENDED;
    } finally {
      lock.unlock();
    }
    ended.countDown();
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void close() {
    requestStop();
    if (workers.isWorker()) {
      return; // it would wait for itself
    }
    try {
      ended.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public Health health() {
    State now;
    boolean allSeen;
    lock.lock();
    try {
      now = state;
      allSeen = synced;
    } finally {
      lock.unlock();
    }
    InformerHealth watch = informer.health();
    boolean broken = now == State.RUNNING && informer.ended();
    boolean working = now == State.RUNNING && allSeen && !broken;
    int missing = workerCount - workers.alive();
    var error = watch.lastError();
    String because = error == null ? "" : ": " + error.getMessage();
    List<String> reasons = new ArrayList<>();
    if (now != State.RUNNING) {
      reasons.add(name + notRunning(now));
    } else if (broken) {
      reasons.add(name + " gets no changes any more: its informer's thread has ended");
    } else if (!allSeen) {
      reasons.add(name + " has not seen all objects yet" + because);
    } else if (!watch.watching()) {
      reasons.add(name + " is not watching since " + watch.since() + because);
    }
    if (working && missing > 0) {
      reasons.add(name + " has " + workers.alive() + " of " + workerCount + " workers running");
    }
    return new Health(now != State.ENDED && !broken, working && missing == 0, watch, reasons);
  }

  private String notRunning(State now) {
    RuntimeException why = failure;
    return switch (now) {
      case NEW -> " was not run yet";
      case RUNNING -> " runs";
      case STOPPING -> " stops";
      case ENDED -> " has ended" + (why == null ? "" : ": " + why.getMessage());
    };
  }

  /** For tests. */
  WorkQueue<ObjectKey> queue() {
    return queue;
  }

  private ControllerException failed(String what, @Nullable Throwable cause) {
    return new ControllerException("controller " + name + " " + what, cause);
  }

  /** Wakes run() when all objects have been seen. */
  private final class SyncSignal implements InformerListener<T> {

    @Override
    public void synced() {
      lock.lock();
      try {
        synced = true;
        changed.signalAll();
      } finally {
        lock.unlock();
      }
    }

    @Override
    public void added(T object, boolean initial) {}

    @Override
    public void updated(T before, T after) {}

    @Override
    public void deleted(T lastState) {}
  }
}
