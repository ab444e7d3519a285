package io.kooper.informer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.kooper.clock.Clock;
import io.kooper.fake.Jsons;
import io.kooper.retrieve.Json;
import io.kooper.retrieve.SourceEvent;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class StateTest {

  private static State<ConfigMap> state(String uid, String version) {
    return State.of(new ConfigMapBuilder().withNewMetadata().withNamespace("default").withName("a").withUid(uid)
        .withResourceVersion(version).endMetadata().build());
  }

  @ParameterizedTest
  @ValueSource(strings = {"2f1c9f0e-5a8e-4a55-9df0-0d7ad9d2a3c1", "2F1C9F0E-5A8E-4A55-9DF0-0D7AD9D2A3C1",
      "02f1c9f0e-5a8e-4a55-9df0-0d7ad9d2a3c", "2f1c9f0e-5a8e-4a55-9df0_0d7ad9d2a3c1", "000000000000000000000000000000000001",
      "1-2-3-4-5", "uid", ""})
  void theUidIsSpelledAsItCame(String uid) {
    assertThat(state(uid, "1").uid()).isEqualTo(uid);
    assertThat(state(uid, "1").is(uid, "1")).isTrue();
    assertThat(state(uid, "1").isOfSameObject(state(uid, "2"))).isTrue();
    assertThat(state(uid, "1").isOfSameObject(state(uid + "x", "1"))).isFalse();
  }

  @ParameterizedTest
  @ValueSource(strings = {"0", "1", "81234567", "999999999999999999", "9223372036854775807", "9223372036854775808",
      "123456789012345678901234567890", "007", "00", "-1", "+1", "1e3", "٣", " 1", "v1", ""})
  void theVersionIsSpelledAsItCame(String version) {
    assertThat(state("u", version).resourceVersion()).isEqualTo(version);
    assertThat(state("u", version).is("u", version)).isTrue();
    assertThat(state("u", version).is("u", version + "0")).isFalse();
  }

  @Test
  void aLackOfMemoryThatTheObjectsClassHasWrappedSaysNothingOfTheObject() {
    Deque<RuntimeException> failures = new ArrayDeque<>(
        List.of(new IllegalArgumentException(new OutOfMemoryError("for a test"))));
    Json<ConfigMap> json = Jsons.failing(SourceEvent.Type.ADDED, state("u", "1").get(), failures);
    Cache<ConfigMap> cache = new Cache<>("test", null, List.of(), false, Clock.system(), null);
    cache.put(cache.states.arrival(json, problem -> { }));

    assertThatThrownBy(() -> cache.store.list()).isInstanceOf(OutOfMemoryError.class);

    assertThat(cache.store.list()).hasSize(1);
    assertThat(cache.undecodable()).isEmpty();
    cache.close();
  }

  @Test
  void whatHasNoneHasNone() {
    assertThat(state(null, null).uid()).isNull();
    assertThat(state(null, null).resourceVersion()).isNull();
    assertThat(state(null, null).is(null, null)).as("it may have changed").isFalse();
    assertThat(state(null, "1").isOfSameObject(state("u", "1"))).isFalse();
  }
}
