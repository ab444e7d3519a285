package io.kooper.informer;

import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Ends the wait of a reflector's thread for a watch's next event, by an interrupt.
 *
 * <p>Invariant: the interrupt hits the wait alone. It is sent only during a wait, and what is left of it at the wait's end is
 * cleared. The thread's owner may interrupt it as well: he says so by {@code stopped} first.
 */
final class Wakeup {

  private final BooleanSupplier stopped;
  private final ReentrantLock lock = new ReentrantLock();
  private @Nullable Thread waiting; // guarded by lock
  private boolean rung; // since the last reset; guarded by lock
  private boolean sent; // in this wait; guarded by lock

  Wakeup(BooleanSupplier stopped) {
    this.stopped = stopped;
  }

  /** Ends the wait, or the next one at its begin. */
  void ring() {
    lock.lock();
    try {
      rung = true;
      send();
    } finally {
      lock.unlock();
    }
  }

  private void send() {
    if (waiting != null && !sent) {
      sent = true;
      waiting.interrupt();
    }
  }

  /** What was rung for is about to be done. */
  void reset() {
    lock.lock();
    try {
      rung = false;
    } finally {
      lock.unlock();
    }
  }

  /** This thread is going to wait, unless it was rung for and {@code due} says that there still is something to do. */
  boolean tryBegin(BooleanSupplier due) {
    lock.lock();
    try {
      rung &= due.getAsBoolean();
      waiting = rung ? null : Thread.currentThread();
      return !rung;
    } finally {
      lock.unlock();
    }
  }

  /** It waits again, after an event. */
  void begin() {
    lock.lock();
    try {
      waiting = Thread.currentThread();
      if (rung) {
        send();
      }
    } finally {
      lock.unlock();
    }
  }

  /** It does not wait any more; whether the wait was ended from here. */
  boolean end() {
    lock.lock();
    try {
      boolean was = sent;
      waiting = null;
      sent = false;
      if (was) {
        Thread.interrupted();
        if (stopped.getAsBoolean()) {
          Thread.currentThread().interrupt();
        }
      }
      return was;
    } finally {
      lock.unlock();
    }
  }
}
