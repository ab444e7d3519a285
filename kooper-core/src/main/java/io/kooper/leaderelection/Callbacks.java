package io.kooper.leaderelection;

import io.kooper.clock.Clock;
import io.kooper.internal.Durations;
import io.kooper.internal.Guard;
import io.kooper.internal.Log;
import io.kooper.internal.Loop;
import io.kooper.internal.Monitor;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import org.jspecify.annotations.Nullable;

/**
 * Calls code of users in the order of the calls here, on one thread of its own: it may hang, as in {@code System.exit} while a
 * shutdown hook waits for the end of the election. The thread is there while there is something to call.
 */
final class Callbacks {

  private static final Log log = Log.of(LeaderElection.class);

  /** More do not wait for one that hangs. */
  private static final int MOST = 1000;

  private final String name;
  private final Clock clock;
  private final Monitor monitor;
  // guarded by monitor
  private final Deque<Runnable> due = new ArrayDeque<>(); // the first one is being called
  private @Nullable Thread thread;

  Callbacks(String name, Clock clock) {
    this.name = name;
    this.clock = clock;
    this.monitor = new Monitor(clock);
  }

  /** Calls {@code callback} soon, again if it throws; false when too many wait for that already. What this throws, it has not. */
  boolean call(Runnable callback) {
    return monitor.change(() -> {
      if (due.size() >= MOST) {
        return false;
      }
      if (thread == null || !thread.isAlive()) { // one that had no memory to begin is dead
        Thread next = new Thread(() -> Loop.run(log, "{}: a call failed, and is made again", name, this::callFirst), name);
        next.setDaemon(true);
        next.start();
        thread = next;
      }
      due.add(callback);
      return true;
    });
  }

  /** Calls code of users on which nothing depends. The guard takes what it throws, and that there was no thread for it. */
  void tell(Guard guard, Guard.Code code) {
    guard.run(() -> call(() -> guard.run(code)));
  }

  /** Waits until all has been called and has returned; false when that takes longer. */
  boolean await(Duration timeout) throws InterruptedException {
    long end = clock.nanoTime() + Durations.nanos(timeout);
    monitor.await(() -> isIdle() ? 0 : end - clock.nanoTime());
    return monitor.get(this::isIdle);
  }

  private boolean isIdle() {
    return due.isEmpty() || thread == Thread.currentThread();
  }

  private boolean callFirst() {
    Runnable first = monitor.get(() -> {
      thread = due.isEmpty() ? null : thread;
      return due.peek();
    });
    if (first == null) {
      return false;
    }
    first.run();
    monitor.run(due::remove);
    return true;
  }
}
