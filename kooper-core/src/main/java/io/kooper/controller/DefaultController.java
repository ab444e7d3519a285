package io.kooper.controller;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.kooper.controller.Causes.Cause;
import io.kooper.controller.HealthCheck.Standby;
import io.kooper.controller.Lifecycle.State;
import io.kooper.informer.Informer;
import io.kooper.internal.Durations;
import io.kooper.internal.Log;
import io.kooper.internal.Loop;
import io.kooper.internal.Threads;
import io.kooper.internal.Throwables;
import io.kooper.internal.Urgent;
import io.kooper.leaderelection.Leadership;
import io.kooper.leaderelection.Runner;
import io.kooper.leaderelection.Shards;
import io.kooper.leaderelection.Shards.Member;
import io.kooper.metrics.EventType;
import io.kooper.queue.WorkQueue.Item.Status;
import io.kooper.retrieve.ObjectKey;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Runs an {@link Engine} in terms of leadership, from its first list to its end. */
final class DefaultController<T extends HasMetadata> implements Controller {

  private static final Log log = Log.of(DefaultController.class);

  /** For handlers to end once they were interrupted. */
  static final Duration GRACE = Duration.ofSeconds(5);

  private final String name;
  final Engine<T> engine;
  private final Lifecycle life;
  private final Runner runner;
  private final @Nullable Shards shards;
  private final boolean warmStandby;
  private final boolean campaignAgain;
  private final @Nullable Duration syncTimeout;
  private final HealthCheck check;
  private volatile boolean informing; // the informers were started, which can be done only once; written by the thread in run()

  DefaultController(ControllerBuilder<T> builder, ControllerDefaults defaults) {
    this.name = builder.name == null ? builder.retriever.plural() : builder.name;
    this.syncTimeout = builder.syncTimeout;
    this.shards = builder.shards != null || builder.election != null ? builder.shards : defaults.shards();
    Runner election = builder.election != null ? builder.election : defaults.election();
    this.runner = shards != null || election == null ? Runner.ALWAYS : election;
    this.warmStandby = builder.warmStandby;
    this.campaignAgain = builder.campaignAgain;
    this.engine = new Engine<>(name, builder, defaults, shards);
    this.life = engine.life;
    this.check = new HealthCheck(engine, builder.stuckAfter());
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public void run() {
    life.begin();
    try {
      engine.open();
      if (warmStandby) {
        inform();
      }
      if (shards != null) {
        share(shards);
      } else if (life.state() == State.RUNNING) { // what a recorder did may have swallowed the interrupt of close()
        do {
          runner.run(this::lead);
        } while (life.awaitsLeadership());
      }
    } catch (InterruptedException e) {
      if (life.state() == State.RUNNING) { // else it is close() that ended the wait for the leadership
        life.interrupt();
      }
    } catch (Throwable t) { // an Error too, as when there is no memory for a thread
      fail(t);
    } finally {
      finish();
    }
    RuntimeException failure = life.failure();
    if (failure != null) {
      throw failure;
    }
  }

  private void fail(Throwable thrown) {
    life.fail(thrown instanceof ControllerException e ? e
        : engine.failed("could not start: " + Throwables.text(thrown), thrown));
  }

  /** One term as the leader, or the only one of a controller without election. Returns when nothing of it goes on. */
  private void lead(Leadership leadership) {
    if (!life.beginTerm()) {
      return;
    }
    try {
      inform(); // a cold standby begins with its first term, which may have ended before all was seen
      leadership.onEnd((Urgent) life::signal);
      if (life.awaitSync(leadership, engine.relations.byNamespace())) {
        engine.begin(new Gate.Term(leadership)); // before the start: who is ready has queued what there is
        engine.start();
        log.info("controller {}: running with {} worker(s)", name, engine.workerCount);
        watch(leadership);
      }
    } catch (InterruptedException e) {
      life.interrupt();
    } catch (Throwable t) {
      fail(t);
    }
    if (life.state() != State.RUNNING) {
      engine.drain();
    } else {
      loseTerm();
    }
  }

  /** Looks at the health once a period, until the stop or the end of the term. */
  private void watch(Leadership leadership) throws InterruptedException {
    Loop.interruptibly(log, "controller {}: looking at its health failed; it goes on", name, () -> {
      boolean goesOn = life.awaitSignal(check.periodNanos()) && leadership.isValid();
      if (goesOn) {
        check.watch();
      }
      return goesOn;
    });
  }

  /** All terms of all shards; in each other process works as well. Returns when nothing of it goes on. */
  private void share(Shards all) {
    if (!life.beginTerm()) {
      return;
    }
    Member member = null;
    try {
      inform();
      // who has not seen all takes no shard from who has
      if (life.awaitSync(Leadership.ALWAYS, engine.relations.byNamespace())) {
        engine.start();
        member = all.join(life::signal);
        log.info("controller {}: running with {} worker(s) on its share of {} shards", name, engine.workerCount, all.count());
        new ShardWork(engine, member, GRACE).run(check);
      }
    } catch (InterruptedException e) {
      life.interrupt();
    } catch (Throwable t) {
      fail(t);
    }
    life.requestStop();
    try {
      if (member != null) {
        member.leave();
      }
      engine.drain(); // the leases are held meanwhile
      if (member != null) {
        member.holdings().forEach(Shards.Holding::ended);
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
      life.interrupt(); // its threads go on
    }
  }

  private void inform() {
    if (!informing) {
      engine.relations.start();
      informing = true;
      if (syncTimeout != null) {
        Threads.start("kooper-" + name + "-sync", () -> watchSync(syncTimeout));
      }
    }
  }

  /** Ends a controller that does not sync in time, a standby's too: what counts is the time since the first list began. */
  private void watchSync(Duration timeout) {
    try {
      if (!life.awaitSynced(Durations.nanos(timeout))) {
        var missing = engine.relations.required().entrySet().stream()
            .filter(one -> !one.getValue().health().synced()).findFirst();
        var cause = missing.map(one -> one.getValue().health().lastError()).orElse(null);
        life.fail(engine.failed("did not sync within " + timeout + ": " + missing.map(Map.Entry::getKey).orElse("objects")
            + (cause == null ? ": the list has not ended yet" : ": " + cause.getMessage()), cause));
      }
    } catch (InterruptedException e) {
      log.debug("controller {}: the thread that watches the first sync was interrupted", name);
    }
  }

  /** The leadership has ended while work went on: it was cancelled, and nobody may lead before it has ended. */
  private void loseTerm() {
    boolean idle = awaitIdle();
    if (!idle) {
      life.fail(engine.failed("lost the leadership, but handlers still run though they were interrupted, for "
          + engine.workers.running() + ": make them end when their context is cancelled", null));
    } else if (!campaignAgain) {
      life.fail(engine.failed("lost the leadership", null));
    }
    if (life.state() != State.RUNNING) {
      engine.drain();
      return;
    }
    log.warn("controller {}: lost the leadership; it waits to lead again", name);
    engine.end(0);
  }

  private boolean awaitIdle() {
    try {
      return life.await(() -> engine.gate.isIdle(0), GRACE.toNanos());
    } catch (InterruptedException e) {
      life.interrupt(); // as anywhere else in run(); it must not campaign again
      return true; // the drain sees to those that still run
    }
  }

  /** Ends what is left, however run() came to its end. */
  private void finish() {
    if (Thread.interrupted()) { // with the flag set none of the waits below would wait
      life.interrupt();
    }
    try {
      Loop.run(log, "controller {}: its end failed; it is tried again", name, () -> {
        life.requestStop();
        engine.close();
        return false;
      });
      log.info("controller {}: ended; queued calls that were dropped: {}", name, engine.queue.dropped());
    } finally {
      life.end();
      if (life.isInterrupted()) {
        Thread.currentThread().interrupt();
      }
    }
  }

  @Override
  public void close() {
    life.requestStop();
    if (life.state() == State.ENDED) {
      engine.relations.close(); // if it was never run, nobody else does
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
    return engine.workers.isWorker() || engine.relations.informers().anyMatch(Informer::isCalledByListener);
  }

  @Override
  public boolean trigger(ObjectKey key) {
    return engine.ledger.call(Objects.requireNonNull(key, "key"), new Cause(EventType.REQUEUE, "trigger", null));
  }

  @Override
  public List<QueuedKey> queue() {
    Comparator<QueuedKey> longestFirst = Comparator.comparing(QueuedKey::time).reversed();
    return engine.queue.items().stream()
        .map(item -> new QueuedKey(name, item.key(), item.status(), item.time(), engine.ledger.failures(item.key())))
        .sorted(Comparator.comparing(QueuedKey::status).thenComparing((one, other) ->
            one.status() == Status.DELAYED ? one.time().compareTo(other.time()) : longestFirst.compare(one, other)))
        .toList();
  }

  @Override
  public long calls() {
    return engine.workers.calls();
  }

  @Override
  public boolean hasSeen(String resourceVersion) {
    return engine.relations.hasSeen(resourceVersion);
  }

  @Override
  public void onShared(Consumer<? super HasMetadata> observer) {
    engine.relations.informers().forEach(informer -> informer.onShared(observer));
  }

  @Override
  public Health health() {
    return shards == null ? check.check(standby(), runner::defect, runner::reasons)
        : check.check(standby(), shards::defect, shards::reasons);
  }

  private Standby standby() {
    boolean waits = life.state() == State.RUNNING && life.isWaiting() && runner != Runner.ALWAYS;
    return !waits ? Standby.NONE : warmStandby || informing ? Standby.WARM : Standby.COLD;
  }
}
