package io.kooper.internal;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class DeadlineTest {

  private static final Duration FIRST = Duration.ofSeconds(5);
  private final Deadline deadline = new Deadline(FIRST, Duration.ofSeconds(20));

  @Test
  void itDoublesUpToItsBoundWhileItIsTooShort() {
    assertThat(deadline.now()).isEqualTo(FIRST);
    deadline.passed();
    assertThat(deadline.now()).isEqualTo(Duration.ofSeconds(10));
    for (int i = 0; i < 100; i++) {
      deadline.passed();
    }
    assertThat(deadline.now()).isEqualTo(Duration.ofSeconds(20));
  }

  @Test
  void aResponseMakesItTwiceWhatThatTook() {
    deadline.passed();
    deadline.met(Duration.ofSeconds(6).toNanos());
    assertThat(deadline.now()).as("a server that is still slow is still waited for").isEqualTo(Duration.ofSeconds(12));
    deadline.met(Duration.ofSeconds(19).toNanos());
    assertThat(deadline.now()).isEqualTo(Duration.ofSeconds(20));
    deadline.met(Duration.ofMillis(3).toNanos());
    assertThat(deadline.now()).isEqualTo(FIRST);
  }

  @Test
  void anotherFailureTakesWhatItHasGrown() {
    deadline.passed();
    deadline.reset();
    assertThat(deadline.now()).isEqualTo(FIRST);
  }

  @Test
  void aBoundBelowTheFirstIsNone() {
    Deadline odd = new Deadline(FIRST, Duration.ofSeconds(1));
    odd.passed();
    assertThat(odd.now()).isEqualTo(FIRST);
  }
}
