package io.kooper.test.net;

import java.time.Duration;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Where requests are answered, one at a time, in the order of their arrival: on the thread that brings one, which saves two
 * changes of threads a request, or on a thread of the loop's own. What comes after its end is dropped.
 */
public final class Loop implements AutoCloseable {

  private static final Logger log = LoggerFactory.getLogger(Loop.class);

  private final ReentrantLock turn = new ReentrantLock(true);
  private final ScheduledThreadPoolExecutor executor;

  public Loop() {
    executor = new ScheduledThreadPoolExecutor(1, task -> daemon(task, "kooper-test-server"),
        new ThreadPoolExecutor.DiscardPolicy());
    executor.setRemoveOnCancelPolicy(true);
    executor.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
    executor.setContinueExistingPeriodicTasksAfterShutdownPolicy(false);
  }

  static Thread daemon(Runnable task, String name) {
    Thread thread = new Thread(task, name);
    thread.setDaemon(true);
    return thread;
  }

  /** Runs a task on this thread when its turn comes. */
  void run(Runnable task) {
    turn.lock();
    try {
      if (!executor.isShutdown()) {
        task.run();
      }
    } catch (RuntimeException | Error e) { // of one request: the next ones have nothing to do with it
      log.warn("a defect of the embedded API server", e);
    } finally {
      turn.unlock();
    }
  }

  public void execute(Runnable task) {
    executor.execute(() -> run(task));
  }

  public Future<?> after(Duration delay, Runnable task) {
    return executor.schedule(() -> run(task), delay.toMillis(), TimeUnit.MILLISECONDS);
  }

  public Future<?> every(Duration interval, Runnable task) {
    return executor.scheduleAtFixedRate(() -> run(task), interval.toMillis(), interval.toMillis(), TimeUnit.MILLISECONDS);
  }

  @Override
  public void close() {
    executor.shutdown();
  }
}
