package io.kooper.write;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.api.model.ConditionBuilder;
import io.kooper.clock.ManualClock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ConditionsTest {

  private final ManualClock clock = new ManualClock();
  private final List<Condition> conditions = new ArrayList<>();

  private boolean set(String type, boolean status, String reason, String message, Long generation) {
    return Conditions.set(conditions, Conditions.of(type, status, reason, message, generation), clock);
  }

  @Test
  void addsACondition() {
    clock.advance(Duration.ofMillis(61_500));

    assertThat(set("Ready", true, "AllUp", "all is up", 3L)).isTrue();

    assertThat(conditions).containsExactly(new ConditionBuilder().withType("Ready").withStatus("True").withReason("AllUp")
        .withMessage("all is up").withObservedGeneration(3L).withLastTransitionTime("1970-01-01T00:01:01Z").build());
    assertThat(Conditions.isTrue(conditions, "Ready")).isTrue();
    assertThat(Conditions.isTrue(conditions, "Other")).isFalse();
  }

  @Test
  void saysWhetherAnythingChanged() {
    set("Ready", true, "AllUp", "all is up", 3L);

    assertThat(set("Ready", true, "AllUp", "all is up", 3L)).isFalse();
    assertThat(set("Ready", true, "AllUp", "all is up", 4L)).isTrue();
    assertThat(set("Ready", true, "AllUp", "really", 4L)).isTrue();
    assertThat(set("Ready", true, "Up", "really", 4L)).isTrue();
    assertThat(set("Other", true, "Up", "really", 4L)).isTrue();
    assertThat(conditions).hasSize(2);
  }

  @Test
  void theTimeIsThatOfTheLastChangeOfTheStatus() {
    set("Ready", false, "Down", "", null);
    clock.advance(Duration.ofMinutes(1));

    set("Ready", false, "StillDown", "", null);
    assertThat(conditions.get(0).getLastTransitionTime()).isEqualTo("1970-01-01T00:00:00Z");

    set("Ready", true, "Up", "", null);
    assertThat(conditions.get(0).getLastTransitionTime()).isEqualTo("1970-01-01T00:01:00Z");
    assertThat(Conditions.isTrue(conditions, "Ready")).isTrue();
  }

  @Test
  void aTimeThatIsGivenCountsWhenTheStatusChanges() {
    Condition given = new ConditionBuilder(Conditions.of("Ready", true, "Up", "", null))
        .withLastTransitionTime("2026-01-01T00:00:00Z").build();

    Conditions.set(conditions, given, clock);

    assertThat(conditions.get(0).getLastTransitionTime()).isEqualTo("2026-01-01T00:00:00Z");
    assertThat(set("Ready", true, "Up", "", null)).isFalse();
  }

  @Test
  void cutsAMessageThatIsTooLongAndHasOneAlways() {
    set("Long", true, "Up", "x".repeat(40_000), null);
    set("None", true, "Up", null, null);

    assertThat(conditions).extracting(one -> one.getMessage().length()).containsExactly(32_768, 0);
  }

  @ParameterizedTest
  @CsvSource(delimiter = '|', value = {
    "Not ready | True | Up | the type \"Not ready\" must be a name as Ready or example.com/Ready",
    "-Ready | True | Up | the type \"-Ready\"",
    "Example.com/Ready | True | Up | the type",
    "Ready | true | Up | the status \"true\" must be True, False or Unknown",
    "Ready | True | not one word | the reason \"not one word\" must be one word, as PodsMissing",
    "Ready | True | 1st | the reason",
    "Ready | True | '' | the reason \"\""
  })
  void refusesWhatKubernetesRefuses(String type, String status, String reason, String words) {
    Condition wanted = new ConditionBuilder().withType(type).withStatus(status).withReason(reason).build();

    assertThatThrownBy(() -> Conditions.set(conditions, wanted)).isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(words);
    assertThat(conditions).isEmpty();
  }

  @Test
  void tellsEveryErrorAtOnce() {
    assertThatThrownBy(() -> Conditions.set(conditions, new Condition()))
        .hasMessageContaining("the type").hasMessageContaining("the status").hasMessageContaining("the reason");
  }

  @Test
  void takesTheNamesThatKubernetesTakes() {
    assertThat(Conditions.set(conditions, Conditions.of("example.com/Ready_1.x", true, "A,b:C_1", "", null))).isTrue();
    assertThat(conditions.get(0).getLastTransitionTime()).isNotNull();
  }

  @Test
  void refusesAListThatCannotBeModified() {
    assertThatThrownBy(() -> Conditions.set(List.of(), Conditions.of("Ready", true, "Up", "", null)))
        .isInstanceOf(IllegalArgumentException.class).hasMessageContaining("cannot be modified");
  }
}
