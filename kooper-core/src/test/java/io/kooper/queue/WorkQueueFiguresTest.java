package io.kooper.queue;

import static io.kooper.queue.Lane.CHANGE;
import static io.kooper.queue.Lane.RESYNC;
import static io.kooper.queue.Lane.RETRY;
import static java.time.Duration.ZERO;
import static java.time.Duration.ofMillis;
import static java.time.Duration.ofNanos;
import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

class WorkQueueFiguresTest extends QueueFixture {

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
      queue.done("foo");
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
      clock.advance(ofSeconds(1));
      queue.done("b");
      assertThat(before).containsExactly("b", "a");
      assertThat(queue.processing()).containsExactly("a");
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
          public void taken(String key, Lane lane, long waited) {
            throw new StackOverflowError("taken");
          }

          @Override
          public void finished(String key, long worked) {
            throw new IllegalStateException("finished");
          }

          @Override
          public void dropped(String key, Lane lane) {
            throw new IllegalStateException("dropped");
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
        public void taken(String key, Lane lane, long waited) {
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
}
