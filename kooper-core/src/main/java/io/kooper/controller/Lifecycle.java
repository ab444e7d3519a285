package io.kooper.controller;

import io.kooper.clock.Clock;
import io.kooper.internal.Monitor;
import io.kooper.leaderelection.Leadership;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/** The states of a controller's one life, why it ends, and the waits for them. */
final class Lifecycle {

  enum State { NEW, RUNNING, STOPPING, ENDED }

  private final String name;
  private final Monitor monitor; // all below is written there
  private final CountDownLatch ended = new CountDownLatch(1);
  private final Runnable ending = this::setEnded; // made now: to end needs no memory
  private volatile State state = State.NEW;
  private volatile boolean synced;
  private volatile boolean waiting; // run() waits for the leadership: there is nothing to drain, and an interrupt ends the wait
  private @Nullable Thread runThread;
  private boolean signalled; // since the last wait for it
  private volatile @Nullable RuntimeException failure;
  private volatile boolean interrupted;

  Lifecycle(String name, Clock clock) {
    this.name = name;
    this.monitor = new Monitor(clock);
  }

  /** The calling thread runs it, and waits for the leadership first. */
  void begin() {
    monitor.run(() -> {
      if (state != State.NEW) {
        throw new ControllerEndedException("controller " + name + " has " + (state == State.ENDED ? "ended" : "been started")
            + " already, and runs only once: build a new one");
      }
      state = State.RUNNING;
      runThread = Thread.currentThread();
      waiting = true;
    });
  }

  /** The wait for the leadership is over. Whether there is still something to lead. */
  boolean beginTerm() {
    return monitor.change(() -> {
      waiting = false;
      if (state != State.RUNNING) {
        Thread.interrupted(); // by the request to stop
      }
      return state == State.RUNNING;
    });
  }

  /** A term is over. Whether to wait for another one. */
  boolean awaitsLeadership() {
    return monitor.change(() -> {
      if (waiting && state == State.RUNNING) { // asking again and again would be a busy loop
        throw new ControllerException("controller " + name + " failed: its election's runner has returned without a term", null);
      }
      waiting = state == State.RUNNING;
      return waiting;
    });
  }

  /** Asks for the stop; one that has not begun yet has ended now. */
  void requestStop() {
    monitor.run(() -> {
      if (state == State.RUNNING) {
        state = State.STOPPING;
        if (waiting && runThread != Thread.currentThread()) {
          Objects.requireNonNull(runThread).interrupt();
        }
      } else if (state == State.NEW) {
        end();
      }
    });
  }

  /** Asks for the stop: run() is to throw this. */
  void fail(RuntimeException why) {
    failure = why;
    requestStop();
  }

  /** Asks for the stop: the thread in run() was interrupted, by somebody else than close(). */
  void interrupt() {
    interrupted = true;
    requestStop();
  }

  void end() {
    try {
      monitor.run(ending);
    } finally {
      ended.countDown();
    }
  }

  private void setEnded() {
    state = State.ENDED;
    waiting = false;
  }

  void awaitEnd() throws InterruptedException {
    ended.await();
  }

  void setSynced() {
    monitor.run(() -> synced = true);
  }

  /** Lets the waits look again, since a term has ended. */
  void signal() {
    monitor.run(() -> signalled = true);
  }

  /** Waits until it is so, looked at after each signal, for so many nanoseconds at most. Whether it is so. */
  boolean await(BooleanSupplier condition, long nanos) throws InterruptedException {
    return monitor.await(condition, nanos);
  }

  /** Waits for a signal, the stop, or so many nanoseconds; false when it is the stop. */
  boolean awaitSignal(long nanos) throws InterruptedException {
    monitor.await(() -> signalled || state != State.RUNNING, nanos);
    monitor.run(() -> signalled = false); // who waited looks at everything now
    return state == State.RUNNING;
  }

  /**
   * Waits until all objects have been seen; false when the stop or the end of the term came first.
   *
   * @param some whether work begins with those of some namespaces, before all have been seen
   */
  boolean awaitSync(Leadership leadership, boolean some) throws InterruptedException {
    monitor.await(() -> synced || some || !goesOn(leadership), Long.MAX_VALUE);
    return goesOn(leadership);
  }

  /** Waits until all objects have been seen or the stop has come; false when neither was so in time. */
  boolean awaitSynced(long timeout) throws InterruptedException {
    return monitor.await(() -> synced || state != State.RUNNING, timeout);
  }

  private boolean goesOn(Leadership leadership) {
    return state == State.RUNNING && leadership.isValid();
  }

  State state() {
    return state;
  }

  boolean isSynced() {
    return synced;
  }

  boolean isWaiting() {
    return waiting;
  }

  /** Why it ends early; null while nothing is wrong. */
  @Nullable RuntimeException failure() {
    return failure;
  }

  boolean isInterrupted() {
    return interrupted;
  }
}
