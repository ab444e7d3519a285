package io.kooper.test.admission;

import io.kooper.test.validation.CelCondition;
import java.time.Duration;
import java.util.List;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.MissingNode;

/**
 * One webhook of a configuration.
 *
 * @param configuration the kind and the name of what it is in
 * @param json as it stands there, with its defaults
 * @param conditions its {@code matchConditions}
 */
record Hook(String configuration, JsonNode json, Matching matching, List<CelCondition> conditions) {

  private static final List<String> VARIABLES = List.of("object", "oldObject", "request");

  static Hook of(String configuration, JsonNode json) {
    List<CelCondition> conditions = json.path("matchConditions").valueStream()
        .map(one -> CelCondition.condition(one.path("expression").asString(""), VARIABLES)).toList();
    return new Hook(configuration, json, new Matching(json.path("rules"), MissingNode.getInstance(), json), conditions);
  }

  String name() {
    return json.path("name").asString("");
  }

  /** What tells it from all others. */
  String id() {
    return configuration + "/" + name();
  }

  /** Whether a change is refused when the webhook cannot be asked. */
  boolean isRequired() {
    return !json.path("failurePolicy").asString("").equals("Ignore");
  }

  boolean isReinvoked() {
    return json.path("reinvocationPolicy").asString("").equals("IfNeeded");
  }

  boolean hasSideEffects() {
    return !json.path("sideEffects").asString("").startsWith("None");
  }

  Duration timeout() {
    return Duration.ofSeconds(json.path("timeoutSeconds").asInt(10));
  }
}
