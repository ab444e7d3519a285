package io.kooper.bench;

import io.kooper.queue.WorkQueue;
import io.kubernetes.client.extended.workqueue.DefaultRateLimitingQueue;
import io.kubernetes.client.extended.workqueue.RateLimitingQueue;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The work queue alone, beside the one of the official Java client: distinct keys on one thread, by the CPU time that it took,
 * and one producer with two workers, by the time that passed. Rounds in turns; medians and their ratio count. Nobody listens to
 * the queue, so it takes no times.
 *
 * <pre>
 * mvn -q -B verify -DskipTests -Pbench -pl kooper-bench -am -Dbench=QueueThroughput -Dbench.args="[KEYS [ROUNDS]]"
 * </pre>
 */
public final class QueueThroughput {

  private static final int WORKERS = 2;

  /** What both queues can do. */
  private interface Queue {
    void add(String key);

    String take() throws InterruptedException;

    void succeed(String key);

    void shutDown();
  }

  private QueueThroughput() {}

  public static void main(String[] args) throws Exception {
    int keys = args.length > 0 ? Integer.parseInt(args[0]) : 100_000;
    int rounds = args.length > 1 ? Integer.parseInt(args[1]) : 15;
    String[] names = new String[keys];
    for (int i = 0; i < keys; i++) {
      names[i] = "default/object-" + i;
    }
    double[][] alone = new double[2][rounds];
    double[][] handedOver = new double[2][rounds];
    for (int round = 0; round < rounds; round++) {
      alone[0][round] = oneThread(kooper(), names);
      alone[1][round] = oneThread(official(), names);
      handedOver[0][round] = workers(kooper(), names);
      handedOver[1][round] = workers(official(), names);
    }
    print("one thread", alone);
    print("one producer, two workers", handedOver);
  }

  private static void print(String what, double[][] perSecond) {
    double kooper = median(perSecond[0]);
    double official = median(perSecond[1]);
    System.out.printf(Locale.ROOT, "%s: kooper %,.0f keys/s, official Java client %,.0f keys/s, ratio %.2f%n",
        what, kooper, official, kooper / official);
  }

  private static double median(double[] values) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    return sorted[sorted.length / 2];
  }

  private static double oneThread(Queue queue, String[] keys) throws InterruptedException {
    long start = cpuNanos();
    for (String key : keys) {
      queue.add(key);
    }
    for (int i = 0; i < keys.length; i++) {
      queue.succeed(queue.take());
    }
    double perSecond = keys.length * 1e9 / (cpuNanos() - start);
    queue.shutDown();
    return perSecond;
  }

  /** Of this thread: other programs may use the machine as well. */
  private static long cpuNanos() {
    return ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
  }

  private static double workers(Queue queue, String[] keys) throws Exception {
    AtomicInteger left = new AtomicInteger(keys.length);
    CountDownLatch done = new CountDownLatch(1);
    List<Thread> workers = new ArrayList<>();
    long start = System.nanoTime();
    for (int i = 0; i < WORKERS; i++) {
      Thread worker = Executors.defaultThreadFactory().newThread(() -> work(queue, left, done));
      worker.start();
      workers.add(worker);
    }
    for (String key : keys) {
      queue.add(key);
    }
    done.await();
    double perSecond = keys.length * 1e9 / (System.nanoTime() - start);
    queue.shutDown();
    for (Thread worker : workers) {
      worker.join();
    }
    return perSecond;
  }

  private static void work(Queue queue, AtomicInteger left, CountDownLatch done) {
    try {
      for (String key; (key = queue.take()) != null; ) {
        queue.succeed(key);
        if (left.decrementAndGet() == 0) {
          done.countDown();
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static Queue kooper() {
    WorkQueue<String> queue = WorkQueue.<String>builder().build();
    return new Queue() {
      @Override
      public void add(String key) {
        queue.add(key);
      }

      @Override
      public String take() throws InterruptedException {
        return queue.get();
      }

      @Override
      public void succeed(String key) {
        queue.done(key);
      }

      @Override
      public void shutDown() {
        queue.shutDown();
      }
    };
  }

  private static Queue official() {
    RateLimitingQueue<String> queue = new DefaultRateLimitingQueue<>(Executors.newSingleThreadExecutor(task -> {
      Thread thread = new Thread(task);
      thread.setDaemon(true);
      return thread;
    }));
    return new Queue() {
      @Override
      public void add(String key) {
        queue.add(key);
      }

      @Override
      public String take() throws InterruptedException {
        return queue.get();
      }

      @Override
      public void succeed(String key) {
        queue.forget(key);
        queue.done(key);
      }

      @Override
      public void shutDown() {
        queue.shutDown();
      }
    };
  }
}
