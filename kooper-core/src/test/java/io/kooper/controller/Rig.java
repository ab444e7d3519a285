package io.kooper.controller;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.kooper.fake.FakeSource;
import io.kooper.handler.Handler;
import io.kooper.handler.HandlerContext;
import io.kooper.informer.InformerListener;
import io.kooper.queue.WorkQueue;
import io.kooper.retrieve.ObjectKey;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.UnaryOperator;
import org.awaitility.Awaitility;

/** A controller of a fake cluster on a clock that stands still, with a handler that writes down its calls. */
final class Rig implements AutoCloseable {

  /** What a handler does after its call was written down. */
  @FunctionalInterface
  interface Behaviour {
    void handle(Call call, HandlerContext<ConfigMap> context) throws Throwable;
  }

  record Call(String type, String name, String value, String uid, int attempt) {

    boolean isAdd() {
      return type.equals("add");
    }

    /** For instance {@code add a=1}. */
    @Override
    public String toString() {
      return type + " " + name + "=" + value;
    }
  }

  /** Of a test on a machine that is busy with other things. */
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  private static final String MARKER = "zz-marker";

  final FakeSource source = new FakeSource();
  final SeenClock clock = new SeenClock();
  final List<Call> all = new CopyOnWriteArrayList<>();
  /** Changes that the informer told the controller before it told us: they are in the queue, or were. */
  private final Set<String> heard = ConcurrentHashMap.newKeySet();

  private volatile Behaviour behaviour = (call, context) -> {};
  private final CompletableFuture<Void> ended = new CompletableFuture<>();
  private final BlockingQueue<String> markersSeen = new LinkedBlockingQueue<>();
  private int markers;
  private boolean resynced;
  private Controller controller;
  private Thread thread;

  final Handler<ConfigMap> handler = Handler.of(
      (context, object) -> called("add", context, object), (context, object) -> called("delete", context, object));

  private void called(String type, HandlerContext<ConfigMap> context, ConfigMap object) throws Exception {
    var call = new Call(type, object.getMetadata().getName(), object.getData().get("value"),
        object.getMetadata().getUid(), context.attempt());
    all.add(call);
    if (call.name().equals(MARKER)) {
      markersSeen.add(call.value());
      return;
    }
    try {
      behaviour.handle(call, context);
    } catch (Exception | Error e) {
      throw e;
    } catch (Throwable t) {
      throw new AssertionError("no exception and no error", t);
    }
  }

  Rig behave(Behaviour now) {
    behaviour = now;
    return this;
  }

  Rig put(String name, String value) {
    source.put(name, value);
    return this;
  }

  /** Builds, with no resync unless {@code options} say so, and runs on a thread of its own. */
  Rig start(UnaryOperator<ControllerBuilder<ConfigMap>> options) {
    controller = build(builder -> {
      ControllerBuilder<ConfigMap> set = options.apply(builder);
      resynced = set.resync != null;
      return set;
    });
    thread = new Thread(this::run, "run");
    thread.start();
    return this;
  }

  Rig start() {
    return start(builder -> builder);
  }

  Controller build(UnaryOperator<ControllerBuilder<ConfigMap>> options) {
    return options.apply(Controller.builder(source.retriever(), handler).clock(clock).noResync().listener(new Ears())).build();
  }

  private final class Ears implements InformerListener<ConfigMap> {
    @Override
    public void added(ConfigMap object, boolean initial) {
      heard.add(object.getMetadata().getName() + "=" + object.getData().get("value"));
    }

    @Override
    public void updated(ConfigMap before, ConfigMap after) {
      added(after, false);
    }

    @Override
    public void deleted(ConfigMap lastState) {}
  }

  /** Waits until the controller knows of a state, given as {@code name=value}. */
  Rig awaitHeard(String state) {
    await(() -> heard.contains(state));
    return this;
  }

  private void run() {
    try {
      controller.run();
      ended.complete(null);
    } catch (Throwable t) {
      ended.completeExceptionally(t);
    }
  }

  Controller controller() {
    return controller;
  }

  WorkQueue<ObjectKey> queue() {
    return ((DefaultController<?>) controller).engine.queue;
  }

  /** The thread that called run(). */
  Thread thread() {
    return thread;
  }

  /** Fails as run() did, wrapped in an ExecutionException. */
  void awaitEnd() throws Exception {
    ended.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
  }

  /** Waits for run() to end, moving the clock meanwhile. */
  void advanceToEnd(Duration step) throws Exception {
    advanceUntil(step, ended::isDone);
    awaitEnd();
  }

  boolean hasEnded() {
    return ended.isDone();
  }

  static void await(BooleanSupplier condition) {
    Awaitility.await().pollDelay(Duration.ZERO).pollInterval(Duration.ofMillis(1)).atMost(PATIENCE)
        .until(condition::getAsBoolean);
  }

  Rig awaitCalls(int count) {
    await(() -> calls().size() >= count);
    return this;
  }

  /** Before the clock leaps: the first calls come before the end of the list, which would seem to take as long. */
  Rig awaitWatching() {
    await(() -> controller.health().informer().watching());
    return this;
  }

  /** Moves the clock by {@code step} until the condition holds. */
  void advanceUntil(Duration step, BooleanSupplier condition) {
    await(() -> {
      if (condition.getAsBoolean()) {
        return true;
      }
      clock.advance(step);
      return condition.getAsBoolean();
    });
  }

  /** Moves the clock in steps, and lets the controller do all it has to do after each. For one worker. */
  Rig advance(Duration by, int steps) {
    for (int i = 0; i < steps; i++) {
      clock.advance(by.dividedBy(steps));
      settle();
    }
    return this;
  }

  /** Waits until all that is due now is handled, resyncs included: of nine keys in a row each lane gives one. For one worker. */
  Rig settle() {
    if (resynced) {
      await(() -> clock.isUpToDate("kooper-" + controller.name() + "-resync"));
    }
    for (int i = 0; i < 9; i++) {
      String mark = Integer.toString(++markers);
      source.put(MARKER, mark);
      awaitMarker(mark);
    }
    await(() -> queue().inFlight() == 0); // a marker's own call must not be there any more when the clock goes on
    return awaitApplied();
  }

  /** Waits until the informer waits for its source: the clock may leap then, and nothing seems to take that long. */
  Rig awaitApplied() {
    await(() -> controller.health().informer().applying().isZero());
    return this;
  }

  /** Waits until nothing is ready or in flight. */
  Rig settleQueue() {
    await(() -> queue().length() == 0 && queue().inFlight() == 0);
    return this;
  }

  private void awaitMarker(String mark) {
    try {
      for (String seen = ""; !mark.equals(seen); seen = markersSeen.poll(PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
        assertThat(seen).as("marker %s of the list %s", mark, told()).isNotNull();
      }
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  /** What the handler was called with, without what {@link #settle} needs. */
  List<Call> calls() {
    return all.stream().filter(call -> !call.name().equals(MARKER)).toList();
  }

  List<String> told() {
    return calls().stream().map(Call::toString).toList();
  }

  List<String> told(String name) {
    return calls().stream().filter(call -> call.name().equals(name)).map(Call::toString).toList();
  }

  /** Stops the controller, whatever it is at. */
  @Override
  public void close() {
    if (thread == null) {
      return;
    }
    behaviour = (call, context) -> {};
    Thread closer = new Thread(controller::close, "close");
    closer.start();
    advanceUntil(Duration.ofSeconds(1), ended::isDone);
    await(() -> !closer.isAlive() && !thread.isAlive());
  }
}
