package io.kooper.controller;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.kooper.controller.Deliveries.Delivery;
import io.kooper.informer.Store;
import io.kooper.queue.Lane;
import io.kooper.queue.WorkQueue;
import io.kooper.retrieve.ObjectKey;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The threads that take keys from the queue and process them. Invariant: every key that was taken is given back, and no
 * throwable ends a worker; only the end of the queue does.
 */
final class Workers<T extends HasMetadata> {

  private static final Logger log = LoggerFactory.getLogger(Workers.class);

  private static final Duration RESCUE = Duration.ofSeconds(1);

  private final String name;
  private final WorkQueue<ObjectKey> queue;
  private final Deliveries<T> deliveries;
  private final Store<T> store;
  private final Processor<T> processor;
  private final Map<ObjectKey, Job<T>> running = new ConcurrentHashMap<>();
  private final Set<Thread> threads = ConcurrentHashMap.newKeySet();
  private volatile boolean started;
  private volatile boolean cancelled;

  Workers(String name, WorkQueue<ObjectKey> queue, Deliveries<T> deliveries, Store<T> store, Processor<T> processor) {
    this.name = name;
    this.queue = queue;
    this.deliveries = deliveries;
    this.store = store;
    this.processor = processor;
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

  /** Whether the calling thread is one of the workers. */
  boolean isWorker() {
    return threads.contains(Thread.currentThread());
  }

  /** Cancels the jobs that run now, and those that still begin. */
  void cancel() {
    cancelled = true;
    running.values().forEach(Job::cancel);
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
        Delivery<T> delivery = deliveries.next(key);
        if (delivery == null) {
          return;
        }
        run(new Job<>(name, key, deliveries.failures(key) + 1, delivery, store));
        // A successor follows the delete; at once if the queue is shut, since its own add was merged with the delete's.
        more = delivery.delete() && deliveries.isUntold(key) && !queue.add(key, Lane.CHANGE) && !cancelled;
      }
    } catch (Throwable t) { // not the handler's, which the chain has dealt with: something of ours, or no memory
      queue.addAfter(key, RESCUE, Lane.RETRY);
      log.error("{}: processing {} failed outside of the handler; it is tried again", name, key, t);
    }
  }

  private void run(Job<T> job) throws Throwable {
    running.put(job.key(), job);
    if (cancelled) {
      job.cancel(); // cancel() may have looked before the job was there
    }
    try {
      processor.process(job);
    } finally {
      running.remove(job.key());
    }
  }
}
