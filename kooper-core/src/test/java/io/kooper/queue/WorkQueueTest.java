package io.kooper.queue;

import static io.kooper.queue.Lane.CHANGE;
import static io.kooper.queue.Lane.RESYNC;
import static io.kooper.queue.Lane.RETRY;
import static java.time.Duration.ZERO;
import static java.time.Duration.ofDays;
import static java.time.Duration.ofHours;
import static java.time.Duration.ofMillis;
import static java.time.Duration.ofNanos;
import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.kooper.clock.Clock;
import io.kooper.clock.ManualClock;
import java.lang.ref.WeakReference;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.Lock;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@Timeout(30)
class WorkQueueTest {
  private final ManualClock clock = new ManualClock();
  private final Recorder recorder = new Recorder();
  private final WorkQueue<String> queue = WorkQueue.<String>builder()
      .clock(clock).listener(recorder).rateLimiter(RateLimiter.exponential(ofMillis(1), ofSeconds(1))).build();
  private final List<Thread> threads = new ArrayList<>();

  @AfterEach
  void noThreadIsLeft() throws InterruptedException {
    queue.shutDownNow();
    for (Thread thread : threads) {
      thread.join();
    }
  }

  /** A getter on a thread of its own. */
  private FutureTask<String> getter() {
    FutureTask<String> task = new FutureTask<>(queue::get);
    Thread thread = new Thread(task, "getter " + threads.size());
    threads.add(thread);
    thread.start();
    return task;
  }

  private List<FutureTask<String>> waitingGetters(int count) {
    List<FutureTask<String>> getters = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      int before = i;
      getters.add(getter());
      eventually().until(() -> clock.waiting() == before + 1); // one after the other: the first one leads
    }
    return getters;
  }

  private static String result(FutureTask<String> getter) throws Exception {
    return getter.get(20, TimeUnit.SECONDS);
  }

  private static ConditionFactory eventually() {
    return Awaitility.await().pollDelay(ZERO).pollInterval(ofMillis(1)).atMost(ofSeconds(20));
  }

  /** All that is ready, in the order it is handed out; each is done at once. */
  private List<String> drain() throws InterruptedException {
    List<String> keys = new ArrayList<>();
    while (queue.length() > 0) {
      String key = queue.get();
      keys.add(key);
      queue.done(key);
    }
    return keys;
  }

  @Nested
  class Collapsing {
    @Test
    @DisplayName("W3 the length counts distinct waiting keys")
    void lengthCountsDistinctKeys() throws InterruptedException {
      queue.add("a");
      queue.add("b");
      queue.add("a");
      assertThat(queue.length()).isEqualTo(2);
      assertThat(queue.get()).isEqualTo("a");
      assertThat(queue.length()).isEqualTo(1);
      queue.add("a");
      assertThat(queue.length()).as("it waits for done, not for a worker").isEqualTo(1);
      assertThat(queue.inFlight()).isEqualTo(1);
    }

    @Test
    @DisplayName("W5 two adds collapse to one, and only the first is told as added")
    void addsCollapse() throws InterruptedException {
      queue.add("a");
      queue.add("a");
      assertThat(drain()).containsExactly("a");
      assertThat(recorder.count("added")).isEqualTo(1);
    }

    @Test
    @DisplayName("W4 a key added while it is processed is back after done, not before")
    void redeliversAKeyAddedWhileItIsProcessed() throws InterruptedException {
      queue.add("a");
      queue.get();
      queue.add("a");
      assertThat(queue.length()).isZero();
      queue.done("a");
      assertThat(queue.length()).isEqualTo(1);
      assertThat(queue.get()).isEqualTo("a");
    }

    @Test
    @DisplayName("W6 adds while it is processed collapse to one, and a second worker waits for done")
    void aSecondWorkerWaitsForDone() throws Exception {
      queue.add("a");
      queue.get();
      queue.add("a");
      queue.add("a");
      FutureTask<String> second = waitingGetters(1).get(0);
      assertThat(second).isNotDone();
      queue.done("a");
      assertThat(result(second)).isEqualTo("a");
      queue.done("a");
      assertThat(drain()).isEmpty();
    }

    @Test
    void isFirstInFirstOutWithinALane() throws InterruptedException {
      List.of("c", "a", "b", "a", "c").forEach(queue::add);
      assertThat(drain()).containsExactly("c", "a", "b");
    }

    @Test
    void doneOfAKeyThatIsNotProcessedIsAnError() throws InterruptedException {
      assertThatIllegalStateException().isThrownBy(() -> queue.done("a")).withMessageContaining("done(a)");
      queue.add("a");
      assertThatIllegalStateException().isThrownBy(() -> queue.done("a"));
      queue.get();
      queue.done("a");
      assertThatIllegalStateException().isThrownBy(() -> queue.done("a"));
      assertThat(queue.awaitDrained(ZERO)).isTrue();
    }

    @Test
    @DisplayName("W11 a processed key is collectable")
    void processedKeysAreCollectable() throws InterruptedException {
      WorkQueue<Object> objects = WorkQueue.builder().clock(clock).build();
      List<WeakReference<Object>> references = new ArrayList<>();
      for (Lane lane : Lane.values()) {
        for (int i = 0; i < 10; i++) {
          Object key = new Object();
          references.add(new WeakReference<>(key));
          objects.addAfter(key, ofMillis(i), lane);
        }
      }
      clock.advance(ofSeconds(1));
      for (int i = 0; i < 30; i++) {
        Object key = objects.get();
        objects.addRateLimited(key);
        objects.forget(key);
        objects.done(key);
      }
      clock.advance(ofSeconds(2));
      for (int i = 0; i < 30; i++) {
        objects.done(objects.get());
      }
      eventually().untilAsserted(() -> {
        System.gc();
        assertThat(references).allMatch(reference -> reference.get() == null);
      });
      assertThat(objects.length()).isZero();
    }
  }

  @Nested
  class Delays {
    @Test
    @DisplayName("W12 a delayed key is not visible before its time, visible after, and only once")
    void isNotEarly() throws Exception {
      queue.addAfter("a", ofMillis(50), CHANGE);
      FutureTask<String> getter = waitingGetters(1).get(0);
      clock.advance(ofMillis(50).minusNanos(1));
      assertThat(queue.length()).isZero();
      assertThat(queue.delayed()).isEqualTo(1);
      assertThat(getter).isNotDone();
      clock.advance(ofNanos(1));
      assertThat(result(getter)).isEqualTo("a");
      queue.done("a");
      clock.advance(ofHours(1));
      assertThat(queue.length()).isZero();
      assertThat(queue.delayed()).isZero();
    }

    @Test
    @DisplayName("W13 a later delay is ignored, an earlier one overrides")
    void theEarlierTimeWins() {
      queue.addAfter("a", ofSeconds(2), CHANGE);
      queue.addAfter("a", ofSeconds(3), CHANGE);
      queue.addAfter("b", ofSeconds(3), CHANGE);
      queue.addAfter("b", ofSeconds(1), CHANGE);
      assertThat(queue.delayed()).isEqualTo(2);
      clock.advance(ofSeconds(1));
      assertThat(queue.length()).isEqualTo(1);
      clock.advance(ofSeconds(1));
      assertThat(queue.length()).isEqualTo(2);
      assertThat(queue.delayed()).isZero();
    }

    @Test
    @DisplayName("W13 an immediate add makes a delayed key ready now, and it does not come a second time")
    void anImmediateAddIsTheSameSlot() throws InterruptedException {
      queue.addAfter("a", ofSeconds(1), RETRY);
      queue.add("a");
      assertThat(queue.delayed()).isZero();
      assertThat(drain()).containsExactly("a");
      clock.advance(ofHours(1));
      assertThat(drain()).isEmpty();
      assertThat(recorder.count("added")).isEqualTo(1);
    }

    @Test
    void aDelayedAddOfAReadyKeyDelaysNothing() throws InterruptedException {
      queue.add("a");
      queue.addAfter("a", ofHours(1), CHANGE);
      assertThat(drain()).containsExactly("a");
      assertThat(queue.delayed()).isZero();
    }

    @Test
    @DisplayName("W14 keys fire in the order of their times, equal times in the order of the adds")
    void firesInOrderOfTimes() throws InterruptedException {
      queue.addAfter("third", ofMillis(3), CHANGE);
      queue.addAfter("first", ofMillis(1), CHANGE);
      queue.addAfter("also third", ofMillis(3), CHANGE);
      queue.addAfter("second", ofMillis(2), CHANGE);
      clock.advance(ofMillis(4));
      queue.add("late");
      assertThat(drain()).containsExactly("first", "second", "third", "also third", "late");
    }

    @Test
    void aDelayOfZeroOrLessIsNow() throws InterruptedException {
      queue.addAfter("zero", ZERO, CHANGE);
      queue.addAfter("negative", ofDays(-400_000), CHANGE);
      assertThat(drain()).containsExactly("zero", "negative");
    }

    @Test
    void theLongestDurationIsADelayToo() {
      queue.addAfter("never", Duration.ofSeconds(Long.MAX_VALUE), CHANGE);
      queue.addAfter("in 100 years", ofDays(36_500), CHANGE);
      clock.advance(ofDays(36_500));
      assertThat(queue.length()).isEqualTo(1);
      assertThat(queue.delayed()).isEqualTo(1);
    }

    @Test
    void aDelayAskedForDuringProcessingCountsFromThatAdd() throws InterruptedException {
      queue.add("a");
      queue.get();
      queue.addAfter("a", ofSeconds(5), RETRY);
      queue.addAfter("a", ofSeconds(9), RESYNC);
      clock.advance(ofSeconds(3));
      queue.done("a");
      assertThat(queue.delayed()).isEqualTo(1);
      clock.advance(ofSeconds(2));
      assertThat(queue.length(RETRY)).isEqualTo(1);
    }

    @Test
    void aDelayThatIsOverBeforeDoneIsReadyAtOnce() throws InterruptedException {
      queue.add("a");
      queue.get();
      queue.addAfter("a", ofSeconds(1), RETRY);
      clock.advance(ofSeconds(2));
      assertThat(queue.length()).isZero();
      queue.done("a");
      assertThat(queue.length()).isEqualTo(1);
    }

    @Test
    @DisplayName("W15 addRateLimited backs off each key on its own; forget starts anew")
    void rateLimits() {
      queue.addRateLimited("a");
      queue.addRateLimited("b");
      assertThat(queue.retries("a")).isEqualTo(1);
      clock.advance(ofMillis(1));
      assertThat(queue.length(RETRY)).isEqualTo(2);
      queue.addRateLimited("c");
      queue.forget("c");
      assertThat(queue.retries("c")).isZero();
      assertThat(queue.retries("a")).isEqualTo(1);
    }

    @Test
    void whatTheRateLimiterThrowsIsThrownAndNothingIsAdded() throws InterruptedException {
      WorkQueue<String> broken = WorkQueue.<String>builder().rateLimiter(new RateLimiter<>() {
        @Override
        public Duration when(String key) {
          throw new IllegalStateException("broken");
        }

        @Override
        public void forget(String key) {}

        @Override
        public int retries(String key) {
          return 0;
        }
      }).build();
      assertThatIllegalStateException().isThrownBy(() -> broken.addRateLimited("a"));
      assertThat(broken.awaitDrained(ZERO)).isTrue();
    }
  }

  @Nested
  class Lanes {
    private void fill(Lane lane, int count) {
      for (int i = 0; i < count; i++) {
        queue.add(lane + "-" + i, lane);
      }
    }

    private Lane laneOf(String key) {
      return Lane.valueOf(key.substring(0, key.indexOf('-')));
    }

    @Test
    void ofEightTakesSixAreChangesAndOneIsOfEachLowerLane() throws InterruptedException {
      fill(RESYNC, 1000);
      fill(RETRY, 1000);
      fill(CHANGE, 1000);
      List<Lane> taken = drain().stream().map(this::laneOf).toList();
      for (int i = 0; i + 8 <= 1000; i++) { // every window, not only each eighth
        assertThat(taken.subList(i, i + 8)).filteredOn(CHANGE::equals).hasSize(6);
        assertThat(taken.subList(i, i + 8)).filteredOn(RETRY::equals).hasSize(1);
        assertThat(taken.subList(i, i + 8)).filteredOn(RESYNC::equals).hasSize(1);
      }
    }

    @Test
    void aTurnOfAnEmptyLaneGoesToTheHighestThatIsNot() throws InterruptedException {
      fill(RETRY, 70);
      fill(RESYNC, 10);
      List<Lane> taken = drain().stream().map(this::laneOf).toList();
      for (int i = 0; i + 8 <= 80; i++) {
        assertThat(taken.subList(i, i + 8)).filteredOn(RETRY::equals).hasSize(7);
      }
    }

    @Test
    void aFreshChangeIsTakenByTheSecondTakeHoweverLongTheResync() throws InterruptedException {
      fill(RESYNC, 5000);
      fill(RETRY, 5000);
      for (int round = 0; round < 500; round++) {
        for (int i = 0; i < round % 8; i++) {
          queue.done(queue.get());
        }
        queue.add("CHANGE-" + round);
        String first = queue.get();
        queue.done(first);
        if (laneOf(first) != CHANGE) {
          String second = queue.get();
          queue.done(second);
          assertThat(laneOf(second)).isEqualTo(CHANGE);
        }
      }
    }

    @ParameterizedTest
    @EnumSource(Lane.class)
    void theNthKeyOfALaneIsTakenByTheEighthTimesNthTake(Lane lane) throws InterruptedException {
      fill(CHANGE, 1000);
      fill(RETRY, 1000);
      fill(RESYNC, 1000);
      List<String> taken = drain();
      for (int n = 1; n <= 1000; n++) {
        assertThat(taken.indexOf(lane + "-" + (n - 1))).isLessThan(8 * n);
      }
    }

    @Test
    void anAddRaisesAKeyToTheEndOfTheHigherLaneAndNeverLowersIt() throws InterruptedException {
      queue.add("x", RESYNC);
      queue.add("y", RESYNC);
      queue.add("a", RETRY);
      queue.add("x", RETRY);
      assertThat(queue.length(RESYNC)).isEqualTo(1);
      assertThat(queue.length(RETRY)).isEqualTo(2);
      queue.add("a", RESYNC);
      queue.add("x", RESYNC);
      assertThat(queue.length(RETRY)).isEqualTo(2);
      assertThat(queue.length()).isEqualTo(3);
      assertThat(drain()).containsExactly("a", "x", "y");
    }

    @Test
    void aKeyAddedWhileItIsProcessedComesBackInTheHighestLaneAskedForThen() throws InterruptedException {
      queue.add("a", CHANGE);
      queue.get();
      queue.add("a", RESYNC);
      queue.add("a", RETRY);
      queue.add("a", RESYNC);
      queue.done("a");
      assertThat(queue.length(RETRY)).as("not the lane of the delivery before").isEqualTo(1);
    }

    @Test
    void aRaisedDelayedKeyStaysDelayed() {
      queue.addAfter("a", ofSeconds(1), RESYNC);
      queue.addAfter("a", ofSeconds(2), CHANGE);
      assertThat(queue.length()).isZero();
      clock.advance(ofSeconds(1));
      assertThat(queue.length(CHANGE)).isEqualTo(1);
    }

    @Test
    void theLengthOfALaneCountsKeysWhoseTimeHasCome() {
      queue.addAfter("a", ofSeconds(1), RETRY);
      assertThat(queue.length(RETRY)).isZero();
      clock.advance(ofSeconds(1));
      assertThat(queue.length(RETRY)).isEqualTo(1);
    }
  }

  @Nested
  class WakeUps {
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
        taken.add(getter.get(20, TimeUnit.SECONDS));
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
      assertThat(List.of(one.get(20, TimeUnit.SECONDS), two.get(20, TimeUnit.SECONDS)))
          .containsExactlyInAnyOrder("near", "far");
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
      assertThat(result.get(20, TimeUnit.SECONDS)).isEqualTo("a");
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
      assertThat(second.get(20, TimeUnit.SECONDS)).isEqualTo("a");
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
      assertThat(getter.get(20, TimeUnit.SECONDS)).isEqualTo("a");
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

  @Nested
  class ShuttingDown {
    @Test
    @DisplayName("W1 nothing added after the shutdown is delivered; it is refused, counted and told")
    void refusesAdds() throws InterruptedException {
      queue.add("a");
      queue.shutDown();
      assertThat(queue.add("b")).isFalse();
      assertThat(queue.addAfter("c", ofSeconds(1), RESYNC)).isFalse();
      assertThat(queue.addRateLimited("d")).isFalse();
      assertThat(queue.add("a", RESYNC)).isFalse();
      assertThat(drain()).containsExactly("a");
      assertThat(queue.get()).isNull();
      assertThat(queue.refused()).isEqualTo(4);
      assertThat(queue.dropped()).isZero();
      assertThat(recorder.events)
          .contains("refused b CHANGE", "refused c RESYNC", "refused d RETRY", "refused a RESYNC");
      assertThat(queue.isShutDown()).isTrue();
    }

    @Test
    @DisplayName("W2 what was added again while processed is delivered once more, though the queue was shut down meanwhile")
    void deliversWhatWasAddedAgain() throws InterruptedException {
      queue.add("a");
      queue.get();
      queue.add("a");
      queue.shutDown();
      queue.done("a");
      assertThat(queue.get()).isEqualTo("a");
      queue.done("a");
      assertThat(queue.get()).isNull();
    }

    @Test
    @DisplayName("W10 a getter waits for a key that is to come back after done, and the others end after it")
    void aGetterWaitsForWhatIsToComeBack() throws Exception {
      queue.add("a");
      queue.get();
      queue.add("a");
      queue.shutDown();
      List<FutureTask<String>> getters = waitingGetters(2);
      queue.done("a");
      List<String> results = new ArrayList<>();
      for (FutureTask<String> getter : getters) {
        results.add(result(getter));
      }
      assertThat(results).containsExactlyInAnyOrder("a", null);
      assertThat(queue.awaitDrained(ZERO)).isFalse();
      queue.done("a");
      assertThat(queue.awaitDrained(ZERO)).isTrue();
    }

    @Test
    void endsWaitingGetters() throws Exception {
      queue.addAfter("a", ofHours(1), RETRY);
      List<FutureTask<String>> getters = waitingGetters(3);
      queue.shutDown();
      for (FutureTask<String> getter : getters) {
        assertThat(result(getter)).isNull();
      }
    }

    @Test
    void dropsDelayedKeysAlsoThoseOfKeysInFlightAndCountsThem() throws InterruptedException {
      queue.addAfter("due", ofSeconds(1), RETRY);
      queue.addAfter("not due", ofSeconds(5), RETRY);
      queue.add("running");
      queue.get();
      queue.addAfter("running", ofSeconds(5), RESYNC);
      clock.advance(ofSeconds(1));
      queue.shutDown();
      assertThat(queue.dropped()).isEqualTo(2);
      assertThat(recorder.events).contains("dropped not due RETRY", "dropped running RESYNC");
      queue.done("running");
      assertThat(drain()).containsExactly("due");
      assertThat(queue.get()).isNull();
      assertThat(queue.awaitDrained(ZERO)).isTrue();
    }

    @Test
    void dropsTheGivenLanesAlsoOfKeysInFlight() throws InterruptedException {
      queue.add("running");
      queue.get();
      queue.add("running", RESYNC);
      queue.add("change");
      queue.add("retry", RETRY);
      queue.add("resync", RESYNC);
      queue.shutDown(EnumSet.of(RESYNC));
      assertThat(queue.dropped()).isEqualTo(2);
      queue.done("running");
      assertThat(drain()).containsExactly("change", "retry");
      queue.shutDown(Set.of(CHANGE, RETRY));
      assertThat(queue.dropped()).isEqualTo(2);
      assertThat(queue.get()).isNull();
    }

    @Test
    void aLaterShutdownMayDropFurtherLanes() throws InterruptedException {
      queue.add("change");
      queue.add("resync", RESYNC);
      queue.shutDown();
      assertThat(queue.length()).isEqualTo(2);
      queue.shutDown(Set.of(RESYNC));
      queue.shutDown();
      assertThat(drain()).containsExactly("change");
      assertThat(queue.dropped()).isEqualTo(1);
    }

    @Test
    void nowDropsAllThatIsNotInFlightAndGetReturnsNullAtOnce() throws Exception {
      queue.add("running");
      queue.get();
      queue.add("running");
      queue.add("ready");
      queue.addAfter("delayed", ofSeconds(1), RETRY);
      queue.shutDownNow();
      assertThat(queue.get()).isNull();
      assertThat(queue.dropped()).isEqualTo(3);
      assertThat(queue.processing()).containsExactly("running");
      assertThat(queue.awaitDrained(ZERO)).isFalse();
      queue.done("running");
      assertThat(queue.awaitDrained(ZERO)).isTrue();
      assertThat(queue.get()).isNull();
    }

    @Test
    void everyDeliveryAskedForIsTakenOrDroppedAndToldSo() throws InterruptedException {
      queue.add("a");
      queue.add("b", RESYNC);
      queue.addAfter("c", ofSeconds(1), RETRY);
      queue.get();
      queue.add("a");
      queue.shutDown(Set.of(RESYNC));
      queue.done("a");
      drain();
      assertThat(recorder.count("added")).isEqualTo(4).isEqualTo(recorder.count("taken") + recorder.count("dropped"));
      assertThat(recorder.count("taken")).isEqualTo(recorder.count("finished"));
    }

    @Test
    @DisplayName("W20 there is no thread to end: the queue starts none")
    void startsNoThread() throws Exception {
      ThreadGroup group = new ThreadGroup("of the queue");
      CompletableFuture<Integer> count = new CompletableFuture<>();
      new Thread(group, () -> {
        WorkQueue<String> real = WorkQueue.<String>builder().build();
        real.addAfter("a", ofMillis(1), RETRY);
        real.addRateLimited("b");
        try {
          real.done(real.get());
        } catch (InterruptedException e) {
          count.completeExceptionally(e);
        }
        real.shutDown();
        count.complete(group.activeCount());
      }).start();
      assertThat(count.get(20, TimeUnit.SECONDS)).as("this thread alone").isEqualTo(1);
    }
  }

  @Nested
  class Draining {
    private CompletableFuture<Boolean> drained(Duration timeout) {
      CompletableFuture<Boolean> result = new CompletableFuture<>();
      CountDownLatch started = new CountDownLatch(1);
      int before = clock.waiting();
      Thread thread = new Thread(() -> {
        started.countDown();
        try {
          result.complete(queue.awaitDrained(timeout));
        } catch (InterruptedException e) {
          result.completeExceptionally(e);
        }
      });
      threads.add(thread);
      thread.start();
      eventually().until(() -> clock.waiting() == before + 1);
      return result;
    }

    @Test
    @DisplayName("W7 the drain ends after the last key in flight is done")
    void endsAfterTheLastDone() throws InterruptedException {
      queue.add("a");
      queue.add("b");
      queue.get();
      queue.get();
      queue.shutDown();
      CompletableFuture<Boolean> drained = drained(ofHours(1));
      queue.done("a");
      assertThat(drained).isNotDone();
      queue.done("b");
      assertThat(drained.join()).isTrue();
    }

    @Test
    @DisplayName("W7 the drain does not end while a key is queued and none is in flight, as client-go's does")
    void waitsForQueuedKeysToo() throws InterruptedException {
      queue.add("a");
      queue.shutDown();
      assertThat(queue.awaitDrained(ZERO)).isFalse();
      CompletableFuture<Boolean> drained = drained(ofHours(1));
      drain();
      assertThat(drained.join()).isTrue();
    }

    @Test
    @DisplayName("W8 a shutdown does not wait")
    void shutDownDoesNotWait() throws InterruptedException {
      queue.add("a");
      queue.get();
      queue.shutDown();
      queue.shutDownNow();
      assertThat(queue.inFlight()).isEqualTo(1);
    }

    @Test
    @DisplayName("W9 shutDownNow ends a wait for the drain, with false as long as a key is in flight")
    void shutDownNowEndsTheWait() throws InterruptedException {
      queue.add("a");
      queue.get();
      queue.shutDown();
      CompletableFuture<Boolean> drained = drained(ofHours(1));
      queue.shutDownNow();
      assertThat(drained.join()).isFalse();

      CompletableFuture<Boolean> again = drained(ofHours(1));
      queue.done("a");
      assertThat(again.join()).as("a wait begun after it goes on to the end").isTrue();
    }

    @Test
    @DisplayName("W9 shutDownNow ends a wait with true if it leaves nothing")
    void shutDownNowMayDrain() {
      queue.add("a");
      CompletableFuture<Boolean> drained = drained(ofHours(1));
      queue.shutDownNow();
      assertThat(drained.join()).isTrue();
    }

    @Test
    @DisplayName("W10 the drain waits for a key that comes back after done")
    void waitsForAKeyThatComesBack() throws InterruptedException {
      queue.add("a");
      queue.get();
      queue.add("a");
      queue.shutDown();
      CompletableFuture<Boolean> drained = drained(ofHours(1));
      queue.done("a");
      assertThat(drained).isNotDone();
      assertThat(queue.get()).isEqualTo("a");
      assertThat(drained).isNotDone();
      queue.done("a");
      assertThat(drained.join()).isTrue();
      assertThat(queue.get()).isNull();
    }

    @Test
    void endsWithFalseWhenItsTimeIsOver() {
      queue.addAfter("a", ofHours(1), RETRY);
      CompletableFuture<Boolean> drained = drained(ofSeconds(1));
      clock.advance(ofSeconds(1));
      assertThat(drained.join()).isFalse();
    }

    @Test
    void severalMayWait() throws InterruptedException {
      queue.add("a");
      queue.get();
      List<CompletableFuture<Boolean>> all = List.of(drained(ofHours(1)), drained(ofHours(2)), drained(ofDays(300_000)));
      queue.done("a");
      assertThat(all).allMatch(CompletableFuture::join);
    }
  }

  @Nested
  class Figures {
    @Test
    @DisplayName("W19 adds are 2 after one add and five during processing; waits of 50 and 25 µs, work of 25 µs; all exact")
    void tellsWhatMetricsNeed() throws InterruptedException {
      queue.add("foo");
      clock.advance(ofNanos(50_000));
      queue.get();
      for (int i = 0; i < 5; i++) {
        queue.add("foo");
      }
      assertThat(recorder.count("added")).isEqualTo(2);
      clock.advance(ofNanos(25_000));
      queue.done("foo");
      assertThat(queue.length()).isEqualTo(1);
      queue.get();
      assertThat(recorder.events).containsExactly(
          "added foo CHANGE", "taken foo CHANGE after 50 µs",
          "added foo CHANGE", "finished foo in 25 µs", "taken foo CHANGE after 25 µs");
      clock.advance(ofMillis(1));
      assertThat(queue.unfinishedWork()).isEqualTo(ofMillis(1));
      assertThat(queue.longestRunning()).isEqualTo(ofMillis(1));
      queue.done("foo");
      assertThat(queue.unfinishedWork()).isZero();
      assertThat(queue.longestRunning()).isZero();
    }

    @Test
    void theWaitNeverContainsABackOff() throws InterruptedException {
      queue.addAfter("a", ofSeconds(10), RETRY);
      clock.advance(ofSeconds(10).plusNanos(7_000));
      assertThat(queue.oldestWaiting()).isEqualTo(ofNanos(7_000));
      queue.get();
      assertThat(recorder.events).contains("taken a RETRY after 7 µs");
    }

    @Test
    void anImmediateAddOfADelayedKeyWaitsFromThatAddOn() throws InterruptedException {
      queue.addAfter("a", ofSeconds(10), RETRY);
      clock.advance(ofSeconds(1));
      queue.add("a");
      clock.advance(ofNanos(3_000));
      queue.get();
      assertThat(recorder.events).contains("taken a CHANGE after 3 µs");
    }

    @Test
    void theOldestIsTrueAfterMovesBetweenLanes() throws InterruptedException {
      assertThat(queue.oldestWaiting()).isZero();
      queue.add("old", RESYNC);
      clock.advance(ofSeconds(1));
      queue.add("young", CHANGE);
      clock.advance(ofSeconds(1));
      queue.add("old", CHANGE);
      assertThat(queue.oldestWaiting()).isEqualTo(ofSeconds(2));
      assertThat(queue.get()).isEqualTo("young");
      assertThat(queue.oldestWaiting()).isEqualTo(ofSeconds(2));
      assertThat(queue.get()).isEqualTo("old");
      assertThat(queue.oldestWaiting()).isZero();
      assertThat(recorder.events).contains("taken old CHANGE after 2000000 µs");
    }

    @Test
    void whatRunsIsASnapshotInOrderOfTaking() throws InterruptedException {
      queue.add("b");
      queue.add("a");
      queue.get();
      clock.advance(ofSeconds(1));
      queue.get();
      Set<String> before = queue.processing();
      assertThat(before).containsExactly("b", "a");
      assertThat(queue.longestRunning()).isEqualTo(ofSeconds(1));
      clock.advance(ofSeconds(1));
      assertThat(queue.unfinishedWork()).isEqualTo(ofSeconds(3));
      queue.done("b");
      assertThat(before).containsExactly("b", "a");
      assertThat(queue.processing()).containsExactly("a");
      assertThat(queue.longestRunning()).isEqualTo(ofSeconds(1));
      assertThatThrownBy(before::clear).isInstanceOf(UnsupportedOperationException.class);
    }

    @Test
    void itsStringNamesNoKey() throws InterruptedException {
      queue.add("secret");
      queue.add("other");
      queue.addAfter("later", ofSeconds(1), RETRY);
      queue.get();
      assertThat(queue).hasToString("WorkQueue[queue: 1 ready, 1 delayed, 1 in flight]");
      queue.shutDownNow();
      assertThat(queue).hasToString("WorkQueue[queue: 0 ready, 0 delayed, 1 in flight, shut down]");
    }
  }

  @Nested
  class Listeners {
    private final WorkQueue<String> broken = WorkQueue.<String>builder().clock(clock).name("pods")
        .listener(new QueueListener<>() {
          @Override
          public void added(String key, Lane lane) {
            throw new IllegalStateException("added");
          }

          @Override
          public void taken(String key, Lane lane, Duration waited) {
            throw new StackOverflowError("taken");
          }

          @Override
          public void finished(String key, Duration worked) {
            throw new IllegalStateException("finished");
          }

          @Override
          public void dropped(String key, Lane lane) {
            throw new IllegalStateException("dropped");
          }

          @Override
          public void refused(String key, Lane lane) {
            throw new IllegalStateException("refused");
          }
        }).build();

    @Test
    void whatAListenerThrowsLosesNoKey() throws InterruptedException {
      assertThat(broken.add("a")).isTrue();
      assertThat(broken.addAfter("b", ofSeconds(1), RETRY)).isTrue();
      assertThat(broken.addAfter("c", ofSeconds(1), RETRY)).isTrue();
      assertThat(broken.get()).isEqualTo("a");
      broken.done("a");
      broken.shutDown();
      assertThat(broken.dropped()).isEqualTo(2);
      assertThat(broken.add("d")).isFalse();
      assertThat(broken.awaitDrained(ZERO)).isTrue();
    }

    @Test
    void aListenerMayUseTheQueueAndIsCalledOutsideOfTheLock() throws Exception {
      List<String> seen = new ArrayList<>();
      List<WorkQueue<String>> self = new ArrayList<>();
      self.add(WorkQueue.<String>builder().listener(new QueueListener<>() {
        @Override
        public void taken(String key, Lane lane, Duration waited) {
          // another thread gets through, so the lock is free
          CompletableFuture.supplyAsync(() -> self.get(0).add("from another thread")).join();
          self.get(0).add("from the listener");
          seen.add(key);
        }
      }).build());
      self.get(0).add("a");
      assertThat(self.get(0).get()).isEqualTo("a");
      assertThat(seen).containsExactly("a");
      assertThat(self.get(0).length()).isEqualTo(2);
    }

    @Test
    void aListenerThatOverridesNothingHearsNothing() throws InterruptedException {
      WorkQueue<String> silent = WorkQueue.<String>builder().listener(new QueueListener<>() {}).build();
      silent.add("a");
      silent.done(silent.get());
      silent.add("b");
      silent.shutDownNow();
      assertThat(silent.add("c")).isFalse();
    }
  }

  @Nested
  class Building {
    @Test
    @SuppressWarnings("NullAway")
    void namesEveryErrorInOneMessage() {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> WorkQueue.builder().name(" ").clock(null).rateLimiter(null).listener(null).build())
          .withMessageContainingAll("name", "clock", "rate limiter", "listener");
    }

    @Test
    void theDefaultsAreTheSystemClockAndTheStandardLimiter() throws InterruptedException {
      WorkQueue<String> plain = WorkQueue.<String>builder().build();
      plain.addRateLimited("a");
      assertThat(plain.retries("a")).isEqualTo(1);
      assertThat(plain.get()).isEqualTo("a");
    }

    @Test
    @SuppressWarnings("NullAway")
    void nullKeysAreRefused() throws InterruptedException {
      assertThatThrownBy(() -> queue.add(null)).isInstanceOf(NullPointerException.class);
      assertThatThrownBy(() -> queue.add("a", null)).isInstanceOf(NullPointerException.class);
      assertThatThrownBy(() -> queue.done(null)).isInstanceOf(NullPointerException.class);
      assertThat(queue.awaitDrained(ZERO)).isTrue();
    }
  }
}
