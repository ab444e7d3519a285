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
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.kooper.clock.Clock;
import java.lang.ref.WeakReference;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.FutureTask;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.mockito.Mockito;

class WorkQueueTest extends QueueFixture {

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
        objects.addAfter(key, ofMillis(5), RETRY);
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
      queue.addAfter("in 68 years", ofDays(25_000), CHANGE);
      clock.advance(ofDays(25_000));
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

  }

  @Nested
  class Building {
    @Test
    @SuppressWarnings("NullAway")
    void nullIsRefused() {
      assertThatNullPointerException().isThrownBy(() -> WorkQueue.builder().name(null)).withMessage("name");
      assertThatNullPointerException().isThrownBy(() -> WorkQueue.builder().clock(null)).withMessage("clock");
      assertThatNullPointerException().isThrownBy(() -> WorkQueue.builder().listener(null)).withMessage("listener");
    }

    @Test
    void takesNoTimeWithoutAListenerAndADelay() throws InterruptedException {
      Clock mock = Mockito.mock();
      WorkQueue<String> plain = WorkQueue.<String>builder().clock(mock).build();
      Mockito.verify(mock).nanoTime();
      plain.add("a");
      plain.add("b", RESYNC);
      plain.done(plain.get());
      assertThat(plain.length()).isEqualTo(1);
      assertThat(plain.oldestWaiting()).isZero();
      assertThat(plain.items()).extracting(WorkQueue.Item::time).containsExactly(ZERO);
      Mockito.verifyNoMoreInteractions(mock);
    }

    @Test
    void theDefaultIsTheSystemClock() throws InterruptedException {
      WorkQueue<String> plain = WorkQueue.<String>builder().build();
      plain.addAfter("a", ofMillis(1), RETRY);
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
