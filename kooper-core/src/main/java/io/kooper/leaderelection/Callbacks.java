package io.kooper.leaderelection;

import io.kooper.clock.Clock;
import io.kooper.internal.Durations;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Calls code of users in the order of the calls here, on one thread of its own: it may hang, as in {@code System.exit} while a
 * shutdown hook waits for the end of the election. The thread is there while there is something to call.
 */
final class Callbacks {

  /** More do not wait for one that hangs. */
  private static final int MOST = 1000;

  private final String name;
  private final Clock clock;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  // guarded by lock
  private final Deque<Runnable> due = new ArrayDeque<>();
  private boolean calling;
  private boolean kept; // the thread waits for more
  private @Nullable Thread thread;

  Callbacks(String name, Clock clock) {
    this.name = name;
    this.clock = clock;
  }

  /** Calls {@code callback}, which does not throw, soon; false when too many wait for that already. */
  boolean call(Runnable callback) {
    lock.lock();
    try {
      if (due.size() >= MOST) {
        return false;
      }
      due.add(callback);
      changed.signalAll();
      if (thread == null) {
        Thread next = new Thread(this::run, name);
        next.setDaemon(true);
        next.start();
        thread = next;
      }
      return true;
    } catch (OutOfMemoryError e) { // no thread now: the next call tries again, and what waits is called then
      return true;
    } finally {
      lock.unlock();
    }
  }

  /** Whether the thread waits for more when it has nothing to call. */
  void keep(boolean now) {
    lock.lock();
    try {
      kept = now;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** Waits until all has been called and has returned; false when that takes longer. */
  boolean await(Duration timeout) throws InterruptedException {
    long end = clock.nanoTime() + Durations.nanos(timeout);
    lock.lockInterruptibly();
    try {
      for (long left; (calling || !due.isEmpty()) && thread != Thread.currentThread(); clock.await(lock, changed, left)) {
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

  private void run() {
    for (Runnable next; (next = next()) != null; ) {
      next.run();
    }
  }

  private @Nullable Runnable next() {
    lock.lock();
    try {
      calling = false;
      changed.signalAll();
      while (due.isEmpty() && kept) {
        changed.awaitUninterruptibly();
      }
      Runnable next = due.poll();
      calling = next != null;
      thread = calling ? thread : null;
      return next;
    } finally {
      lock.unlock();
    }
  }
}
