package io.kooper.leaderelection;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.IntStream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ShardByTest {

  private static final int MOST = Integer.MAX_VALUE; // so that most bits of the hash count

  @ParameterizedTest
  @DisplayName("The function is a contract between versions: these values, of another implementation, never change")
  @CsvSource({
      "default,  web,    6,  86,  850566383, 13, 173, 547807090",
      "'',       node-1, 15, 255, 2075031697, 6, 38,  439969771",
      "team-00,  site,   7,  167, 1829312999, 2, 18,  1406372215",
      "straße,   x,      2,  18,  1285212341, 2, 34,  1207296416",
      "'',       '',     11, 251, 1650297764, 6, 38,  439969771",
      "a,        bc,     7,  199, 1583092522, 11, 91, 788799758",
      "ab,       c,      13, 157, 1829903727, 4, 228, 1388139913"})
  void neverChanges(String namespace, String name, int of16, int of256, int ofMost, int space16, int space256, int spaceMost) {
    assertThat(IntStream.of(16, 256, MOST).map(count -> ShardBy.NAME.shard(namespace, name, count)))
        .containsExactly(of16, of256, ofMost);
    assertThat(IntStream.of(16, 256, MOST).map(count -> ShardBy.NAMESPACE.shard(namespace, name, count)))
        .containsExactly(space16, space256, spaceMost);
  }

  @Test
  void namesThatDifferInTheirLastDigitsAreSpread() {
    for (ShardBy by : ShardBy.values()) {
      int[] sizes = new int[16];
      for (int i = 0; i < 1600; i++) {
        sizes[by.shard("team-" + i, "site", 16)]++;
      }
      assertThat(IntStream.of(sizes).min().orElseThrow()).as(by + ": the smallest of 16 shards of 1600").isGreaterThan(60);
      assertThat(IntStream.of(sizes).max().orElseThrow()).as(by + ": the largest").isLessThan(140);
    }
  }

  @Test
  void aNamespaceStaysTogether() {
    assertThat(IntStream.range(0, 100).map(i -> ShardBy.NAMESPACE.shard("shop", "site-" + i, 16)).distinct()).hasSize(1);
  }
}
