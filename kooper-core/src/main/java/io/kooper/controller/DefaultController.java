package io.kooper.controller;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.kooper.clock.Clock;
import io.kooper.controller.Causes.Cause;
import io.kooper.controller.Causes.Change;
import io.kooper.controller.HealthCheck.Standby;
import io.kooper.controller.Lifecycle.State;
import io.kooper.controller.Relation.Calls;
import io.kooper.handler.Handler;
import io.kooper.informer.Informer;
import io.kooper.informer.KeyListener.Origin;
import io.kooper.internal.Durations;
import io.kooper.internal.Guard;
import io.kooper.internal.Log;
import io.kooper.internal.Loop;
import io.kooper.internal.Throwables;
import io.kooper.internal.Urgent;
import io.kooper.leaderelection.Leadership;
import io.kooper.leaderelection.Runner;
import io.kooper.leaderelection.Shards;
import io.kooper.leaderelection.Shards.Member;
import io.kooper.metrics.EventType;
import io.kooper.metrics.MetricsRecorder;
import io.kooper.queue.Lane;
import io.kooper.queue.RateLimiter;
import io.kooper.queue.WorkQueue;
import io.kooper.queue.WorkQueue.Item.Status;
import io.kooper.retrieve.ObjectKey;
import io.kooper.tracing.TracedJob;
import io.kooper.tracing.Tracing;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Puts the parts together and gives them one life. */
final class DefaultController<T extends HasMetadata> implements Controller {

  private static final Log log = Log.of(DefaultController.class);

  /** For handlers to end once they were interrupted. */
  static final Duration GRACE = Duration.ofSeconds(5);

  private static final Duration PROGRESS = Duration.ofSeconds(5);

  private final String name;
  private final Relations<T> relations;
  private final WorkQueue<ObjectKey> queue;
  private final Ledger<T> ledger;
  private final Workers<T> workers;
  final @Nullable Resync<T> resync; // seen by a test, as the next one
  final @Nullable Timeouts timeouts;
  private final Runner runner;
  private final @Nullable Shards shards;
  private final @Nullable ShardGate gate;
  private final boolean warmStandby;
  private final boolean campaignAgain;
  private final int workerCount;
  private final @Nullable Executor executor;
  private final @Nullable Duration syncTimeout;
  private final Duration stopDeadline;
  private final Clock clock;
  private final MetricsRecorder recorder;
  private final GuardedMetrics metrics;
  private final HealthCheck check;
  private final FailureLog failures;
  private final LoopDetector loops;

  private final Lifecycle life;
  private boolean interrupted; // the thread in run(), by somebody else than close(); used by that thread alone
  private volatile boolean informing; // the informer was started, which can be done only once; written by that thread
  private volatile @Nullable RuntimeException failure; // why run() ended early

  DefaultController(ControllerBuilder<T> builder, ControllerDefaults defaults) {
    var retriever = Objects.requireNonNull(builder.retriever);
    this.name = builder.name == null ? retriever.plural() : builder.name;
    this.workerCount = builder.workers;
    this.executor = builder.executor;
    this.syncTimeout = builder.syncTimeout;
    this.stopDeadline = builder.stopDeadline;
    this.clock = builder.clock;
    this.shards = builder.shards != null || builder.election != null ? builder.shards : defaults.shards();
    this.runner = shards != null ? Runner.ALWAYS : first(builder.election, first(defaults.election(), Runner.ALWAYS));
    this.warmStandby = builder.warmStandby;
    this.campaignAgain = builder.campaignAgain;
    this.life = new Lifecycle(name, clock);
    this.gate = shards == null ? null : new ShardGate(shards, life::signal);
    this.recorder = first(builder.metrics, first(defaults.metrics(), MetricsRecorder.NONE));
    this.metrics = new GuardedMetrics(name);
    this.failures = new FailureLog(clock);
    this.loops = new LoopDetector(name, builder.loopLimit, clock);
    this.relations = new Relations<>(name, builder, defaults, recorder, new Calls() {
      @Override
      public void related(ObjectKey key, String text, Change change, Origin origin) {
        ledger.related(key, text, change, origin);
      }

      @Override
      public void passedOver(ObjectKey key) {
        ledger.wake(key);
      }
    });
    this.queue = WorkQueue.<ObjectKey>builder().name(name).clock(clock).listener(metrics).build();
    Projection<T> projection =
        builder.projection == null ? null : new Projection<>(builder.projection, ofObjects("onlyWhenChanged"));
    this.ledger = new Ledger<>(name, relations.primary(), relations.primary().store(), queue, new CallFilter<>(projection,
        relations::referenced, relations::refersAsBefore, builder.pause, ofObjects("pauseWhen"), relations::ready,
        Durations.nanos(builder.minInterval)), metrics, gate == null ? key -> true : gate::isHeld, clock);
    this.timeouts = builder.handlerTimeout == null ? null : new Timeouts(name, builder.handlerTimeout, clock, metrics, failures);
    this.workers = new Workers<>(name, queue, ledger, relations, retriever::copy,
        chain(builder, defaults), timeouts, gate, metrics, clock);
    this.resync = builder.resync == null
        ? null
        : new Resync<>(name, ledger, builder.resync, builder.retries, clock);
    this.check = new HealthCheck(
        name, life, relations, loops, queue, workers, this::endedThread, workerCount, builder.stuckAfter());
    relations.listen(ledger, life::setSynced);
  }

  private Guard ofObjects(String what) {
    return Guard.ofObjects(log, "controller " + name + ": " + what);
  }

  /** What surrounds a call, from the outside in: log context, trace, what comes after a failure, figures, the call itself. */
  private Processor<T> chain(ControllerBuilder<T> builder, ControllerDefaults defaults) {
    Handler<T> handler = Objects.requireNonNull(builder.handler);
    Tracing tracing = builder.tracing != null ? builder.tracing : defaults.tracing();
    Tracer<T> tracer = tracing == null ? null
        : new Tracer<>(name, job -> tracing.begin(new TracedJob(name, workerCount, builder.resync, builder.retries, job.key(),
            job.delivery().delete(), job.attempt(), job.reasons())), ledger, builder.retries);
    Processor<T> call = job -> {
      relations.refer(job.key(), job.delivery().object());
      ledger.given(job.key());
      try {
        job.call(handler);
      } finally {
        if (job.delivery().delete()) {
          relations.forget(job.key());
        }
      }
    };
    Processor<T> traced = tracer == null ? call : tracer.call(call);
    Processor<T> measured = recorder == MetricsRecorder.NONE ? traced : new MeteredProcessor<>(traced, metrics, clock);
    Processor<T> begun = job -> {
      loops.called(job.key(), job.delivery());
      job.begin();
      log.debug("{}: {}, attempt {}: handling it, since {}", name, job, job.attempt(), job.reasons());
      measured.process(job);
      log.debug("{}: {}: handled in {} µs", name, job, (clock.nanoTime() - job.startedAt()) / 1000);
    };
    Processor<T> retried = new RetryProcessor<>(
        begun, queue, ledger, first(builder.rateLimiter, RateLimiter.standard(clock)),
        new Guard(log, "controller " + name + ": its rate limiter"), builder.retries, builder.resync != null, metrics, failures);
    return new MdcProcessor<>(tracer == null ? retried : tracer.job(retried), new Guard(log, name + ": its log context"));
  }

  private static <V> V first(@Nullable V chosen, V otherwise) {
    return chosen != null ? chosen : otherwise;
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public void run() {
    life.begin();
    try {
      metrics.open(recorder.controller(name, new Figures(queue, workers, relations, ledger, loops)));
      if (warmStandby) {
        inform();
      }
      if (shards != null) {
        share(shards);
      } else {
        do {
          runner.run(this::lead);
        } while (life.awaitsLeadership());
      }
    } catch (InterruptedException e) {
      interrupted |= life.state() == State.RUNNING; // else it is close() that ended the wait for the leadership
    } catch (ControllerException e) {
      failure = e;
    } catch (Throwable t) { // an Error too, as when there is no memory for a thread
      failure = failed("could not start: " + Throwables.text(t), t);
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
      leadership.onEnd((Urgent) life::signal);
      if (life.awaitSync(leadership, relations.byNamespace())) {
        ledger.begin(key -> true); // first: a controller that is ready has all of them in its queue
        startWorkers();
        workers.lead(leadership);
        log.info("controller {}: running with {} worker(s)", name, workerCount);
        life.awaitStop(leadership, check.periodNanos(), check::watch);
      }
    } catch (InterruptedException e) {
      interrupted = true;
      life.requestStop();
    } catch (Throwable t) {
      failure = t instanceof ControllerException e ? e : failed("could not start: " + Throwables.text(t), t);
      life.requestStop();
    }
    if (life.state() != State.RUNNING) {
      drain();
    } else {
      loseTerm();
    }
  }

  /** All terms of all shards; in each other process works as well. Returns when nothing of it goes on. */
  private void share(Shards all) throws InterruptedException {
    if (!life.beginTerm()) {
      return;
    }
    Member member = null;
    ShardWork<T> work = null;
    try {
      inform();
      if (life.awaitSync(Leadership.ALWAYS, relations.byNamespace())) { // who has not seen all takes no shard from who has
        startWorkers();
        member = all.join(life::signal);
        work = new ShardWork<>(name, Objects.requireNonNull(gate), member, workers, ledger, relations, queue, GRACE, clock);
        log.info("controller {}: running with {} worker(s) on its share of {} shards", name, workerCount, all.count());
        work.run(life, check);
      }
    } catch (InterruptedException e) {
      interrupted = true;
    } catch (Throwable t) {
      failure = t instanceof ControllerException e ? e : failed("could not start: " + Throwables.text(t), t);
    }
    life.requestStop();
    try {
      if (member != null) {
        member.leave();
      }
      drain(); // the leases are held meanwhile
      if (work != null) {
        work.endAll();
      }
    } finally {
      if (member != null) {
        close(member);
      }
    }
  }

  private void close(Member member) {
    try {
      member.close();
    } catch (InterruptedException e) {
      interrupted = true; // its threads go on
    }
  }

  private void inform() {
    if (!informing) {
      relations.start();
      informing = true;
      if (syncTimeout != null) {
        Thread thread = new Thread(this::watchSync, "kooper-" + name + "-sync");
        thread.setDaemon(true);
        thread.start();
      }
    }
  }

  /** Ends a controller that does not sync in time, a standby's too: what counts is the time since the first list began. */
  private void watchSync() {
    try {
      if (!life.awaitSynced(Durations.nanos(Objects.requireNonNull(syncTimeout)))) {
        var missing = relations.required().entrySet().stream().filter(one -> !one.getValue().health().synced()).findFirst();
        var cause = missing.map(one -> one.getValue().health().lastError()).orElse(null);
        failure = failed("did not sync within " + syncTimeout + ": " + missing.map(Map.Entry::getKey).orElse("objects")
            + (cause == null ? ": the list has not ended yet" : ": " + cause.getMessage()), cause);
        life.requestStop();
      }
    } catch (InterruptedException e) {
      log.debug("controller {}: the thread that watches the first sync was interrupted", name);
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
    ledger.stop(); // a new term begins as a new process would
    ledger.reset(key -> true);
    relations.reset(key -> true);
    queue.clear();
  }

  private boolean awaitIdle(Duration timeout) {
    try {
      return workers.awaitIdle(timeout);
    } catch (InterruptedException e) {
      interrupted = true;
      life.requestStop(); // as anywhere else in run(); it must not campaign again
      return true; // the drain sees to those that still run
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
    ledger.release();
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

  /** Says every few seconds what it waits for. */
  private boolean awaitDrained(Duration timeout) {
    long end = clock.nanoTime() + Durations.nanos(timeout);
    try {
      for (long left; (left = end - clock.nanoTime()) > 0; ) {
        if (queue.awaitDrained(Duration.ofNanos(Math.min(left, PROGRESS.toNanos())))) {
          return true;
        }
        log.info("controller {}: stopping; {} keys are queued, handlers run for {}", name, queue.length(),
            HealthCheck.named(queue.processing()));
      }
      return queue.awaitDrained(Duration.ZERO);
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
      timeouts.stop(GRACE);
    }
  }

  /** Ends what is left, however run() came to its end. */
  private void finish() {
    try {
      Loop.run(log, "controller {}: its end failed; it is tried again", name, () -> {
        life.requestStop();
        queue.shutDownNow();
        workers.stopWaiting();
        stopTimers(); // between two terms nobody drains
        relations.close();
        if (!metrics.close(GRACE, "kooper-" + name + "-metrics")) {
          log.warn("controller {}: its metrics have not closed within {}; its end does not wait for them any longer", name,
              GRACE);
        }
        return false;
      });
      log.info("controller {}: ended; queued calls that were dropped: {}", name, queue.dropped());
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
      relations.close(); // if it was never run, nobody else does
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
    return workers.isWorker() || relations.informers().anyMatch(Informer::isCalledByListener);
  }

  @Override
  public boolean trigger(ObjectKey key) {
    return ledger.call(key, new Cause(EventType.REQUEUE, "trigger", null));
  }

  @Override
  public List<QueuedKey> queue() {
    Comparator<QueuedKey> longestFirst = Comparator.comparing(QueuedKey::time).reversed();
    return queue.items().stream()
        .map(item -> new QueuedKey(name, item.key(), item.status(), item.time(), ledger.failures(item.key())))
        .sorted(Comparator.comparing(QueuedKey::status).thenComparing((one, other) ->
            one.status() == Status.DELAYED ? one.time().compareTo(other.time()) : longestFirst.compare(one, other)))
        .toList();
  }

  @Override
  public long calls() {
    return workers.calls();
  }

  @Override
  public boolean hasSeen(String resourceVersion) {
    return relations.hasSeen(resourceVersion);
  }

  @Override
  public Health health() {
    return shards == null ? check.check(standby(), runner::defect, runner::reasons, () -> failure)
        : check.check(standby(), shards::defect, shards::reasons, () -> failure);
  }

  /** The name of a thread that has ended too early, but for the informer's and the workers'; null when there is none. */
  private @Nullable String endedThread() {
    return Stream.of(resync == null ? null : resync.thread(), timeouts == null ? null : timeouts.thread())
        .filter(thread -> thread != null && thread.getState() == Thread.State.TERMINATED)
        .map(Thread::getName).findFirst().orElse(null);
  }

  private Standby standby() {
    boolean waits = life.state() == State.RUNNING && life.isWaiting() && runner != Runner.ALWAYS;
    return !waits ? Standby.NONE : warmStandby || informing ? Standby.WARM : Standby.COLD;
  }

  /** For tests. */
  WorkQueue<ObjectKey> workQueue() {
    return queue;
  }

  private ControllerException failed(String what, @Nullable Throwable cause) {
    return new ControllerException("controller " + name + " " + what, cause);
  }
}
