package io.kooper.controller;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.kooper.clock.Clock;
import io.kooper.controller.Ledger.Delivery;
import io.kooper.internal.Durations;
import io.kooper.internal.Hook;
import io.kooper.internal.Log;
import io.kooper.internal.Loop;
import io.kooper.internal.Threads;
import io.kooper.internal.Urgent;
import io.kooper.leaderelection.Leadership;
import io.kooper.metrics.ControllerMetrics;
import io.kooper.queue.Lane;
import io.kooper.queue.WorkQueue;
import io.kooper.retrieve.ObjectKey;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The threads that take keys from the queue and process them. Invariant: every key that was taken is given back, and no
 * throwable ends a worker; only the end of the queue does. What fails outside of the handler, as without memory, is done
 * again until it succeeds: adding the key again, and giving it back.
 */
final class Workers<T extends HasMetadata> {

  private static final Log log = Log.of(Workers.class);

  private static final Duration RESCUE = Duration.ofSeconds(1);

  private final String name;
  private final WorkQueue<ObjectKey> queue;
  private final Ledger<T> ledger;
  private final Relations<T> relations;
  private final Processor<T> processor;
  private final @Nullable Timeouts timeouts;
  private final Gate gate;
  private final Hook<ControllerMetrics> metrics;
  private final Clock clock;
  private final LongAdder calls = new LongAdder();
  private volatile List<Worker> pool = List.of(); // empty until they are started
  private volatile boolean cancelled;
  private volatile long progressAt; // when a job last ended, or a term last began

  Workers(String name, WorkQueue<ObjectKey> queue, Ledger<T> ledger, Relations<T> relations,
      Processor<T> processor, @Nullable Timeouts timeouts, Gate gate, Hook<ControllerMetrics> metrics, Clock clock) {
    this.name = name;
    this.queue = queue;
    this.ledger = ledger;
    this.relations = relations;
    this.processor = processor;
    this.timeouts = timeouts;
    this.gate = gate;
    this.metrics = metrics;
    this.clock = clock;
  }

  /**
   * Starts {@code count} workers.
   *
   * @throws RejectedExecutionException when the executor does not take one, or has no thread for it but this one
   */
  void start(int count, @Nullable Executor executor) {
    Thread starter = Thread.currentThread();
    ClassLoader loader = starter.getContextClassLoader(); // which our own threads inherit
    List<Worker> all = Stream.generate(Worker::new).limit(count).toList();
    pool = all;
    for (int i = 0; i < count; i++) {
      Worker worker = all.get(i);
      if (executor != null) {
        executor.execute(() -> {
          if (Thread.currentThread() == starter) {
            throw new RejectedExecutionException("the executor runs its tasks on the calling thread");
          }
          runWith(loader, worker);
        });
      } else {
        Threads.start("kooper-" + name + "-worker-" + i, worker);
      }
    }
  }

  /** Whether there may be workers; without any, nobody empties the queue. */
  boolean started() {
    return !pool.isEmpty();
  }

  /** How many run. */
  int alive() {
    return (int) pool.stream().filter(worker -> worker.thread != null).count();
  }

  /** How many have begun and ended, which before the end of the queue means that something is broken. */
  int ended() {
    return (int) pool.stream().filter(worker -> worker.ended).count();
  }

  /** How many jobs have begun. */
  long calls() {
    return calls.sum();
  }

  /** The keys that are worked on now. */
  Set<ObjectKey> running() {
    return pool.stream().map(worker -> worker.working).filter(Objects::nonNull).collect(Collectors.toUnmodifiableSet());
  }

  /** For how long the one that takes longest has been worked on. */
  Duration longestRunning() {
    long now = clock.nanoTime();
    return Duration.ofNanos(pool.stream().filter(worker -> worker.working != null)
        .mapToLong(worker -> Math.max(0, now - worker.since)).max().orElse(0));
  }

  /**
   * Whether for so long nothing has been finished, though all that time there was something to do.
   *
   * @param waiting for how long a key has been ready; asked for only if it matters
   */
  boolean isStuck(Duration limit, Supplier<Duration> waiting) {
    return gate.isOpen() && clock.nanoTime() - progressAt >= Durations.nanos(limit)
        && (longestRunning().compareTo(limit) >= 0 || waiting.get().compareTo(limit) >= 0);
  }

  /** Those that run. */
  Set<Thread> threads() {
    return pool.stream().map(worker -> worker.thread).filter(Objects::nonNull).collect(Collectors.toUnmodifiableSet());
  }

  /** Whether the calling thread is one of the workers. */
  boolean isWorker() {
    Thread current = Thread.currentThread();
    return pool.stream().anyMatch(worker -> worker.thread == current);
  }

  /** The calls of this term are cancelled when it ends. */
  void begin(Leadership leadership) {
    progressAt = clock.nanoTime();
    leadership.onEnd((Urgent) () -> jobs().filter(job -> job.leadership() == leadership).forEach(Job::cancel));
  }

  /** Cancels the jobs that run now, and those that still begin. */
  void cancel() {
    cancelled = true;
    jobs().forEach(Job::cancel);
  }

  private Stream<Job<T>> jobs() {
    return pool.stream().map(worker -> worker.job).filter(Objects::nonNull);
  }

  /** On an executor's thread, which gets its own context class loader back. */
  private static void runWith(@Nullable ClassLoader loader, Runnable worker) {
    Thread thread = Thread.currentThread();
    ClassLoader before = thread.getContextClassLoader();
    thread.setContextClassLoader(loader);
    try {
      worker.run();
    } finally {
      thread.setContextClassLoader(before);
    }
  }

  /** One of them. All but the volatile fields are of its thread. */
  private final class Worker implements Runnable {

    private volatile @Nullable Thread thread; // while it runs
    private volatile boolean ended;
    private volatile @Nullable ObjectKey working; // the key of its call
    private volatile long since; // when it began with that; written before
    private volatile @Nullable Job<T> job;
    private @Nullable ObjectKey key; // taken and not given back
    private boolean processed;
    private boolean again; // it has to come again, since processing it failed outside of the handler

    @Override
    public void run() {
      thread = Thread.currentThread();
      try {
        Loop.run(log, "{}: a worker failed outside of the handler; it goes on", name, this::once);
      } finally {
        ended = true;
        thread = null;
      }
    }

    /** Whether there may be more to do. What it throws leaves the fields saying how far it came. */
    private boolean once() throws Throwable {
      try {
        if (key == null) {
          processed = false;
          again = false;
          key = queue.get();
        }
        if (key == null) {
          return false;
        }
        if (!processed) {
          processed = true;
          again = true;
          Thread.interrupted(); // one that came while it waited for a key: meant for nobody
          process(key);
          again = false;
        }
      } catch (InterruptedException e) {
        // Not ours: a job's interrupt is over with the job, and the end of the queue is what ends a worker.
        log.debug("{}: a worker was interrupted while it waited", name);
      }
      if (key != null) {
        if (again) {
          queue.addAfter(key, RESCUE, Lane.RETRY);
          again = false;
        }
        try {
          queue.done(key);
        } catch (IllegalStateException e) { // it was, and what came after that failed: without memory anything may
          log.debug("{}: a key was given back before", name, e);
        }
        key = null;
      }
      return true;
    }

    private void process(ObjectKey taken) throws Throwable {
      int shard = gate.shard(taken);
      for (boolean more = true; more; ) {
        Leadership leadership = gate.enter(shard);
        if (leadership == null) {
          metrics.tell(ControllerMetrics::termless); // all keys of the shard are queued when its next term begins
          return;
        }
        try {
          since = clock.nanoTime();
          working = taken; // before the call: what decides about it is code of users, too
          more = callOnce(taken, leadership);
        } finally {
          working = null;
          gate.leave(shard);
        }
      }
    }

    /** Whether there is more to call for this key at once. */
    private boolean callOnce(ObjectKey key, Leadership leadership) throws Throwable {
      Delivery<T> delivery = ledger.next(key);
      if (delivery == null) {
        return false;
      }
      run(new Job<>(name, key, delivery, relations, leadership, clock.nanoTime()));
      // A successor follows the delete; at once if the queue is shut, since its own add was merged with the delete's.
      return delivery.delete() && ledger.isUntold(key) && !queue.add(key, Lane.CHANGE) && !cancelled;
    }

    private void run(Job<T> next) throws Throwable {
      try {
        job = next;
        if (cancelled || !next.leadership().isValid()) {
          next.cancel(); // who cancels may have looked before the job was there
        }
        calls.increment();
        processor.process(next);
      } finally {
        try {
          next.end();
          if (timeouts != null) {
            timeouts.forget(next);
          }
        } finally { // whatever those throw: a job that seems to run would never end
          job = null;
          progressAt = clock.nanoTime();
        }
      }
    }
  }
}
