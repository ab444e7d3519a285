package io.kooper.operator;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.kooper.clock.Clock;
import io.kooper.controller.Controller;
import io.kooper.controller.ControllerEndedException;
import io.kooper.controller.ControllerException;
import io.kooper.controller.Health;
import io.kooper.controller.QueuedKey;
import io.kooper.internal.Durations;
import io.kooper.internal.Guard;
import io.kooper.internal.Log;
import io.kooper.internal.Loop;
import io.kooper.internal.Threads;
import io.kooper.internal.Throwables;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Runs each controller on a thread of its own, and waits for the first of them to end or for the stop. */
final class DefaultOperator implements Operator {

  private static final Log log = Log.of(DefaultOperator.class);
  private static final Clock CLOCK = Clock.system();

  /** How often a stop says what it waits for. */
  static final Duration PROGRESS = Duration.ofSeconds(5);

  private enum State { NEW, RUNNING, STOPPING, ENDED }

  /** News for the thread in {@link #run()}: a controller that has ended, or, without one, the wish to stop. */
  private record News(@Nullable Controller ended, @Nullable Throwable failure) {}

  private final String name;
  private final List<Controller> controllers;
  private final Definitions definitions;
  private final Guard guard; // foreign controllers may throw whatever they are asked
  private final Duration stopDeadline;

  private final BlockingQueue<News> news = new LinkedBlockingQueue<>(); // one a controller and one a close() at most
  private final CountDownLatch ended = new CountDownLatch(1);
  private volatile State state = State.NEW; // written under this
  private volatile List<Thread> threads = List.of(); // of the controllers; empty until they run
  private int started; // so many of the controllers have a thread that runs; used as the next one
  private final List<Controller> running; // those that have not ended; used by the thread in run() alone
  private volatile @Nullable ControllerException failure;

  DefaultOperator(OperatorBuilder builder, List<Controller> controllers) {
    this.name = builder.name;
    this.controllers = List.copyOf(controllers);
    this.running = new ArrayList<>(controllers);
    this.guard = new Guard(log, "operator " + name + ": one of its controllers");
    this.definitions = new Definitions(builder);
    this.stopDeadline = builder.stopDeadline;
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public void initialize() throws InterruptedException {
    if (!definitions.initialize()) {
      throw failed("was closed before its definitions were initialized", null);
    }
  }

  @Override
  public Controller controller(String named) {
    return controllers.stream().filter(one -> nameOf(one).equals(named)).findFirst()
        .orElseThrow(() -> new IllegalArgumentException(
            "operator " + name + " has no controller \"" + named + "\"; there are " + names(controllers)));
  }

  @Override
  public void run() {
    begin();
    List<Throwable> failures = new ArrayList<>();
    boolean interrupted = false;
    try {
      if (definitions.initialize() && !stopping()) {
        start();
        collect(news.take(), failures);
      }
    } catch (InterruptedException e) {
      interrupted = true;
    } catch (Throwable t) { // whatever it is: close() waits for the end
      failures.add(t);
    }
    ControllerException thrown = end(failures, interrupted);
    if (thrown != null) {
      throw thrown;
    }
  }

  /** Stops all controllers, and returns what is to be thrown. */
  private @Nullable ControllerException end(List<Throwable> failures, boolean interrupted) {
    boolean interrupt = interrupted;
    try {
      interrupt |= stop(failures);
      ControllerException thrown = thrown(failures);
      failure = thrown;
      return thrown;
    } finally { // whatever fails: close() waits for it
      setState(State.ENDED);
      ended.countDown();
      if (interrupt) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private synchronized void begin() {
    if (state != State.NEW) {
      throw new ControllerEndedException("operator " + name + " has " + (state == State.RUNNING ? "been started" : "ended")
          + " already, and runs only once: build a new one");
    }
    state = State.RUNNING;
  }

  private void start() {
    List<Thread> all = new ArrayList<>();
    for (Controller controller : controllers) {
      all.add(Threads.of(threadOf(nameOf(controller)), () -> runOne(controller)));
    }
    threads = List.copyOf(all);
    for (Thread thread : all) {
      thread.start();
      started++;
    }
    log.info("operator {}: running {}", name, names(controllers));
  }

  private void runOne(Controller controller) {
    Throwable cause = null;
    try {
      controller.run();
    } catch (Throwable t) { // an Error too: the others must not go on as if all were well
      cause = t;
    }
    Throwable failed = cause instanceof ControllerEndedException && stopping() ? null : cause; // it could not even begin
    tell(new News(controller, failed));
  }

  private void tell(News one) {
    Loop.run(log, "operator {}: the end of a controller could not be told; it is tried again", name, () -> !news.add(one));
  }

  /** Takes note of a controller that has ended; before the stop that alone is a failure. */
  private void collect(News one, List<Throwable> failures) {
    Controller controller = one.ended;
    if (controller == null) {
      return;
    }
    running.remove(controller);
    if (one.failure != null) {
      failures.add(one.failure);
    } else if (!stopping()) {
      failures.add(failed("stops because its controller " + nameOf(controller) + " ended without being asked to", null));
    }
  }

  /** Stops all controllers at once and waits for them. Returns whether this thread was interrupted meanwhile. */
  private boolean stop(List<Throwable> failures) {
    setState(State.STOPPING);
    boolean interrupted = false;
    long end = CLOCK.nanoTime() + Durations.nanos(stopDeadline);
    Deque<Controller> toClose = new ArrayDeque<>(running);
    Loop.run(log, "operator {}: one of its controllers could not be asked to stop; it is tried again", name, () -> {
      Controller next = toClose.peek();
      if (next != null && end - CLOCK.nanoTime() > 0) {
        Threads.start(threadOf(nameOf(next) + "-stop"),
            () -> closeOne(next, controllers.indexOf(next) >= started)); // whose thread does not say that it has ended
        toClose.remove();
      }
      return next != null && end - CLOCK.nanoTime() > 0;
    });
    while (!running.isEmpty()) {
      try {
        long left = end - CLOCK.nanoTime();
        News one = news.poll(Math.min(left, PROGRESS.toNanos()), TimeUnit.NANOSECONDS);
        if (one == null && left > PROGRESS.toNanos()) {
          log.info("operator {}: stopping; its controllers {} have not ended yet", name, names(running));
          continue;
        }
        if (one == null) {
          failures.add(failed("was stopped, but not within " + stopDeadline + " its controllers " + names(running), null));
          return interrupted;
        }
        collect(one, failures);
      } catch (InterruptedException e) {
        interrupted = true; // the controllers have their own deadlines
      }
    }
    return interrupted;
  }

  /** A foreign one may throw: the others have to be closed all the same, and who waits for the end must not hang. */
  private void closeOne(Controller controller, boolean ends) {
    try {
      controller.close();
    } catch (Throwable t) {
      log.error("operator {}: controller {} failed to close", name, nameOf(controller), t);
    }
    if (ends) {
      tell(new News(controller, null));
    }
  }

  private @Nullable ControllerException thrown(List<Throwable> failures) {
    if (failures.isEmpty()) {
      return null;
    }
    Throwable first = failures.get(0);
    ControllerException thrown = first instanceof ControllerException e && failures.size() == 1
        ? e
        : failed("failed: " + Throwables.message(first), first);
    failures.stream().skip(1).forEach(thrown::addSuppressed);
    return thrown;
  }

  @Override
  public void close() {
    boolean neverRun;
    synchronized (this) {
      neverRun = state == State.NEW;
      if (state == State.RUNNING) {
        news.add(new News(null, null));
      }
      state = state == State.ENDED ? State.ENDED : State.STOPPING;
    }
    definitions.close();
    ControllerException hung = neverRun ? end(new ArrayList<>(), false) : null;
    if (hung != null) {
      log.warn("operator {} was closed before it ran: {}", name, hung.getMessage());
    }
    if (isCalledByHandler()) {
      return; // the end waits for it
    }
    try {
      ended.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public boolean isCalledByHandler() {
    return threads.contains(Thread.currentThread())
        || controllers.stream().anyMatch(one -> guard.ask(one::isCalledByHandler, false));
  }

  @Override
  public List<QueuedKey> queue() {
    return controllers.stream().flatMap(one -> guard.ask(one::queue, List.<QueuedKey>of()).stream()).toList();
  }

  @Override
  public long calls() {
    return controllers.stream().mapToLong(one -> guard.ask(one::calls, 0L)).sum();
  }

  @Override
  public boolean hasSeen(String resourceVersion) {
    return controllers.stream().allMatch(one -> guard.ask(() -> one.hasSeen(resourceVersion), false));
  }

  @Override
  public void onShared(Consumer<? super HasMetadata> observer) {
    controllers.forEach(one -> one.onShared(observer));
  }

  @Override
  public Health health() {
    List<Health> all = controllers.stream().map(this::healthOf).toList();
    List<String> reasons = new ArrayList<>();
    State now = state;
    if (now != State.RUNNING) {
      ControllerException why = failure;
      reasons.add("operator " + name + " is not running: "
          + (why == null ? now.toString().toLowerCase(Locale.ROOT) : Throwables.message(why)));
    } else if (threads.isEmpty()) {
      reasons.add("operator " + name + " initializes its definitions");
      reasons.addAll(definitions.pending());
      return new Health(true, false, null, reasons);
    }
    all.stream().flatMap(health -> health.reasons().stream()).distinct().forEach(reasons::add); // they may share an election
    return new Health(
        now != State.ENDED && (now != State.RUNNING || all.stream().allMatch(Health::live)),
        now == State.RUNNING && all.stream().allMatch(Health::ready), null, reasons);
  }

  private boolean stopping() {
    return state == State.STOPPING || state == State.ENDED;
  }

  private synchronized void setState(State next) {
    state = next;
  }

  private Health healthOf(Controller controller) {
    return guard.ask(controller::health,
        new Health(true, false, null, List.of(nameOf(controller) + " cannot say how it is: its health() fails")));
  }

  private String threadOf(String what) {
    return "kooper-" + name + "-" + what;
  }

  private String nameOf(Controller controller) {
    return guard.ask(controller::name, controller.getClass().getName());
  }

  private String names(List<Controller> some) {
    return some.stream().map(this::nameOf).collect(Collectors.joining(", "));
  }

  private ControllerException failed(String what, @Nullable Throwable cause) {
    return new ControllerException("operator " + name + " " + what, cause);
  }
}
