package io.kooper.internal;

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
}
