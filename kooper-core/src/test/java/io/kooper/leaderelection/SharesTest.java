package io.kooper.leaderelection;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.IntStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SharesTest {

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 7, 8, 16, 19, 20, 64, 255, 256})
  void addUpAndDifferByOneAtMostForEachNumberOfMembers(int shards) {
    for (int members = 1; members <= 20; members++) {
      int all = members;
      int[] due = IntStream.range(0, members).map(rank -> Shares.due(rank, all, shards)).toArray();
      assertThat(IntStream.of(due).sum()).as(members + " members").isEqualTo(shards);
      assertThat(due[0] - due[members - 1]).as("the first one is due most").isBetween(0, 1);
      assertThat(due).isSortedAccordingTo((one, other) -> Integer.compare(other, one));
    }
  }
}
