package io.kooper.internal;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class PaceTest {

  @Test
  void oneAnIntervalPassesHoweverManyAsk() {
    Pace pace = new Pace(10, Long.MAX_VALUE - 5); // a clock may begin anywhere
    int passed = 0;
    for (int i = 0; i < 35; i++) {
      for (int j = 0; j < 3; j++) {
        passed += pace.passes(Long.MAX_VALUE - 5 + i) ? 1 : 0;
      }
    }
    assertThat(passed).isEqualTo(4);
  }

  @Test
  void noneIsSavedUp() {
    Pace pace = new Pace(10, 0);
    assertThat(pace.passes(100)).isTrue();
    assertThat(pace.passes(109)).isFalse();
    assertThat(pace.passes(110)).isTrue();
  }
}
