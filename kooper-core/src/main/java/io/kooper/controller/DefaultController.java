package io.kooper.controller;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.kooper.clock.Clock;
import io.kooper.controller.Lifecycle.State;
import io.kooper.handler.Handler;
import io.kooper.informer.Informer;
import io.kooper.informer.InformerHealth;
import io.kooper.informer.InformerListener;
import io.kooper.leaderelection.Leadership;
import io.kooper.leaderelection.Runner;
import io.kooper.queue.Lane;
import io.kooper.queue.RateLimiter;
import io.kooper.queue.WorkQueue;
import io.kooper.retrieve.ObjectKey;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Puts the parts together and gives them one life. */
final class DefaultController<T extends HasMetadata> implements Controller {

  private static final Logger log = LoggerFactory.getLogger(DefaultController.class);

  /** For handlers to end once they were interrupted. */
  static final Duration GRACE = Duration.ofSeconds(5);

  private final String name;
  private final Informer<T> informer;
  private final WorkQueue<ObjectKey> queue;
  private final Deliveries<T> deliveries;
  private final Workers<T> workers;
  private final @Nullable Resync<T> resync;
  private final @Nullable Timeouts timeouts;
  private final Runner runner;
  private final boolean warmStandby;
  private final boolean campaignAgain;
  private final int workerCount;
  private final @Nullable Executor executor;
  private final @Nullable Duration syncTimeout;
  private final Duration stopDeadline;
  private final Clock clock;

  private final Lifecycle life;
  private boolean interrupted; // the thread in run(), by somebody else than close(); used by that thread alone
  private volatile boolean informing; // the informer was started, which can be done only once; written by that thread
  private volatile @Nullable RuntimeException failure; // why run() ended early

  DefaultController(ControllerBuilder<T> builder, ControllerDefaults defaults) {
    var retriever = Objects.requireNonNull(builder.retriever);
    Handler<T> handler = Objects.requireNonNull(builder.handler);
    this.name = builder.name == null ? retriever.plural() : builder.name;
    this.workerCount = builder.workers;
    this.executor = builder.executor;
    this.syncTimeout = builder.syncTimeout;
    this.stopDeadline = builder.stopDeadline;
    this.clock = builder.clock;
    Runner election = builder.election == null ? defaults.election() : builder.election;
    this.runner = election == null ? Runner.ALWAYS : election;
    this.warmStandby = builder.warmStandby;
    this.campaignAgain = builder.campaignAgain;
    this.life = new Lifecycle(name, clock);
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
    this.timeouts = builder.handlerTimeout == null ? null : new Timeouts(name, builder.handlerTimeout, clock);
    this.workers = new Workers<>(name, queue, deliveries, informer.store(), chain, timeouts);
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
    life.begin();
    try {
      if (warmStandby) {
        inform();
      }
      do {
        runner.run(this::lead);
      } while (life.awaitsLeadership());
    } catch (InterruptedException e) {
      interrupted |= life.state() == State.RUNNING; // else it is close() that ended the wait for the leadership
    } catch (ControllerException e) {
      failure = e;
    } catch (Throwable t) { // an Error too, as when there is no memory for a thread
      failure = failed("could not start: " + t, t);
    } finally {
      finish();
    }
    if (failure != null) {
      throw failure;
    }
  }

  /** One term as the leader, or the only one of a controller without election. Returns when nothing of it goes on. */
  private void lead(Leadership leadership) throws InterruptedException {
    if (!life.beginTerm()) {
      return;
    }
    try {
      inform(); // a cold standby begins with its first term, which may have ended before all was seen
      leadership.onEnd(life::signal);
      if (awaitSync(leadership)) {
        startWorkers();
        workers.lead(leadership);
        log.info("controller {}: running with {} worker(s)", name, workerCount);
        life.awaitStop(leadership);
      }
    } catch (InterruptedException e) {
      interrupted = true;
      life.requestStop();
    } catch (Throwable t) {
      failure = t instanceof ControllerException e ? e : failed("could not start: " + t, t);
      life.requestStop();
    }
    if (life.state() != State.RUNNING) {
      drain();
    } else {
      loseTerm();
    }
  }

  private void inform() {
    if (!informing) {
      informer.start();
      informing = true;
    }
  }

  private void startWorkers() {
    if (workers.started()) {
      return; // in an earlier term
    }
    workers.start(workerCount, executor);
    if (timeouts != null) {
      timeouts.start();
    }
    if (resync != null) {
      resync.start();
    }
  }

  /** The leadership has ended while work went on: it was cancelled, and nobody may lead before it has ended. */
  private void loseTerm() {
    boolean idle = awaitIdle(GRACE);
    if (!idle) {
      failure = failed("lost the leadership, but handlers still run though they were interrupted, for "
          + workers.running() + ": make them end when their context is cancelled", null);
    } else if (!campaignAgain) {
      failure = failed("lost the leadership", null);
    }
    if (failure != null || life.state() != State.RUNNING) {
      life.requestStop();
      drain();
      return;
    }
    log.warn("controller {}: lost the leadership; it waits to lead again", name);
    deliveries.reset();
    informer.store().keys().forEach(key -> queue.add(key, Lane.RESYNC)); // a new term begins as a new process would
  }

  private boolean awaitIdle(Duration timeout) {
    try {
      return workers.awaitIdle(timeout, clock);
    } catch (InterruptedException e) {
      interrupted = true;
      life.requestStop(); // as anywhere else in run(); it must not campaign again
      return true; // the drain sees to those that still run
    }
  }

  /** Whether all objects have been seen; false when the stop or the end of the term came first. */
  private boolean awaitSync(Leadership leadership) throws InterruptedException {
    try {
      return life.awaitSync(leadership, syncTimeout == null ? Long.MAX_VALUE : ControllerBuilder.nanos(syncTimeout));
    } catch (TimeoutException e) {
      var cause = informer.health().lastError();
      throw failed("did not sync within " + syncTimeout
          + (cause == null ? ": the list has not ended yet" : ": " + cause.getMessage()), cause);
    }
  }

  /**
   * Ends intake and workers while the store, and the lease, still live. An interrupt of this thread counts as the end of
   * the deadline.
   *
   * @throws ControllerException when handlers do not end: the lease must not be given back then
   */
  private void drain() {
    if (resync != null) {
      resync.stop();
    }
    queue.shutDown(Set.of(Lane.RESYNC));
    workers.stopWaiting();
    boolean drained = workers.started() && awaitDrained(failure == null ? stopDeadline : Duration.ZERO);
    queue.shutDownNow();
    if (!drained) {
      workers.cancel();
      drained = awaitDrained(GRACE);
    }
    if (!drained) {
      throw failed("stopped, but handlers still run though they were interrupted, for "
          + queue.processing() + ": make them end when their context is cancelled", failure);
    }
  }

  private boolean awaitDrained(Duration timeout) {
    try {
      return queue.awaitDrained(timeout);
    } catch (InterruptedException e) {
      interrupted = true;
      return queue.inFlight() == 0 && queue.length() == 0;
    }
  }

  private void stopTimers() {
    if (resync != null) {
      resync.stop();
    }
    if (timeouts != null) {
      timeouts.stop();
    }
  }

  /** Ends what is left, however run() came to its end. */
  private void finish() {
    try {
      life.requestStop();
      queue.shutDownNow();
      workers.stopWaiting();
      stopTimers(); // between two terms nobody drains
      informer.close();
      log.info("controller {}: ended; {} queued calls were dropped", name, queue.dropped());
    } finally {
      life.end();
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  @Override
  public void close() {
    life.requestStop();
    if (life.state() == State.ENDED) {
      informer.close(); // if it was never run, nobody else does
    }
    if (isCalledByHandler()) {
      return; // it would wait for itself
    }
    try {
      life.awaitEnd();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public boolean isCalledByHandler() {
    return workers.isWorker();
  }

  @Override
  public Health health() {
    State now = life.state();
    boolean allSeen = life.isSynced();
    InformerHealth watch = informer.health();
    boolean broken = now == State.RUNNING && informer.ended();
    boolean standby = now == State.RUNNING && life.isWaiting() && runner != Runner.ALWAYS;
    boolean cold = standby && !warmStandby && !informing;
    boolean working = now == State.RUNNING && (allSeen || cold) && !broken;
    int missing = workers.started() || !standby ? workerCount - workers.alive() : 0;
    var error = watch.lastError();
    String because = error == null ? "" : ": " + error.getMessage();
    List<String> reasons = new ArrayList<>();
    if (now != State.RUNNING) {
      reasons.add(name + notRunning(now));
    } else if (broken) {
      reasons.add(name + " gets no changes any more: its informer's thread has ended");
    } else if (cold) {
      log.trace("{}: a cold standby sees nothing", name);
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
      life.setSynced();
    }

    @Override
    public void added(T object, boolean initial) {}

    @Override
    public void updated(T before, T after) {}

    @Override
    public void deleted(T lastState) {}
  }
}
