package io.kooper.leaderelection;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.coordination.v1.Lease;
import io.kooper.clock.ManualClock;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class SharedLeaseTest {

  private final ManualClock clock = new ManualClock();
  private final SharedLease shared =
      new SharedLease("default", "op", "16 shards", Duration.ofSeconds(15), Duration.ofSeconds(10), clock);

  private static Lease lease(String configuration, int transitions) {
    return CandidateTalk.foreign(configuration, 15, transitions).build();
  }

  private void saw(Lease lease) {
    shared.saw(lease, clock.nanoTime());
  }

  @Test
  void isHeldWhileOthersOfTheSameConfigurationRenewIt() {
    saw(CandidateTalk.foreign("8 shards", 15, 1).build());
    saw(lease("16 shards", 2));
    assertThat(shared.isHeld()).isTrue();
  }

  /** As by an admin, or a member that has not seen what we have. */
  @Test
  void isHeldAgainWhileOthersGoOnToRenewItWithFewerTransitions() {
    saw(lease("16 shards", 7));
    for (int i = 0; i < 8; i++) {
      saw(CandidateTalk.foreign("16 shards", 15, 0).editSpec().withRenewTime(CandidateTalk.time("2020-01-01T00:00:1" + i + "Z"))
          .endSpec().build());
      clock.advance(Duration.ofSeconds(3));
    }
    assertThat(shared.isHeld()).isTrue();
  }

  /** As by a backup that was restored: the members of another configuration may not know yet. */
  @Test
  void isNotHeldAfterItWasSetBackToOurConfigurationBeforeItHasExpired() {
    saw(lease("16 shards", 1));
    saw(lease("8 shards", 2));

    saw(lease("16 shards", 1));

    assertThat(shared.isHeld()).isFalse();
    assertThat(shared.write(0)).isNull();
    clock.advance(Duration.ofSeconds(15));
    assertThat(shared.isHeld()).isFalse();
    shared.written(((LeaseStore.Request.Update) shared.write(0)).lease());
    assertThat(shared.isHeld()).isTrue();
  }
}
