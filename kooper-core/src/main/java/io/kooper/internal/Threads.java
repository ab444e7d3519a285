package io.kooper.internal;

import java.time.Duration;

/** Makes this library's own threads: daemons, each with a name. */
public final class Threads {

  private Threads() {}

  /** One that is not started yet. */
  public static Thread of(String name, Runnable task) {
    Thread thread = new Thread(task, name);
    thread.setDaemon(true);
    return thread;
  }

  /** One that runs. */
  public static Thread start(String name, Runnable task) {
    Thread thread = of(name, task);
    thread.start();
    return thread;
  }

  /** Waits for the end of a thread, {@code limit} at most; an interrupt ends the wait, and stays. Whether it has ended. */
  public static boolean join(Thread thread, Duration limit) {
    try {
      thread.join(Math.max(1, limit.toMillis())); // 0 would be without limit
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    return !thread.isAlive();
  }
}
