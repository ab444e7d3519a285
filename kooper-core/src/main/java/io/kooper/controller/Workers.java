package io.kooper.controller;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.kooper.clock.Clock;
import io.kooper.controller.Deliveries.Delivery;
import io.kooper.informer.Store;
import io.kooper.internal.Durations;
import io.kooper.internal.Log;
import io.kooper.leaderelection.Leadership;
import io.kooper.queue.Lane;
import io.kooper.queue.WorkQueue;
import io.kooper.retrieve.ObjectKey;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The threads that take keys from the queue and process them. Invariant: every key that was taken is given back, and no
 * throwable ends a worker; only the end of the queue does.
 */
final class Workers<T extends HasMetadata> {

  private static final Log log = Log.of(Workers.class);

  private static final Duration RESCUE = Duration.ofSeconds(1);

  private final String name;
  private final WorkQueue<ObjectKey> queue;
  private final Deliveries<T> deliveries;
  private final Store<T> store;
  private final Processor<T> processor;
  private final @Nullable Timeouts timeouts;
  private final Clock clock;
  private final Map<ObjectKey, Job<T>> running = new ConcurrentHashMap<>();
  private final Set<Thread> threads = ConcurrentHashMap.newKeySet();
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition(); // term, stopping, or the last of the running ended
  private @Nullable Leadership term; // no job begins without one; guarded by lock
  private boolean stopping; // nobody waits for a term any more; guarded by lock
  private volatile boolean started;
  private volatile boolean cancelled;
  private volatile long progressAt; // when a job last ended, or a term last began

  Workers(String name, WorkQueue<ObjectKey> queue, Deliveries<T> deliveries, Store<T> store, Processor<T> processor,
      @Nullable Timeouts timeouts, Clock clock) {
    this.name = name;
    this.queue = queue;
    this.deliveries = deliveries;
    this.store = store;
    this.processor = processor;
    this.timeouts = timeouts;
    this.clock = clock;
  }

  /**
   * Starts {@code count} workers.
   *
   * @throws RejectedExecutionException when the executor does not take one, or has no thread for it but this one
   */
  void start(int count, @Nullable Executor executor) {
    started = true;
    Thread starter = Thread.currentThread();
    for (int i = 0; i < count; i++) {
      if (executor != null) {
        executor.execute(() -> {
          if (Thread.currentThread() == starter) {
            throw new RejectedExecutionException("the executor runs its tasks on the calling thread");
          }
          work();
        });
      } else {
        Thread thread = new Thread(this::work, "kooper-" + name + "-worker-" + i);
        thread.setDaemon(true);
        thread.start();
      }
    }
  }

  /** Whether there may be workers; without any, nobody empties the queue. */
  boolean started() {
    return started;
  }

  /** How many run. */
  int alive() {
    return threads.size();
  }

  /** The keys whose jobs run now. */
  Set<ObjectKey> running() {
    return Set.copyOf(running.keySet());
  }

  /** For how long the longest running of them has been running. */
  Duration longestRunning() {
    long now = clock.nanoTime();
    return Duration.ofNanos(running.values().stream().mapToLong(job -> now - job.startedAt()).max().orElse(0));
  }

  /**
   * Whether for so long nothing has been finished, though all that time there was something to do.
   *
   * @param waiting for how long a key has been ready; asked for only if it matters
   */
  boolean isStuck(Duration limit, Supplier<Duration> waiting) {
    return isLeading() && clock.nanoTime() - progressAt >= Durations.nanos(limit)
        && (longestRunning().compareTo(limit) >= 0 || waiting.get().compareTo(limit) >= 0);
  }

  private boolean isLeading() {
    lock.lock();
    try {
      return term != null && term.isValid();
    } finally {
      lock.unlock();
    }
  }

  /** Those that run. */
  Set<Thread> threads() {
    return Set.copyOf(threads);
  }

  /** Whether the calling thread is one of the workers. */
  boolean isWorker() {
    return threads.contains(Thread.currentThread());
  }

  /** Lets jobs begin for as long as this term lasts; when it ends, those that run are cancelled. */
  void lead(Leadership leadership) {
    progressAt = clock.nanoTime();
    locked(() -> term = leadership);
    leadership.onEnd(() -> running.values().stream().filter(job -> job.leadership() == leadership).forEach(Job::cancel));
  }

  /** From now on workers do not wait for a term: without a valid one they leave their key undone. */
  void stopWaiting() {
    locked(() -> stopping = true);
  }

  /** Cancels the jobs that run now, and those that still begin. */
  void cancel() {
    cancelled = true;
    running.values().forEach(Job::cancel);
  }

  /** Waits until no job runs; whether that came true in time. */
  boolean awaitIdle(Duration timeout) throws InterruptedException {
    long end = clock.nanoTime() + Durations.nanos(timeout);
    lock.lockInterruptibly();
    try {
      for (long left; !running.isEmpty(); ) {
        left = end - clock.nanoTime();
        if (left <= 0) {
          return false;
        }
        clock.await(lock, changed, left);
      }
      return true;
    } finally {
      lock.unlock();
    }
  }

  /** The term in which a job may begin now; null when none will come. */
  private @Nullable Leadership awaitTerm() throws InterruptedException {
    lock.lockInterruptibly();
    try {
      while (term == null || !term.isValid()) {
        if (stopping) {
          return null;
        }
        changed.await();
      }
      return term;
    } finally {
      lock.unlock();
    }
  }

  private void locked(Runnable change) {
    lock.lock();
    try {
      change.run();
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  private void work() {
    threads.add(Thread.currentThread());
    try {
      boolean more = true;
      while (more) {
        more = workOnce();
      }
    } finally {
      threads.remove(Thread.currentThread());
    }
  }

  /** Whether there may be more to do. */
  private boolean workOnce() {
    try {
      ObjectKey key = queue.get();
      if (key == null) {
        return false;
      }
      try {
        Thread.interrupted(); // one that came while it waited for a key: meant for nobody
        process(key);
      } finally {
        queue.done(key);
      }
    } catch (InterruptedException e) {
      // Not ours: a job's interrupt is over with the job, and the end of the queue is what ends a worker.
      log.debug("{}: a worker was interrupted while it waited", name);
    } catch (Throwable t) {
      log.error("{}: a worker failed outside of the handler; it goes on", name, t);
    }
    return true;
  }

  private void process(ObjectKey key) {
    try {
      boolean more = true;
      while (more) {
        Leadership leadership = awaitTerm();
        if (leadership == null) {
          return;
        }
        Delivery<T> delivery = deliveries.next(key);
        if (delivery == null) {
          return;
        }
        run(new Job<>(name, key, deliveries.failures(key) + 1, delivery, store, leadership, clock.nanoTime()));
        // A successor follows the delete; at once if the queue is shut, since its own add was merged with the delete's.
        more = delivery.delete() && deliveries.isUntold(key) && !queue.add(key, Lane.CHANGE) && !cancelled;
      }
    } catch (InterruptedException e) { // while it waited for a term, by somebody who has no business here
      queue.addAfter(key, RESCUE, Lane.RETRY);
    } catch (Throwable t) { // not the handler's, which the chain has dealt with: something of ours, or no memory
      queue.addAfter(key, RESCUE, Lane.RETRY);
      log.error("{}: processing {} failed outside of the handler; it is tried again", name, key, t);
    }
  }

  private void run(Job<T> job) throws Throwable {
    running.put(job.key(), job);
    if (cancelled || !job.leadership().isValid()) {
      job.cancel(); // who cancels may have looked before the job was there
    }
    if (timeouts != null) {
      timeouts.watch(job);
    }
    try {
      processor.process(job);
    } finally {
      job.end();
      if (timeouts != null) {
        timeouts.forget(job);
      }
      progressAt = clock.nanoTime();
      running.remove(job.key());
      if (running.isEmpty()) {
        locked(() -> {});
      }
    }
  }
}
