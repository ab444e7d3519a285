package io.kooper.controller;

import io.kooper.clock.Clock;
import io.kooper.internal.Durations;
import io.kooper.internal.Log;
import io.kooper.internal.Loop;
import io.kooper.leaderelection.Leadership;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/** The states of a controller's one life, and the waits for them. */
final class Lifecycle {

  enum State { NEW, RUNNING, STOPPING, ENDED }

  private static final Log log = Log.of(DefaultController.class);
  private static final long SHORTLY = Duration.ofMillis(1).toNanos();

  private final String name;
  private final Clock clock;
  private final ReentrantLock lock = new ReentrantLock(); // guards all below
  private final Condition changed = lock.newCondition();
  private final CountDownLatch ended = new CountDownLatch(1);
  private State state = State.NEW;
  private boolean synced;
  private boolean waiting; // run() waits for the leadership: there is nothing to drain, and an interrupt ends the wait
  private @Nullable Thread runThread;
  private boolean signalled; // since the last wait for it

  Lifecycle(String name, Clock clock) {
    this.name = name;
    this.clock = clock;
  }

  /** The calling thread runs it, and waits for the leadership first. */
  void begin() {
    lock.lock();
    try {
      if (state != State.NEW) {
        throw new ControllerEndedException("controller " + name + " has " + (state == State.ENDED ? "ended" : "been started")
            + " already, and runs only once: build a new one");
      }
      state = State.RUNNING;
      runThread = Thread.currentThread();
      waiting = true;
    } finally {
      lock.unlock();
    }
  }

  /** The wait for the leadership is over. Whether there is still something to lead. */
  boolean beginTerm() {
    lock.lock();
    try {
      waiting = false;
      if (state != State.RUNNING) {
        Thread.interrupted(); // by the request to stop
      }
      return state == State.RUNNING;
    } finally {
      lock.unlock();
    }
  }

  /** A term is over. Whether to wait for another one. */
  boolean awaitsLeadership() {
    lock.lock();
    try {
      if (waiting && state == State.RUNNING) { // asking again and again would be a busy loop
        throw new ControllerException("controller " + name + " failed: its election's runner has returned without a term", null);
      }
      waiting = state == State.RUNNING;
      return waiting;
    } finally {
      lock.unlock();
    }
  }

  /** Asks for the stop; one that has not begun yet has ended now. */
  void requestStop() {
    lock.lock();
    try {
      if (state == State.RUNNING) {
        state = State.STOPPING;
        changed.signalAll();
        if (waiting && runThread != Thread.currentThread()) {
          Objects.requireNonNull(runThread).interrupt();
        }
      } else if (state == State.NEW) {
        end();
      }
    } finally {
      lock.unlock();
    }
  }

  void end() {
    try {
      while (!lock.tryLock()) { // unlike lock() it needs no memory: without this close() would wait for ever
        LockSupport.parkNanos(SHORTLY);
      }
      try {
        state = State.ENDED;
        waiting = false;
      } finally {
        lock.unlock();
      }
    } finally {
      ended.countDown();
    }
  }

  void awaitEnd() throws InterruptedException {
    ended.await();
  }

  void setSynced() {
    lock.lock();
    try {
      synced = true;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** Lets the waits look again, since a term has ended. */
  void signal() {
    lock.lock();
    try {
      signalled = true;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** Waits for a signal, the stop, or so many nanoseconds; false when it is the stop. */
  boolean awaitSignal(long nanos) throws InterruptedException {
    long end = clock.nanoTime() + Math.min(nanos, Durations.LONGEST);
    lock.lock();
    try {
      for (long left; !signalled && state == State.RUNNING && (left = end - clock.nanoTime()) > 0; ) {
        clock.await(lock, changed, left);
      }
      signalled = false;
      return state == State.RUNNING;
    } finally {
      lock.unlock();
    }
  }

  /**
   * Waits until all objects have been seen; false when the stop or the end of the term came first.
   *
   * @param some whether work begins with those of some namespaces, before all have been seen
   */
  boolean awaitSync(Leadership leadership, boolean some) throws InterruptedException {
    lock.lock();
    try {
      while (!synced && !some && goesOn(leadership)) {
        clock.await(lock, changed, Long.MAX_VALUE);
      }
      return goesOn(leadership);
    } finally {
      lock.unlock();
    }
  }

  /** Whether all objects have been seen, or the stop has come, in time; waits for that. */
  boolean awaitSynced(long timeout) throws InterruptedException {
    long end = clock.nanoTime() + timeout;
    lock.lock();
    try {
      for (long left; !synced && state == State.RUNNING; clock.await(lock, changed, left)) {
        left = end - clock.nanoTime();
        if (left <= 0) {
          return false;
        }
      }
      return true;
    } finally {
      lock.unlock();
    }
  }

  /** Waits for the stop or the end of the term, and calls {@code meanwhile} once a period. */
  void awaitStop(Leadership leadership, long period, Runnable meanwhile) throws InterruptedException {
    boolean[] interrupted = {false};
    Loop.run(log, "controller {}: looking at its health failed; it goes on", name, () -> {
      try {
        boolean goesOn = awaitStop(leadership, period);
        if (goesOn) {
          meanwhile.run();
        }
        return goesOn;
      } catch (InterruptedException e) {
        interrupted[0] = true;
        return false;
      }
    });
    if (interrupted[0]) {
      throw new InterruptedException();
    }
  }

  /** Whether a period has gone by. */
  private boolean awaitStop(Leadership leadership, long period) throws InterruptedException {
    long end = clock.nanoTime() + period;
    lock.lock();
    try {
      for (long left; goesOn(leadership); clock.await(lock, changed, left)) {
        left = end - clock.nanoTime();
        if (left <= 0) {
          return true;
        }
      }
      return false;
    } finally {
      lock.unlock();
    }
  }

  private boolean goesOn(Leadership leadership) {
    return state == State.RUNNING && leadership.isValid();
  }

  State state() {
    lock.lock();
    try {
      return state;
    } finally {
      lock.unlock();
    }
  }

  boolean isSynced() {
    lock.lock();
    try {
      return synced;
    } finally {
      lock.unlock();
    }
  }

  boolean isWaiting() {
    lock.lock();
    try {
      return waiting;
    } finally {
      lock.unlock();
    }
  }
}
