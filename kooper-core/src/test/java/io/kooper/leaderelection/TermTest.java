package io.kooper.leaderelection;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.kooper.clock.ManualClock;
import io.kooper.fake.Thrown;
import io.kooper.internal.Urgent;
import io.kooper.leaderelection.LeaderElectionListener.Reason;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A term ends once and for all. */
class TermTest {

  private final ManualClock clock = new ManualClock();
  private final Term term = new Term(clock, 7, Duration.ofSeconds(10).toNanos());
  private final List<String> calls = new ArrayList<>();

  @Test
  void lastsUntilItsDeadlineAndNotAMomentLonger() {
    assertThat(term.token()).isEqualTo(7);
    clock.advance(Duration.ofSeconds(10).minusNanos(1));
    assertThat(term.isValid()).isTrue();
    assertThat(term.remaining()).isEqualTo(Duration.ofNanos(1));
    clock.advance(Duration.ofNanos(1));
    assertThat(term.isValid()).isFalse();
    assertThat(term.remaining()).isZero();
    assertThat(term.reason()).isEqualTo(Reason.EXPIRED);
  }

  @Test
  void lastsLongerWhenItIsRenewed() {
    clock.advance(Duration.ofSeconds(2));
    term.extend(Duration.ofSeconds(12).toNanos());
    assertThat(term.remaining()).isEqualTo(Duration.ofSeconds(10));
  }

  @Test
  void isNotRevivedAfterItsDeadline() {
    clock.advance(Duration.ofSeconds(10));
    term.extend(Duration.ofSeconds(20).toNanos());
    assertThat(term.isValid()).isFalse();
    assertThat(term.end(Reason.STOPPED)).isFalse();
  }

  @Test
  void isNotRevivedAfterItWasEnded() {
    assertThat(term.end(Reason.TAKEN)).isTrue();
    assertThat(term.end(Reason.STOPPED)).isFalse();
    term.extend(Duration.ofSeconds(20).toNanos());
    assertThat(term.isValid()).isFalse();
    assertThat(term.reason()).isEqualTo(Reason.TAKEN);
  }

  @Test
  void isOverBeforeItBeganWhenTheAnswerTookTooLong() {
    assertThat(new Term(clock, 8, -1).isValid()).isFalse();
  }

  @Test
  void callsEachActionOnceAndLateOnesAtOnce() {
    term.onEnd(() -> calls.add("first"));
    term.onEnd(() -> {
      calls.add("second");
      term.onEnd(() -> calls.add("from an action"));
    });
    assertThat(calls).isEmpty();
    term.end(Reason.STOPPED);
    term.fire(Runnable::run);
    term.fire(Runnable::run);
    assertThat(calls).containsExactly("first", "second", "from an action");
    term.onEnd(() -> calls.add("late"));
    assertThat(calls).endsWith("late");
  }

  @Test
  @DisplayName("L11: an action of the library that fails, as without memory for a thread, is called again; the others once")
  void callsAgainWhatFailed() {
    boolean[] noMemory = {true};
    term.onEnd((Urgent) () -> {
      if (noMemory[0]) {
        throw new OutOfMemoryError("as asked");
      }
      calls.add("first");
    });
    term.onEnd((Urgent) () -> calls.add("second"));
    term.onEnd(() -> calls.add("of a user"));
    term.end(Reason.EXPIRED);

    assertThatThrownBy(() -> term.fire(Runnable::run)).hasCauseInstanceOf(OutOfMemoryError.class);
    assertThat(calls).containsExactly("second", "of a user");

    noMemory[0] = false;
    term.fire(Runnable::run);
    term.fire(Runnable::run);

    assertThat(calls).containsExactly("second", "of a user", "first");
  }

  @Test
  @DisplayName("L11: what cannot be handed to the thread for users' actions is handed over later")
  void handsOverAgain() {
    term.onEnd(() -> calls.add("of a user"));
    term.end(Reason.EXPIRED);
    assertThatThrownBy(() -> term.fire(actions -> {
      throw new OutOfMemoryError("as asked");
    })).isInstanceOf(OutOfMemoryError.class);
    term.fire(Runnable::run);
    assertThat(calls).containsExactly("of a user");
  }

  @ParameterizedTest
  @EnumSource(Thrown.class)
  void callsTheOthersWhateverAUsersActionThrows(Thrown thrown) {
    term.onEnd(thrown.code());
    term.onEnd(() -> calls.add("second"));
    term.end(Reason.STOPPED);
    term.fire(Runnable::run);
    assertThat(calls).containsExactly("second");
  }

  @Test
  void ofOneWhoNeedsNoElectionNeverEnds() {
    assertThat(Leadership.ALWAYS.isValid()).isTrue();
    Leadership.ALWAYS.onEnd(() -> calls.add("never"));
    assertThat(calls).isEmpty();
  }
}
