package io.kooper.controller;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.kooper.clock.Clock;
import io.kooper.handler.Handler;
import io.kooper.informer.InformerListener;
import io.kooper.internal.Durations;
import io.kooper.internal.Refusals;
import io.kooper.leaderelection.Runner;
import io.kooper.leaderelection.Shards;
import io.kooper.metrics.MetricsRecorder;
import io.kooper.queue.RateLimiter;
import io.kooper.retrieve.ObjectKey;
import io.kooper.retrieve.Retriever;
import io.kooper.tracing.Tracing;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Collects what a {@link Controller} needs. Everything has a default, Kooper's where nothing else is said; {@link #build()}
 * validates everything and reports all errors together. Not for several threads at once.
 *
 * <pre>{@code
 * Controller controller = Controller.builder(Retriever.of(client, Pod.class), handler)
 *     .name("pods")
 *     .workers(4)
 *     .resync(Duration.ofMinutes(10))
 *     .retries(5)
 *     .build();
 * }</pre>
 *
 * @param <T> the type of the objects
 */
public final class ControllerBuilder<T extends HasMetadata> {

  private static final Duration STUCK_AFTER = Duration.ofMinutes(10);

  final Retriever<T> retriever;
  final Handler<T> handler;
  final List<InformerListener<? super T>> listeners = new ArrayList<>();
  final Map<String, Function<? super T, ? extends Collection<String>>> indexes = new LinkedHashMap<>();
  @Nullable String name;
  int workers = 1;
  @Nullable Duration resync = Duration.ofSeconds(30);
  int retries = Integer.MAX_VALUE; // without end
  @Nullable RateLimiter<ObjectKey> rateLimiter;
  @Nullable Duration syncTimeout;
  Duration stopDeadline = Duration.ofSeconds(30);
  @Nullable Executor executor;
  @Nullable Duration handlerTimeout;
  private @Nullable Duration stuckAfter;
  @Nullable Runner election;
  @Nullable Shards shards;
  @Nullable MetricsRecorder metrics;
  @Nullable Tracing tracing;
  boolean warmStandby = true;
  boolean campaignAgain;
  @Nullable UnaryOperator<T> transform;
  final List<Relation.Kind<T, ?>> related = new ArrayList<>();
  @Nullable Function<? super T, ?> projection;
  @Nullable Predicate<? super T> pause;
  Duration minInterval = Duration.ZERO;
  int loopLimit = 60;
  Clock clock = Clock.system();

  ControllerBuilder(Retriever<T> retriever, Handler<T> handler) {
    this.retriever = Objects.requireNonNull(retriever, "retriever");
    this.handler = Objects.requireNonNull(handler, "handler");
  }

  /** Default: the resource's plural. */
  public ControllerBuilder<T> name(String name) {
    this.name = Objects.requireNonNull(name, "name");
    return this;
  }

  /**
   * Calls the owner of an object that changes: the one that its controller owner reference names. An owner that does not exist is
   * not called. Of owners without a class only the name is compared, not the kind. The handler finds the objects by
   * {@code context.owned(type)}.
   *
   * <pre>{@code
   * Controller.builder(Retriever.of(client, WebApp.class), handler)
   *     .owns(Retriever.of(client, Deployment.class))
   * }</pre>
   */
  public <R extends HasMetadata> ControllerBuilder<T> owns(Retriever<R> related) {
    return owns(related, options -> {});
  }

  /** As {@link #owns(Retriever)}, with what is special about this kind. */
  public <R extends HasMetadata> ControllerBuilder<T> owns(Retriever<R> related, Consumer<Related<R>> options) {
    return relate(related, options, Owners.of(retriever.objectType()), null, null);
  }

  /**
   * Calls the keys that {@code keys} returns for an object that changes: those for its state before, and those for its state
   * after. Keys without an object are not called. The function runs on the informer's thread. If it throws, the keys of the state
   * before stay. The handler finds the objects by {@code context.related(type)}.
   */
  public <R extends HasMetadata> ControllerBuilder<T> watches(
      Retriever<R> related, Function<? super R, ? extends Collection<ObjectKey>> keys) {
    return watches(related, keys, options -> {});
  }

  /** As {@link #watches(Retriever, Function)}, with what is special about this kind. */
  public <R extends HasMetadata> ControllerBuilder<T> watches(Retriever<R> related,
      Function<? super R, ? extends Collection<ObjectKey>> keys, Consumer<Related<R>> options) {
    return relate(related, options, null, Objects.requireNonNull(keys, "keys"), null);
  }

  /**
   * Calls the objects that reference an object that changes, such as a Secret that a spec names. {@code keys} returns what an
   * object references; it runs on a worker before the handler. If it throws, the call fails. The handler finds the objects that
   * exist by {@code context.related(type)}.
   */
  public <R extends HasMetadata> ControllerBuilder<T> references(
      Retriever<R> related, Function<? super T, ? extends Collection<ObjectKey>> keys) {
    return references(related, keys, options -> {});
  }

  /** As {@link #references(Retriever, Function)}, with what is special about this kind. */
  public <R extends HasMetadata> ControllerBuilder<T> references(Retriever<R> related,
      Function<? super T, ? extends Collection<ObjectKey>> keys, Consumer<Related<R>> options) {
    return relate(related, options, null, null, Objects.requireNonNull(keys, "keys"));
  }

  private <R extends HasMetadata> ControllerBuilder<T> relate(Retriever<R> retriever, Consumer<Related<R>> options,
      @Nullable Function<ObjectMeta, List<ObjectKey>> owners,
      @Nullable Function<? super R, ? extends Collection<ObjectKey>> toPrimaries,
      @Nullable Function<? super T, ? extends Collection<ObjectKey>> references) {
    Related<R> said = new Related<>();
    options.accept(said);
    related.add(new Relation.Kind<>(Objects.requireNonNull(retriever, "related"), said, owners, toPrimaries, references));
    return this;
  }

  /**
   * Skips a change if {@code projection} returns for the object what it returned at the last call that succeeded, compared as
   * JSON; {@link Changes#spec()} is ready. The uid, the deletion timestamp, the finalizers and the referenced keys always count.
   * Deletes, retries, resyncs, related changes, triggers and {@code requeueAfter} are never skipped. If the projection throws,
   * the call is made. It runs on the workers' threads. Default: no change is skipped.
   *
   * <pre>{@code
   * .onlyWhenChanged(webApp -> webApp.getSpec())
   * }</pre>
   */
  public ControllerBuilder<T> onlyWhenChanged(Function<? super T, ?> projection) {
    this.projection = Objects.requireNonNull(projection, "projection");
    return this;
  }

  /**
   * The least time between a successful call of a key and its next call, which sees the last state. The first call, retries and
   * deletes do not wait, and a stop ends the wait. Default: none.
   */
  public ControllerBuilder<T> minInterval(Duration interval) {
    this.minInterval = Objects.requireNonNull(interval, "interval");
    return this;
  }

  /**
   * Does not call the handler for an object while this is true, such as while the object has a label; then calls it. Objects that
   * are being deleted, and deletes, are handled all the same. If it throws, the object is handled. It runs on the workers'
   * threads. Default: nothing is paused.
   */
  public ControllerBuilder<T> pauseWhen(Predicate<? super T> paused) {
    this.pause = Objects.requireNonNull(paused, "paused");
    return this;
  }

  /**
   * A key with more calls a minute than this, while its generation stays, is named in a warning and in the health's reasons: the
   * handler probably calls itself by what it writes. No call is held back. Default: 60.
   */
  public ControllerBuilder<T> loopLimit(int callsAMinute) {
    this.loopLimit = callsAMinute;
    return this;
  }

  /** How many objects are handled at once at most. Default: 1. */
  public ControllerBuilder<T> workers(int workers) {
    this.workers = workers;
    return this;
  }

  /** How often each object is handled again though nothing changed, at least 1 s; behind all other calls. Default: 30 s. */
  public ControllerBuilder<T> resync(Duration interval) {
    this.resync = Objects.requireNonNull(interval, "interval");
    return this;
  }

  /** No resync. A key whose retries are used up is then tried again about once a minute, lest it be lost. */
  public ControllerBuilder<T> noResync() {
    this.resync = null;
    return this;
  }

  /**
   * How often a failed call is repeated before it is given up until the object changes or the next resync; 0 for none. Kooper's
   * default was 3. Only a success renews a key's budget. Default: without end, each at most a minute after the failure.
   */
  public ControllerBuilder<T> retries(int retries) {
    this.retries = retries;
    return this;
  }

  /** When failed calls are repeated. Default: {@link RateLimiter#standard}. */
  public ControllerBuilder<T> rateLimiter(RateLimiter<ObjectKey> rateLimiter) {
    this.rateLimiter = Objects.requireNonNull(rateLimiter, "rateLimiter");
    return this;
  }

  /**
   * {@link Controller#run()} fails when the first list has not succeeded in time, with the API server's response as the cause; on
   * a warm standby too. The wait for the leadership does not count. Default: it tries for ever; log and health say why.
   */
  public ControllerBuilder<T> syncTimeout(Duration timeout) {
    this.syncTimeout = Objects.requireNonNull(timeout, "timeout");
    return this;
  }

  /** How long a stopping controller goes on with what is queued before it interrupts its handlers. Default: 30 s. */
  public ControllerBuilder<T> stopDeadline(Duration deadline) {
    this.stopDeadline = Objects.requireNonNull(deadline, "deadline");
    return this;
  }

  /**
   * Runs the workers, each as one long task, so it needs a free thread for each. For virtual threads, from JDK 21 on:
   * {@code Executors.newVirtualThreadPerTaskExecutor()}. The caller shuts it down. Default: daemon threads with names.
   */
  public ControllerBuilder<T> executor(Executor executor) {
    this.executor = Objects.requireNonNull(executor, "executor");
    return this;
  }

  /**
   * How long one call of the handler may take. Then its context is cancelled and its thread interrupted; however it ends, it has
   * failed. Its key is not handed out before it has ended. Default: no limit.
   */
  public ControllerBuilder<T> handlerTimeout(Duration timeout) {
    this.handlerTimeout = Objects.requireNonNull(timeout, "timeout");
    return this;
  }

  /**
   * After this time without progress {@link Health#live()} is false, and the log shows all threads once: keys waited and no call
   * has ended, or the transform or an index function has not returned. Must be more than the handler timeout. Default: 10 min, or
   * twice the handler timeout if that is more.
   */
  public ControllerBuilder<T> stuckAfter(Duration time) {
    this.stuckAfter = Objects.requireNonNull(time, "time");
    return this;
  }

  Duration stuckAfter() {
    long twice = handlerTimeout == null ? 0 : 2 * Durations.nanos(handlerTimeout);
    return stuckAfter != null ? stuckAfter : Duration.ofNanos(Math.max(twice, STUCK_AFTER.toNanos()));
  }

  /** Takes the controller's figures while it runs. Default: nothing is recorded. */
  public ControllerBuilder<T> metrics(MetricsRecorder metrics) {
    this.metrics = Objects.requireNonNull(metrics, "metrics");
    return this;
  }

  /** Traces each call of the handler. Default: nothing is traced. */
  public ControllerBuilder<T> tracing(Tracing tracing) {
    this.tracing = Objects.requireNonNull(tracing, "tracing");
    return this;
  }

  /**
   * Calls the handler only while this process leads. When the leadership is lost, the calls that run are cancelled, and
   * {@link Controller#run()} fails, as in Kooper: most programs then exit and are started again. Several controllers may
   * share one election. Default: no election.
   */
  public ControllerBuilder<T> election(Runner election) {
    this.election = Objects.requireNonNull(election, "election");
    return this;
  }

  /**
   * Works on the shards that this process holds, while other replicas work on theirs. {@code context.leadership()} is the term of
   * the key's shard. A gained shard begins as a term does: each of its objects is given to {@code add}. A shard that moves away
   * is forgotten when its last call has ended, and nothing is told as deleted. A lost shard ends {@link Controller#run()} only if
   * its handlers ignore that they are cancelled. The store has the objects of this process's shards, and no others. Several
   * controllers may share shards. Excludes an election. Default: none.
   *
   * <pre>{@code
   * Controller.builder(sites, handler).shards(LeaderElection.shards(client, "sites", 16))
   * }</pre>
   */
  public ControllerBuilder<T> shards(Shards shards) {
    this.shards = Objects.requireNonNull(shards, "shards");
    return this;
  }

  /** After a lost leadership, wait to lead again instead of failing. */
  public ControllerBuilder<T> campaignAgain() {
    this.campaignAgain = true;
    return this;
  }

  /**
   * Neither lists nor watches before it leads for the first time: that saves memory and load, and a new leader begins later.
   * Default: a standby keeps its store up to date.
   */
  public ControllerBuilder<T> coldStandby() {
    this.warmStandby = false;
    return this;
  }

  /** What to do with each object before it is stored; see {@code Informer.Builder.transform}. Default: nothing. */
  public ControllerBuilder<T> transform(UnaryOperator<T> transform) {
    this.transform = Objects.requireNonNull(transform, "transform");
    return this;
  }

  /**
   * Lets handlers find objects in {@code context.store()} by values taken from them; see {@code Informer.Builder.index}.
   *
   * <pre>{@code
   * .index("node", pod -> Stream.ofNullable(pod.getSpec().getNodeName()).toList()) // a pending pod has none
   * // context.store().byIndex("node", "n1")
   * }</pre>
   */
  public ControllerBuilder<T> index(String name, Function<? super T, ? extends Collection<String>> values) {
    this.indexes.put(Objects.requireNonNull(name, "name"), Objects.requireNonNull(values, "values"));
    return this;
  }

  /**
   * Hears what the informer tells: changes, undecodable objects, failures of list and watch. Must not block. With shards it hears
   * of the objects of this process's. What is dropped with a shard is not told; it is told as added when that is gained again.
   */
  public ControllerBuilder<T> listener(InformerListener<? super T> listener) {
    this.listeners.add(Objects.requireNonNull(listener, "listener"));
    return this;
  }

  /** Default: {@link Clock#system()}. */
  public ControllerBuilder<T> clock(Clock clock) {
    this.clock = Objects.requireNonNull(clock, "clock");
    return this;
  }

  /**
   * Makes the controller.
   *
   * @throws IllegalArgumentException when something is missing or makes no sense; the message names everything that is
   */
  public Controller build() {
    return build(ControllerDefaults.NONE);
  }

  /** As {@link #build()}, with what an operator's controllers share. */
  public Controller build(ControllerDefaults defaults) {
    Refusals wrong = new Refusals();
    wrong.unlessName("name", name);
    wrong.addIf(name == null && Objects.requireNonNullElse(retriever.plural(), "").isBlank(),
        "name is missing, and the retriever has no plural to take for it");
    wrong.addIf(workers < 1, "workers is " + workers + ", at least 1 is needed");
    wrong.addIf(resync != null && resync.compareTo(Duration.ofSeconds(1)) < 0,
        "resync is " + resync + ", at least PT1S makes sense; noResync() switches it off");
    wrong.addIf(retries < 0, "retries is " + retries + ", less than 0");
    wrong.unlessPositive("syncTimeout", syncTimeout);
    wrong.unlessPositive("handlerTimeout", handlerTimeout);
    wrong.unlessPositive("stuckAfter", stuckAfter);
    wrong.addIf(stuckAfter != null && handlerTimeout != null && stuckAfter.compareTo(handlerTimeout) <= 0,
        "stuckAfter is " + stuckAfter + ", not more than the handlerTimeout " + handlerTimeout);
    wrong.addIf(loopLimit < 1, "loopLimit is " + loopLimit + ", less than 1");
    wrong.addIf(minInterval.isNegative(), "minInterval is " + minInterval + ", less than 0");
    wrong.addIf(shards != null && election != null, "election and shards exclude each other: each shard has its own election");
    wrong.addIf(shards != null && !warmStandby, "coldStandby() makes no sense with shards: each replica works");
    Set<String> names = new HashSet<>();
    related.stream().map(Relation.Kind::name).filter(one -> !names.add(one))
        .forEach(one -> wrong.add("two related kinds are called \"" + one + "\": give one of them another name"));
    wrong.addIf(stopDeadline.isNegative(), "stopDeadline is " + stopDeadline + ", less than 0");
    wrong.refuse("a controller");
    return new DefaultController<>(this, defaults);
  }
}
