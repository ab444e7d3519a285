package io.kooper.informer;

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
  private @Nullable Thread waiting; // guarded by this, as the next two
  private boolean rung; // since the last reset
  private boolean sent; // in this wait

  Wakeup(BooleanSupplier stopped) {
    this.stopped = stopped;
  }

  /** Ends the wait, or the next one at its begin. */
  synchronized void ring() {
    rung = true;
    send();
  }

  private void send() {
    if (waiting != null && !sent) {
      sent = true;
      waiting.interrupt();
    }
  }

  /** What was rung for is about to be done. */
  synchronized void reset() {
    rung = false;
  }

  /** This thread is going to wait, unless it was rung for and {@code due} says that there still is something to do. */
  synchronized boolean tryBegin(BooleanSupplier due) {
    rung &= due.getAsBoolean();
    waiting = rung ? null : Thread.currentThread();
    return !rung;
  }

  /** It waits again, after an event. */
  synchronized void begin() {
    waiting = Thread.currentThread();
    if (rung) {
      send();
    }
  }

  /** It does not wait any more; whether the wait was ended from here. */
  synchronized boolean end() {
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
  }
}
