package io.kooper.controller;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.kooper.clock.Clock;
import io.kooper.controller.Causes.Change;
import io.kooper.controller.Relation.Calls;
import io.kooper.handler.Handler;
import io.kooper.informer.KeyListener.Origin;
import io.kooper.internal.Durations;
import io.kooper.internal.Guard;
import io.kooper.internal.Hook;
import io.kooper.internal.Log;
import io.kooper.leaderelection.Shards;
import io.kooper.leaderelection.Shards.Holding;
import io.kooper.metrics.ControllerMetrics;
import io.kooper.metrics.MetricsRecorder;
import io.kooper.queue.Lane;
import io.kooper.queue.QueueListener;
import io.kooper.queue.RateLimiter;
import io.kooper.queue.WorkQueue;
import io.kooper.retrieve.ObjectKey;
import io.kooper.tracing.TracedJob;
import io.kooper.tracing.Tracing;
import java.time.Duration;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.event.Level;

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
  final Gate gate;
  final @Nullable Resync<T> resync;
  final @Nullable Timeouts timeouts;
  final int workerCount;
  final Clock clock;
  private final @Nullable Executor executor;
  private final Duration stopDeadline;
  private final MetricsRecorder recorder;
  private final Hook<ControllerMetrics> metrics;
  private final FailureLog failures;

  Engine(String name, ControllerBuilder<T> builder, ControllerDefaults defaults, @Nullable Shards shards) {
    this.name = name;
    this.clock = builder.clock;
    this.life = new Lifecycle(name, clock);
    this.workerCount = builder.workers;
    this.executor = builder.executor;
    this.stopDeadline = builder.stopDeadline;
    this.gate = new Gate(shards, life::signal);
    MetricsRecorder chosen = builder.metrics != null ? builder.metrics : defaults.metrics();
    this.recorder = Objects.requireNonNullElse(chosen, MetricsRecorder.NONE);
    this.metrics = new Hook<>(log, "controller " + name, ControllerMetrics.NONE);
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
    this.queue = WorkQueue.<ObjectKey>builder().name(name).clock(clock).listener(new QueueListener<>() {
      @Override
      public void taken(ObjectKey key, Lane lane, long waited) {
        metrics.tell(told -> told.taken(waited));
      }
    }).build();
    this.ledger = new Ledger<>(name, relations.primary, relations.primary.store(), queue, filter(builder), metrics,
        gate::isHeld, clock);
    this.timeouts = builder.handlerTimeout == null ? null : new Timeouts(name, builder.handlerTimeout, clock, metrics, failures);
    this.workers = new Workers<>(name, queue, ledger, relations,
        chain(builder, builder.tracing != null ? builder.tracing : defaults.tracing()), timeouts, gate, metrics, clock);
    this.resync = builder.resync == null ? null : new Resync<>(name, ledger, builder.resync, builder.retries, clock);
    relations.listen(ledger, life::setSynced);
  }

  private CallFilter<T> filter(ControllerBuilder<T> builder) {
    Projection<T> projection =
        builder.projection == null ? null : new Projection<>(builder.projection, relations.ofObjects("onlyWhenChanged"));
    return new CallFilter<>(projection, relations::referenced, relations::refersAsBefore, builder.pause,
        relations.ofObjects("pauseWhen"), relations::ready, Durations.nanos(builder.minInterval));
  }

  /** What surrounds a call, from the outside in: log context, trace, what comes after a failure, figures, the call itself. */
  private Processor<T> chain(ControllerBuilder<T> builder, @Nullable Tracing tracing) {
    Handler<T> handler = builder.handler;
    Duration interval = builder.resync;
    int retries = builder.retries;
    Tracer<T> tracer = tracing == null ? null : new Tracer<>(job -> tracing.begin(new TracedJob(name, workerCount, interval,
        retries, job.key(), job.delivery.delete(), job.attempt(), job.reasons())), ledger, retries,
        new Guard(Log.of(Tracer.class), name + ": its tracing"));
    Processor<T> call = job -> {
      relations.refer(job.key(), job.delivery.object());
      ledger.given(job.key());
      try {
        job.call(handler);
      } finally {
        if (job.delivery.delete()) {
          relations.forget(job.key());
        }
      }
    };
    Processor<T> traced = tracer == null ? call : tracer.call(call);
    Processor<T> measured = recorder == MetricsRecorder.NONE ? traced : measured(traced);
    Processor<T> begun = job -> {
      loops.called(job.key(), job.delivery);
      if (timeouts != null) {
        timeouts.watch(job);
      }
      job.begin();
      boolean said = log.isEnabled(Level.DEBUG);
      if (said) {
        log.debug("{}: {}, attempt {}: handling it, since {}", name, job, job.attempt(), job.reasons());
      }
      measured.process(job);
      if (said) {
        log.debug("{}: {}: handled in {} µs", name, job, (clock.nanoTime() - job.startedAt) / 1000);
      }
    };
    Processor<T> retried = new RetryProcessor<>(
        begun, queue, ledger, Objects.requireNonNullElse(builder.rateLimiter, RateLimiter.standard(clock)),
        new Guard(log, "controller " + name + ": its rate limiter"), retries, interval != null, metrics, failures);
    return new MdcProcessor<>(tracer == null ? retried : tracer.job(retried), new Guard(log, name + ": its log context"));
  }

  /** Counts the handler's calls and takes their times. */
  private Processor<T> measured(Processor<T> next) {
    return job -> {
      long start = clock.nanoTime();
      boolean succeeded = false;
      try {
        next.process(job);
        succeeded = true;
      } finally {
        long took = clock.nanoTime() - start;
        boolean well = succeeded;
        metrics.tell(told -> told.processed(job.delivery.type(), took, well));
      }
    };
  }

  /** Metrics are taken from now on. Throws what the recorder throws. */
  void open() {
    metrics.open(recorder.controller(name, new Figures(this)));
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

  /** Work begins in this term. Returns false while a store still has to drop what it had of an earlier one: then ask again. */
  boolean begin(Holding holding) {
    if (!relations.keep(holding.shard(), ledger)) {
      return false;
    }
    gate.begin(holding); // first: what changes from now on is queued for itself, what changed before is in the store
    workers.begin(holding.leadership());
    ledger.begin(key -> gate.shard(key) == holding.shard());
    return true;
  }

  /** A term is over, and none of its calls runs: the next one, here or in another process, begins as a new process would. */
  void end(int shard) {
    Predicate<ObjectKey> ofShard = key -> gate.shard(key) == shard;
    gate.end(shard); // first: from now on nothing is queued
    ledger.reset(ofShard);
    relations.reset(ofShard);
    queue.clear(ofShard);
  }

  /** The stores need not keep a shard's objects any more. */
  void drop(int shard) {
    relations.drop(shard, ledger);
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
    workers.cancel(); // those that are left if the drain has failed
    if (resync != null) {
      resync.stop(); // between two terms nobody drains
    }
    if (timeouts != null) {
      timeouts.stop(DefaultController.GRACE);
    }
    relations.close();
    metrics.close("kooper-" + name + "-metrics");
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
