package io.kooper.test.junit;

import io.kooper.controller.Controller;
import io.kooper.test.EmbeddedApiServer;
import io.kooper.test.Steady;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Runs controllers for the time of a test. Used by the test's thread. */
public final class ControllerHarness {

  private static final Duration PATIENCE = Duration.ofSeconds(10);
  private static final Duration STOP = Duration.ofSeconds(60);

  private final List<Running> running = new ArrayList<>();
  private final MutationDetector mutations = new MutationDetector();
  private final @Nullable EmbeddedApiServer server;

  /** @param server null on other targets */
  ControllerHarness(@Nullable EmbeddedApiServer server) {
    this.server = server;
  }

  private static final class Running {

    private final Controller controller;
    private final Thread thread;
    private volatile boolean ended;
    private volatile Throwable failure = new AssertionError("has not ended");

    private Running(Controller controller) {
      this.controller = controller;
      this.thread = new Thread(this::run, "kooper-test-" + controller.name());
    }

    private void run() {
      try {
        controller.run();
        ended = true;
      } catch (RuntimeException | Error e) {
        failure = e;
      }
    }
  }

  /**
   * Runs a controller on a thread of its own until the test has ended. What its handlers share with others, as the objects of a
   * bound store, they must leave as it is.
   */
  public void run(Controller controller) {
    controller.onShared(mutations::remember);
    Running one = new Running(controller);
    running.add(one);
    one.thread.setDaemon(true);
    one.thread.start();
  }

  /**
   * Waits until all controllers are {@link Steady}, one after the other until nothing happens any more, each for at most 10 s.
   *
   * @throws AssertionError when one of them does not become so; the message says what was there
   */
  public void awaitSteady() {
    Steady.Wait wait = server == null ? Steady.within(PATIENCE) : Steady.on(server).within(PATIENCE);
    long before;
    do {
      before = calls();
      running.forEach(one -> wait.await(one.controller));
    } while (calls() != before); // one has called another
  }

  private long calls() {
    return running.stream().mapToLong(one -> one.controller.calls()).sum();
  }

  /**
   * Closes all controllers and waits for their ends, for at most a minute each. Called after each test; a test may do so itself.
   *
   * @throws AssertionError when one of them failed, does not end, or has modified objects that are shared; then it names them and
   *     their fields
   */
  public void close() {
    List<Running> all = new ArrayList<>(running);
    running.clear();
    all.forEach(one -> one.controller.close());
    List<AssertionError> errors = new ArrayList<>();
    for (Running one : all) {
      try {
        one.thread.join(STOP.toMillis());
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
      if (!one.ended) {
        errors.add(new AssertionError("the controller " + one.controller.name() + " did not end well", one.failure));
      }
    }
    AssertionError modified = mutations.check();
    if (modified != null) {
      errors.add(modified);
    }
    if (!errors.isEmpty()) {
      AssertionError first = errors.remove(0);
      errors.forEach(first::addSuppressed);
      throw first;
    }
  }
}
