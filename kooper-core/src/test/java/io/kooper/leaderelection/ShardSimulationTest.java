package io.kooper.leaderelection;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Many histories of {@link ShardSimulation}, half of the seeds with each drift; see {@link SimulationTest}. */
class ShardSimulationTest {

  private static final int SEEDS = Integer.getInteger("kooper.seeds", 400);
  private static final int FIRST = Integer.getInteger("kooper.seed", 0);

  @Test
  @DisplayName("Invariants 2 and 4 across replicas: never two owners of a key, fair shares soon; clocks wrong by 5 %")
  void keepsItsPromisesWithUsualClocks() {
    run(0.05);
  }

  @Test
  @DisplayName("Invariants 2 and 4 across replicas: never two owners of a key, fair shares soon; clocks wrong by 19.9 %")
  void keepsItsPromisesWithTheWorstClocksThatItTolerates() {
    run(0.199);
  }

  @Test
  @DisplayName("In a rolling update of n replicas a shard moves a few times, and nothing moves that need not")
  void aRollingUpdateMovesAShardAFewTimes() {
    for (int count : new int[] {2, 3, 4, 5, 8}) {
      double moves = ShardSimulation.movesInARollingUpdate(count);
      System.out.printf("rolling update of %d replicas: a shard of 16 moves %.2f times%n", count, moves);
      assertThat(moves).isBetween(1.0, 3.0);
    }
  }

  private static void run(double drift) {
    ShardSimulation.Tally tally = new ShardSimulation.Tally();
    for (int seed = FIRST; seed < FIRST + SEEDS / 2; seed++) {
      try {
        new ShardSimulation(seed, drift, tally).run();
      } catch (AssertionError | RuntimeException e) {
        throw new AssertionError("seed " + seed + ", drift " + drift + ": " + e.getMessage(), e);
      }
    }
    System.out.printf("%d histories: %d faults, %d crashes, %d leaves, %d changes of the count; %d terms of shards, %d of a"
        + " single election, %d expired, %d taken, %d given away, %d waits for strangers; %d calls, %d cancelled; settled"
        + " after %.1f s of %.1f s at the latest%n", SEEDS / 2, tally.faults, tally.crashes, tally.leaves, tally.reconfigured,
        tally.terms, tally.plainTerms, tally.expired, tally.taken, tally.given, tally.standbys, tally.calls, tally.cancelled,
        tally.slowest / 1e9, ShardSimulation.recovery(drift) / 1e9);
    assertThat(tally.terms).as("something has to happen").isGreaterThan(SEEDS / 2);
    assertThat(tally.expired).isPositive();
    assertThat(tally.taken).isPositive();
    assertThat(tally.given).isPositive();
    assertThat(tally.standbys).isPositive();
    assertThat(tally.cancelled).isPositive();
    assertThat(tally.plainTerms).isPositive();
  }
}
