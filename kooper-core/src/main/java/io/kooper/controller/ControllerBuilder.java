package io.kooper.controller;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.kooper.clock.Clock;
import io.kooper.handler.Handler;
import io.kooper.informer.InformerListener;
import io.kooper.internal.Durations;
import io.kooper.leaderelection.Runner;
import io.kooper.metrics.MetricsRecorder;
import io.kooper.queue.RateLimiter;
import io.kooper.retrieve.ObjectKey;
import io.kooper.retrieve.Retriever;
import io.kooper.tracing.Tracing;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Executor;
import java.util.function.Function;
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

  static final int ENDLESS = Integer.MAX_VALUE;

  private static final Duration STUCK_AFTER = Duration.ofMinutes(10);

  final @Nullable Retriever<T> retriever;
  final @Nullable Handler<T> handler;
  final List<InformerListener<? super T>> listeners = new ArrayList<>();
  final Map<String, Function<? super T, ? extends Collection<String>>> indexes = new LinkedHashMap<>();
  @Nullable String name;
  int workers = 1;
  @Nullable Duration resync = Duration.ofSeconds(30);
  int retries = ENDLESS;
  @Nullable RateLimiter<ObjectKey> rateLimiter;
  @Nullable Duration syncTimeout;
  Duration stopDeadline = Duration.ofSeconds(30);
  @Nullable Executor executor;
  @Nullable Duration handlerTimeout;
  private @Nullable Duration stuckAfter;
  @Nullable Runner election;
  @Nullable MetricsRecorder metrics;
  @Nullable Tracing tracing;
  boolean warmStandby = true;
  boolean campaignAgain;
  @Nullable UnaryOperator<T> transform;
  Clock clock = Clock.system();

  ControllerBuilder(Retriever<T> retriever, Handler<T> handler) {
    this.retriever = retriever;
    this.handler = handler;
  }

  /** Default: the resource's plural. */
  public ControllerBuilder<T> name(String name) {
    this.name = Objects.requireNonNull(name, "name");
    return this;
  }

  /** How many objects are handled at once at most. Default: 1. */
  public ControllerBuilder<T> workers(int workers) {
    this.workers = workers;
    return this;
  }

  /**
   * How often each object is given to the handler again though nothing changed; the calls are spread over time and wait
   * behind all others. Below client-go's minimum of a second it is refused. Default: 30 s.
   */
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
   * How often a failed call is repeated before it is given up until the object changes or the next resync; Kooper's default
   * was 3. The budget is that of a key, and only a success renews it. Default: without end, each retry at most a minute after
   * the failure.
   */
  public ControllerBuilder<T> retries(int retries) {
    this.retries = retries;
    return this;
  }

  /** Failed calls are not repeated before the object changes or the next resync. */
  public ControllerBuilder<T> noRetries() {
    return retries(0);
  }

  /** When failed calls are repeated. Default: {@link RateLimiter#standard}. */
  public ControllerBuilder<T> rateLimiter(RateLimiter<ObjectKey> rateLimiter) {
    this.rateLimiter = Objects.requireNonNull(rateLimiter, "rateLimiter");
    return this;
  }

  /**
   * {@link Controller#run()} fails when the first list has not succeeded by then, with what the API server said as the
   * cause; a standby's that keeps its store up to date too. The wait for the leadership does not count. Default: it tries for
   * ever, and says in log and health what is wrong.
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
   * What runs the workers, each one long task; it must have a free thread for every one of them. For virtual threads:
   * {@code Executors.newVirtualThreadPerTaskExecutor()}. It is the caller's to shut down. Default: named daemon threads of
   * the controller's own.
   */
  public ControllerBuilder<T> executor(Executor executor) {
    this.executor = Objects.requireNonNull(executor, "executor");
    return this;
  }

  /**
   * How long one call of the handler may take. Then its context is cancelled and its thread interrupted, and however it ends
   * it counts as a failure; until it has ended nobody else gets its key. Default: no limit.
   */
  public ControllerBuilder<T> handlerTimeout(Duration timeout) {
    this.handlerTimeout = Objects.requireNonNull(timeout, "timeout");
    return this;
  }

  /**
   * {@link Health#live()} turns false, and the log shows all threads once, when there is something to do and for so long no
   * call has ended, or the transform or an index function has not returned. Must be more than the handler timeout. Default:
   * 10 min, or twice the handler timeout if that is more.
   */
  public ControllerBuilder<T> stuckAfter(Duration time) {
    this.stuckAfter = Objects.requireNonNull(time, "time");
    return this;
  }

  Duration stuckAfter() {
    if (stuckAfter != null) {
      return stuckAfter;
    }
    Duration twice = handlerTimeout == null ? Duration.ZERO : Duration.ofNanos(2 * Durations.nanos(handlerTimeout));
    return twice.compareTo(STUCK_AFTER) > 0 ? twice : STUCK_AFTER;
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

  /** After a lost leadership, wait to lead again instead of failing. */
  public ControllerBuilder<T> campaignAgain() {
    this.campaignAgain = true;
    return this;
  }

  /**
   * While another process leads, neither list nor watch. It saves memory and load, and makes a new leader begin later.
   * One that has lost the leadership and campaigns again keeps on watching. Default: a standby keeps its store up to date.
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
    Objects.requireNonNull(name, "name");
    Objects.requireNonNull(values, "values");
    this.indexes.put(name, values);
    return this;
  }

  /** Hears what the informer tells: changes, undecodable objects, failures of list and watch. Must not block. */
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

  /**
   * As {@link #build()}, with what an operator's controllers share.
   *
   * @throws IllegalArgumentException when something is missing or makes no sense; the message names everything that is
   */
  public Controller build(ControllerDefaults defaults) {
    List<String> errors = new ArrayList<>();
    refuse(errors, retriever == null, "retriever is null");
    refuse(errors, handler == null, "handler is null");
    refuse(errors, name != null && name.isBlank(), "name is blank");
    refuse(errors, name == null && retriever != null && isBlank(retriever.plural()),
        "name is missing, and the retriever has no plural to take for it");
    refuse(errors, workers < 1, "workers is " + workers + ", at least 1 is needed");
    refuse(errors, resync != null && resync.compareTo(Duration.ofSeconds(1)) < 0,
        "resync is " + resync + ", at least PT1S makes sense; noResync() switches it off");
    refuse(errors, retries < 0, "retries is " + retries + ", less than 0");
    refuse(errors, syncTimeout != null && !Durations.isPositive(syncTimeout), "syncTimeout is " + syncTimeout + ", not above 0");
    refuse(errors, handlerTimeout != null && !Durations.isPositive(handlerTimeout),
        "handlerTimeout is " + handlerTimeout + ", not above 0");
    refuse(errors, stuckAfter != null && !Durations.isPositive(stuckAfter), "stuckAfter is " + stuckAfter + ", not above 0");
    refuse(errors, stuckAfter != null && handlerTimeout != null && stuckAfter.compareTo(handlerTimeout) <= 0,
        "stuckAfter is " + stuckAfter + ", not more than the handlerTimeout " + handlerTimeout);
    refuse(errors, stopDeadline.isNegative(), "stopDeadline is " + stopDeadline + ", less than 0");
    if (!errors.isEmpty()) {
      throw new IllegalArgumentException("a controller cannot be built: " + String.join("; ", errors));
    }
    return new DefaultController<>(this, defaults);
  }

  private static boolean isBlank(@Nullable String text) {
    return text == null || text.isBlank();
  }

  private static void refuse(List<String> errors, boolean wrong, String message) {
    if (wrong) {
      errors.add(message);
    }
  }
}
