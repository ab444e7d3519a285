package io.kooper.queue;

import static io.kooper.queue.Lane.CHANGE;
import static io.kooper.queue.Lane.RESYNC;
import static io.kooper.queue.Lane.RETRY;
import static java.time.Duration.ZERO;
import static java.time.Duration.ofDays;
import static java.time.Duration.ofHours;
import static java.time.Duration.ofMillis;
import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

class WorkQueueShutdownTest extends QueueFixture {

  @Nested
  class Clearing {
    @Test
    void dropsWhatIsReadyOrDelayedAndWhatIsToComeBackAndTakesNewAdds() throws InterruptedException {
      queue.add("running");
      queue.get();
      queue.add("running");
      queue.add("ready");
      queue.addAfter("delayed", ofSeconds(1), RESYNC);

      queue.clear();

      assertThat(queue.dropped()).isEqualTo(3);
      assertThat(recorder.events).contains("dropped running CHANGE", "dropped ready CHANGE", "dropped delayed RESYNC");
      assertThat(queue.inFlight()).isOne();
      queue.done("running");
      assertThat(queue.awaitDrained(ZERO)).isTrue();
      clock.advance(ofSeconds(1));
      queue.add("new");
      assertThat(drain()).containsExactly("new");
    }

    @Test
    void aGetterThatWaitedForADelayedKeyWaitsForTheNextOne() throws Exception {
      queue.addAfter("delayed", ofSeconds(1), CHANGE);
      List<FutureTask<String>> getters = waitingGetters(2);
      queue.clear();
      clock.advance(ofSeconds(2));
      queue.addAfter("a", ofSeconds(1), CHANGE);
      queue.add("b");
      eventually().until(() -> getters.stream().anyMatch(FutureTask::isDone));
      eventually().until(() -> {
        clock.advance(ofSeconds(1));
        return getters.stream().allMatch(FutureTask::isDone);
      });
      assertThat(List.of(getters.get(0).get(), getters.get(1).get())).containsExactlyInAnyOrder("a", "b");
    }
  }

  @Nested
  class ShuttingDown {
    @Test
    @DisplayName("W1 nothing added after the shutdown is delivered; it is refused")
    void refusesAdds() throws InterruptedException {
      queue.add("a");
      queue.shutDown();
      assertThat(queue.add("b")).isFalse();
      assertThat(queue.addAfter("c", ofSeconds(1), RESYNC)).isFalse();
      assertThat(queue.add("a", RESYNC)).isFalse();
      assertThat(drain()).containsExactly("a");
      assertThat(queue.get()).isNull();
      assertThat(queue.dropped()).isZero();
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
        real.add("b", RETRY);
        try {
          real.done(real.get());
        } catch (InterruptedException e) {
          count.completeExceptionally(e);
        }
        real.shutDown();
        count.complete(group.activeCount());
      }).start();
      assertThat(count.get(10, TimeUnit.SECONDS)).as("this thread alone").isEqualTo(1);
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
}
