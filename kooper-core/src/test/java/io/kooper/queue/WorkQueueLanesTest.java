package io.kooper.queue;

import static io.kooper.queue.Lane.CHANGE;
import static io.kooper.queue.Lane.RESYNC;
import static io.kooper.queue.Lane.RETRY;
import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class WorkQueueLanesTest extends QueueFixture {

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
