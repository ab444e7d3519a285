package io.kooper.internal;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class VersionsTest {

  @Test
  void versionsOfAnySizeAreCompared() {
    assertThat(Versions.isOlder("9", "10")).isTrue();
    assertThat(Versions.isOlder("10", "9")).isFalse();
    assertThat(Versions.isOlder("10", "10")).isFalse();
    assertThat(Versions.isOlder("99999999999999999999999998", "99999999999999999999999999")).isTrue();
  }

  @Test
  void ofWhatIsNotANumberNothingIsKnown() {
    assertThat(Versions.isOlder("abc", "abd")).isFalse();
    assertThat(Versions.isOlder("", "1")).isFalse();
    assertThat(Versions.isOlder("shop=1,stock=2", "shop=1,stock=3")).isFalse();
  }
}
