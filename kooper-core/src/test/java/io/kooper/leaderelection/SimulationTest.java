package io.kooper.leaderelection;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Many histories of {@link Simulation}; {@code -Dkooper.seeds=10000 -Dkooper.seed=42} for more of them, from there on. */
class SimulationTest {

  private static final int SEEDS = Integer.getInteger("kooper.seeds", 400);
  private static final int FIRST = Integer.getInteger("kooper.seed", 0);

  @Test
  @DisplayName("L2, L3, L4: never two leaders, ever higher tokens, a leader soon when all is well: clocks wrong by 5 %")
  void keepsItsPromisesWithUsualClocks() {
    run(0.05);
  }

  @Test
  @DisplayName("L2, L3, L4: never two leaders, ever higher tokens, a leader soon when all is well: clocks wrong by 19.9 %")
  void keepsItsPromisesWithTheWorstClocksThatItTolerates() {
    run(0.199);
  }

  private static void run(double drift) {
    Simulation.Tally tally = new Simulation.Tally();
    for (int seed = FIRST; seed < FIRST + SEEDS; seed++) {
      try {
        new Simulation(seed, drift, tally).run();
      } catch (AssertionError | RuntimeException e) {
        throw new AssertionError("seed " + seed + ", drift " + drift + ": " + e.getMessage(), e);
      }
    }
    System.out.printf("%d histories: %d faults, %d crashes, %d pauses, %d deletions, %d late writes; %d terms, %d expired, "
        + "%d taken, %d given back; %d calls, %d cancelled, %d stale writes; slowest recovery %.1f s of %.1f s%n",
        SEEDS, tally.faults, tally.crashes, tally.pauses, tally.deletions, tally.lateWrites,
        tally.terms, tally.expired, tally.taken, tally.stopped,
        tally.calls, tally.cancelled, tally.staleWrites, tally.slowestRecovery / 1e9, Simulation.recovery(drift) / 1e9);
    assertThat(tally.terms).as("something has to happen").isGreaterThan(SEEDS);
    assertThat(tally.expired).isPositive();
    assertThat(tally.taken).isPositive();
    assertThat(tally.stopped).isPositive();
    assertThat(tally.deletions).isPositive();
    assertThat(tally.lateWrites).isPositive();
    assertThat(tally.cancelled).isPositive();
    assertThat(tally.staleWrites).isPositive();
  }
}
