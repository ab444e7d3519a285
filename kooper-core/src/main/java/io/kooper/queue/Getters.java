package io.kooper.queue;

import io.kooper.clock.Clock;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.Lock;
import org.jspecify.annotations.Nullable;

/**
 * The threads that wait for a key. One of them leads: it waits for the time of the first delayed key, the others for a signal.
 * Guarded by the queue's lock.
 *
 * <p>Invariant: while getters wait and a key is delayed, one leads, or one has been signalled and will take the lead. Whoever
 * leaves passes on the signal that it may have got, and the lead.
 */
final class Getters {

  private final Clock clock;
  private final Lock lock;
  private final Condition work; // a key became ready, or there is a nearer time to wait for, or the end came
  private @Nullable Thread leader;

  Getters(Clock clock, Lock lock) {
    this.clock = clock;
    this.lock = lock;
    this.work = lock.newCondition();
  }

  /** Waits for a signal or, if nobody else does, for the time of the first delayed key. */
  void await(@Nullable Slot<?> first, long now) throws InterruptedException {
    if (first == null || leader != null) {
      clock.await(lock, work, Long.MAX_VALUE);
      return;
    }
    Thread me = Thread.currentThread();
    leader = me;
    try {
      clock.await(lock, work, first.readyAt - now);
    } finally {
      if (leader == me) {
        leader = null;
      }
    }
  }

  /** A key is ready. */
  void wake() {
    try {
      work.signal();
    } catch (OutOfMemoryError e) {
      // as in wakeAll
    }
  }

  /** There is a nearer time to wait for: who is signalled now leads. */
  void leadAnew() {
    leader = null;
    wake();
  }

  /** A getter leaves, by a key, the end or an exception. */
  void passOn(boolean ready, boolean delayed) {
    if (ready || delayed && leader == null) {
      wake();
    }
  }

  void wakeAll() {
    wakeAll(work);
  }

  /** A lock's first signal allocates. One that is lost must not look like a failure of what it tells of: the next follows. */
  static void wakeAll(Condition condition) {
    try {
      condition.signalAll();
    } catch (OutOfMemoryError e) {
      // who waits is woken by the next one
    }
  }
}
