package io.kooper.controller;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.kooper.clock.Clock;
import io.kooper.controller.Causes.Change;
import io.kooper.controller.Relation.Calls;
import io.kooper.handler.Handler;
import io.kooper.informer.KeyListener.Origin;
import io.kooper.internal.Durations;
import io.kooper.internal.Guard;
import io.kooper.internal.Log;
import io.kooper.leaderelection.Shards;
import io.kooper.metrics.MetricsRecorder;
import io.kooper.queue.Lane;
import io.kooper.queue.RateLimiter;
import io.kooper.queue.WorkQueue;
import io.kooper.retrieve.ObjectKey;
import io.kooper.tracing.TracedJob;
import io.kooper.tracing.Tracing;
import java.time.Duration;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The parts that make calls of events, put together, and how they start and end. Who leads is no affair of theirs. */
final class Engine<T extends HasMetadata> {

  private static final Log log = Log.of(DefaultController.class);
  private static final Duration PROGRESS = Duration.ofSeconds(5);

  final String name;
  final Lifecycle life;
  final Relations<T> relations;
  final WorkQueue<ObjectKey> queue;
  final Ledger<T> ledger;
  final Workers<T> workers;
  final LoopDetector loops;
  final @Nullable ShardGate gate;
  final @Nullable Resync<T> resync;
  final @Nullable Timeouts timeouts;
  final int workerCount;
  final Clock clock;
  private final @Nullable Executor executor;
  private final Duration stopDeadline;
  private final MetricsRecorder recorder;
  private final GuardedMetrics metrics;
  private final FailureLog failures;

  Engine(String name, ControllerBuilder<T> builder, ControllerDefaults defaults, @Nullable Shards shards) {
    this.name = name;
    this.clock = builder.clock;
    this.life = new Lifecycle(name, clock);
    this.workerCount = builder.workers;
    this.executor = builder.executor;
    this.stopDeadline = builder.stopDeadline;
    this.gate = shards == null ? null : new ShardGate(shards, life::signal);
    MetricsRecorder chosen = builder.metrics != null ? builder.metrics : defaults.metrics();
    this.recorder = Objects.requireNonNullElse(chosen, MetricsRecorder.NONE);
    this.metrics = new GuardedMetrics(name);
    this.failures = new FailureLog(clock);
    this.loops = new LoopDetector(name, builder.loopLimit, clock);
    this.relations = new Relations<>(name, builder, defaults, shards, recorder, new Calls() {
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
    this.ledger = new Ledger<>(name, relations.primary(), relations.primary().store(), queue, filter(builder), metrics,
        gate == null ? key -> true : gate::isHeld, clock);
    this.timeouts = builder.handlerTimeout == null ? null : new Timeouts(name, builder.handlerTimeout, clock, metrics, failures);
    this.workers = new Workers<>(name, queue, ledger, relations, Objects.requireNonNull(builder.retriever)::copy,
        chain(builder, builder.tracing != null ? builder.tracing : defaults.tracing()), timeouts, gate, metrics, clock);
    this.resync = builder.resync == null ? null : new Resync<>(name, ledger, builder.resync, builder.retries, clock);
    relations.listen(ledger, life::setSynced);
  }

  private CallFilter<T> filter(ControllerBuilder<T> builder) {
    Projection<T> projection =
        builder.projection == null ? null : new Projection<>(builder.projection, ofObjects("onlyWhenChanged"));
    return new CallFilter<>(projection, relations::referenced, relations::refersAsBefore, builder.pause, ofObjects("pauseWhen"),
        relations::ready, Durations.nanos(builder.minInterval));
  }

  private Guard ofObjects(String what) {
    return Guard.ofObjects(log, "controller " + name + ": " + what);
  }

  /** What surrounds a call, from the outside in: log context, trace, what comes after a failure, figures, the call itself. */
  private Processor<T> chain(ControllerBuilder<T> builder, @Nullable Tracing tracing) {
    Handler<T> handler = Objects.requireNonNull(builder.handler);
    Duration interval = builder.resync;
    int retries = builder.retries;
    Tracer<T> tracer = tracing == null ? null : new Tracer<>(name, job -> tracing.begin(new TracedJob(name, workerCount, interval,
        retries, job.key(), job.delivery().delete(), job.attempt(), job.reasons())), ledger, retries);
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
        begun, queue, ledger, Objects.requireNonNullElse(builder.rateLimiter, RateLimiter.standard(clock)),
        new Guard(log, "controller " + name + ": its rate limiter"), retries, interval != null, metrics, failures);
    return new MdcProcessor<>(tracer == null ? retried : tracer.job(retried), new Guard(log, name + ": its log context"));
  }

  /** Metrics are taken from now on. Throws what the recorder throws. */
  void open() {
    metrics.open(recorder.controller(name, new Figures(queue, workers, relations, ledger, loops)));
  }

  /** The threads that make calls; once in a life. */
  void start() {
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

  /** Whether the stores keep a shard's objects from now on; see {@link Relations#keep}. */
  boolean keep(int shard) {
    return relations.keep(shard, ledger);
  }

  /** The stores need not keep a shard's objects any more. */
  void drop(int shard) {
    relations.drop(shard, ledger);
  }

  /** After a term: a new one begins as a new process would. */
  void reset() {
    ledger.stop();
    ledger.reset(key -> true);
    relations.reset(key -> true);
    queue.clear();
  }

  /**
   * Ends intake and workers while the store, and the lease, still live. An interrupt of this thread counts as the end of
   * the deadline.
   *
   * @throws ControllerException when handlers do not end: the lease must not be given back then
   */
  void drain() {
    if (resync != null) {
      resync.stop();
    }
    ledger.release();
    queue.shutDown(Set.of(Lane.RESYNC));
    workers.stopWaiting();
    boolean drained = workers.started() && awaitDrained(life.failure() == null ? stopDeadline : Duration.ZERO);
    queue.shutDownNow();
    if (!drained) {
      workers.cancel();
      drained = awaitDrained(DefaultController.GRACE);
    }
    if (!drained) {
      throw failed("stopped, but handlers still run though they were interrupted, for "
          + queue.processing() + ": make them end when their context is cancelled", life.failure());
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
      life.interrupt();
      return queue.inFlight() == 0 && queue.length() == 0;
    }
  }

  /** Ends all that is left, whatever was ended before. May be done again. */
  void close() {
    queue.shutDownNow();
    workers.stopWaiting();
    if (resync != null) {
      resync.stop(); // between two terms nobody drains
    }
    if (timeouts != null) {
      timeouts.stop(DefaultController.GRACE);
    }
    relations.close();
    if (!metrics.close(DefaultController.GRACE, "kooper-" + name + "-metrics")) {
      log.warn("controller {}: its metrics have not closed within {}; its end does not wait for them any longer", name,
          DefaultController.GRACE);
    }
  }

  /** The name of a thread that has ended too early, but for the informer's and the workers'; null when there is none. */
  @Nullable String endedThread() {
    return Stream.of(resync == null ? null : resync.thread(), timeouts == null ? null : timeouts.thread())
        .filter(thread -> thread != null && thread.getState() == Thread.State.TERMINATED)
        .map(Thread::getName).findFirst().orElse(null);
  }

  ControllerException failed(String what, @Nullable Throwable cause) {
    return new ControllerException("controller " + name + " " + what, cause);
  }
}
