package io.kooper.queue;

import static io.kooper.queue.Lane.RETRY;
import static java.time.Duration.ofHours;
import static java.time.Duration.ofMillis;
import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.kooper.clock.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.Lock;
import org.junit.jupiter.api.Test;

class WorkQueueWakeUpTest extends QueueFixture {

  @Test
  void aGetterWaitsForAnAdd() throws Exception {
    FutureTask<String> getter = waitingGetters(1).get(0);
    queue.add("a");
    assertThat(result(getter)).isEqualTo("a");
  }

  @Test
  void severalKeysDueAtOnceWakeAsManyGetters() throws Exception {
    for (int i = 0; i < 5; i++) {
      queue.addAfter("key " + i, ofSeconds(1), RETRY);
    }
    List<FutureTask<String>> getters = waitingGetters(5);
    clock.advance(ofSeconds(1));
    List<String> taken = new ArrayList<>();
    for (FutureTask<String> getter : getters) {
      taken.add(result(getter));
    }
    assertThat(taken).containsExactlyInAnyOrder("key 0", "key 1", "key 2", "key 3", "key 4");
  }

  /** On the system's clock nobody is woken by the clock but by his own timeout: all hangs on the queue's signals. */
  @Test
  void keysDueAtOnceAndOneAfterTheOtherWakeAsManyGettersOnTheSystemClock() throws Exception {
    WorkQueue<Integer> real = WorkQueue.<Integer>builder().build();
    List<FutureTask<Integer>> getters = new ArrayList<>();
    for (int i = 0; i < 8; i++) {
      FutureTask<Integer> getter = new FutureTask<>(real::get);
      getters.add(getter);
      new Thread(getter).start();
    }
    real.addAfter(8, ofMillis(40), RETRY); // each earlier than what all wait for
    for (int i = 7; i > 0; i--) {
      real.addAfter(i, ofMillis(5 * (i / 2)), RETRY);
    }
    List<Integer> taken = new ArrayList<>();
    for (FutureTask<Integer> getter : getters) {
      taken.add(getter.get(10, TimeUnit.SECONDS));
    }
    assertThat(taken).containsExactlyInAnyOrder(1, 2, 3, 4, 5, 6, 7, 8);
  }

  @Test
  void anEarlierDelayAddedWhileAllWaitForALaterOneComesAtItsTime() throws Exception {
    WorkQueue<String> real = WorkQueue.<String>builder().build();
    FutureTask<String> one = new FutureTask<>(real::get);
    FutureTask<String> two = new FutureTask<>(real::get);
    real.addAfter("far", ofHours(1), RETRY);
    for (FutureTask<String> task : List.of(one, two)) {
      Thread thread = new Thread(task);
      thread.start();
      eventually().until(() -> thread.getState() == Thread.State.WAITING || thread.getState() == Thread.State.TIMED_WAITING);
    }
    real.addAfter("near", ofMillis(20), RETRY);
    eventually().until(() -> one.isDone() || two.isDone());
    real.addAfter("far", ofMillis(20), RETRY);
    assertThat(List.of(one.get(10, TimeUnit.SECONDS), two.get(20, TimeUnit.SECONDS)))
        .containsExactlyInAnyOrder("near", "far");
  }

  /** The one that is signalled is not the one that waits for the later time: it must take the lead over. */
  @Test
  void anEarlierDelayIsWaitedForByWhoeverIsSignalled() throws Exception {
    WorkQueue<String> real = WorkQueue.<String>builder().build();
    List<FutureTask<String>> tasks = List.of(new FutureTask<>(real::get), new FutureTask<>(real::get));
    List<Thread> waiting = tasks.stream().map(Thread::new).toList();
    for (Thread thread : waiting) {
      thread.start();
      eventually().until(() -> thread.getState() == Thread.State.WAITING);
    }
    real.addAfter("far", ofHours(1), RETRY); // the first waits for this, and stands behind the second from now on
    eventually().until(() -> waiting.get(0).getState() == Thread.State.TIMED_WAITING);
    real.addAfter("near", ofMillis(20), RETRY);
    eventually().until(() -> tasks.stream().anyMatch(FutureTask::isDone));
    real.shutDownNow();
    assertThat(List.of(String.valueOf(tasks.get(0).get()), String.valueOf(tasks.get(1).get())))
        .containsExactlyInAnyOrder("near", "null");
  }

  @Test
  void theLeadPassesOnWhenTheLeaderIsInterrupted() throws Exception {
    queue.addAfter("a", ofHours(1), RETRY);
    List<FutureTask<String>> getters = waitingGetters(2);
    threads.get(0).interrupt();
    assertThatThrownBy(() -> result(getters.get(0)))
        .isInstanceOf(ExecutionException.class).hasCauseInstanceOf(InterruptedException.class);
    clock.advance(ofHours(1));
    assertThat(result(getters.get(1))).isEqualTo("a");
  }

  @Test
  void theLeadPassesOnWhenTheLeaderIsInterruptedOnTheSystemClock() throws Exception {
    WorkQueue<String> real = WorkQueue.<String>builder().build();
    real.addAfter("a", ofHours(1), RETRY);
    Thread first = new Thread(new FutureTask<>(real::get));
    first.start();
    eventually().until(() -> first.getState() == Thread.State.TIMED_WAITING);
    FutureTask<String> result = new FutureTask<>(real::get);
    Thread second = new Thread(result);
    second.start();
    eventually().until(() -> second.getState() == Thread.State.WAITING);
    first.interrupt();
    eventually().until(() -> second.getState() == Thread.State.TIMED_WAITING);
    real.add("a");
    assertThat(result.get(10, TimeUnit.SECONDS)).isEqualTo("a");
  }

  @Test
  void aGetterInterruptedAfterItWasSignalledPassesTheSignalOn() throws Exception {
    SpitefulClock spiteful = new SpitefulClock();
    WorkQueue<String> real = WorkQueue.<String>builder().clock(spiteful).build();
    FutureTask<String> first = new FutureTask<>(real::get);
    FutureTask<String> second = new FutureTask<>(real::get);
    for (FutureTask<String> task : List.of(first, second)) {
      Thread thread = new Thread(task);
      thread.start();
      eventually().until(() -> thread.getState() == Thread.State.WAITING);
    }
    spiteful.interruptsTheNextToWake = true;
    real.add("a"); // signals the first, whose wait then ends by an interrupt all the same
    assertThat(second.get(10, TimeUnit.SECONDS)).isEqualTo("a");
    assertThatThrownBy(first::get).hasCauseInstanceOf(InterruptedException.class);
  }

  /** Ends a wait that was signalled by an InterruptedException: what a Condition may do, and the JDK's does not. */
  private static final class SpitefulClock implements Clock {
    private volatile boolean interruptsTheNextToWake;

    @Override
    public long nanoTime() {
      return 0;
    }

    @Override
    public Instant now() {
      return Instant.EPOCH;
    }

    @Override
    public void await(Lock lock, Condition condition, long nanos) throws InterruptedException {
      condition.await();
      if (interruptsTheNextToWake) {
        interruptsTheNextToWake = false;
        throw new InterruptedException("after the signal");
      }
    }
  }

  @Test
  void anInterruptedGetterHasTakenNothing() throws Exception {
    queue.add("a");
    Thread.currentThread().interrupt();
    assertThatThrownBy(queue::get).isInstanceOf(InterruptedException.class);
    assertThat(queue.inFlight()).isZero();
    assertThat(queue.get()).isEqualTo("a");
  }

  @Test
  void aLookAtTheLengthDoesNotStealTheWakeUpOfADueKey() throws Exception {
    // the clock is moved without waking anybody; the look makes the key ready, so it must wake the getter
    SilentClock silent = new SilentClock();
    WorkQueue<String> real = WorkQueue.<String>builder().clock(silent).build();
    real.addAfter("a", ofSeconds(1), RETRY);
    FutureTask<String> getter = new FutureTask<>(real::get);
    Thread thread = new Thread(getter);
    thread.start();
    eventually().until(() -> thread.getState() == Thread.State.WAITING);
    silent.nanos = ofSeconds(1).toNanos();
    assertThat(real.length()).isEqualTo(1);
    assertThat(getter.get(10, TimeUnit.SECONDS)).isEqualTo("a");
  }

  private static final class SilentClock implements Clock {
    private volatile long nanos = Long.MAX_VALUE - 5; // overflows in the middle of the delay

    @Override
    public long nanoTime() {
      return Long.MAX_VALUE - 5 + (nanos == Long.MAX_VALUE - 5 ? 0 : nanos);
    }

    @Override
    public Instant now() {
      return Instant.EPOCH;
    }

    @Override
    public void await(Lock lock, Condition condition, long nanos) throws InterruptedException {
      condition.await();
    }
  }
}
