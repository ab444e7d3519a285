package io.kooper.queue;

import static java.time.Duration.ZERO;
import static java.time.Duration.ofMillis;
import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;

import io.kooper.clock.ManualClock;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Timeout;

/** A queue on a manual clock, a record of what it told, and threads that wait for keys. */
@Timeout(value = 20, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
abstract class QueueFixture {
  final ManualClock clock = new ManualClock();
  final Recorder recorder = new Recorder();
  final WorkQueue<String> queue = WorkQueue.<String>builder()
      .clock(clock).listener(recorder).build();
  final List<Thread> threads = new ArrayList<>();

  @AfterEach
  void noThreadIsLeft() throws InterruptedException {
    queue.shutDownNow();
    for (Thread thread : threads) {
      thread.join(10_000);
      assertThat(thread.isAlive()).as("%s still waits after shutDownNow()", thread).isFalse();
    }
  }

  /** A getter on a thread of its own. */
  FutureTask<String> getter() {
    FutureTask<String> task = new FutureTask<>(queue::get);
    Thread thread = new Thread(task, "getter " + threads.size());
    threads.add(thread);
    thread.start();
    return task;
  }

  List<FutureTask<String>> waitingGetters(int count) {
    List<FutureTask<String>> getters = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      int before = i;
      getters.add(getter());
      eventually().until(() -> clock.waiting() == before + 1); // one after the other: the first one leads
    }
    return getters;
  }

  static String result(FutureTask<String> getter) throws Exception {
    return getter.get(10, TimeUnit.SECONDS);
  }

  static ConditionFactory eventually() {
    return Awaitility.await().pollDelay(ZERO).pollInterval(ofMillis(1)).atMost(ofSeconds(10));
  }

  /** All that is ready, in the order it is handed out; each is done at once. */
  List<String> drain() throws InterruptedException {
    List<String> keys = new ArrayList<>();
    while (queue.length() > 0) {
      String key = queue.get();
      keys.add(key);
      queue.done(key);
    }
    return keys;
  }
}
