package io.kooper.test.admission;

import io.kooper.test.validation.CelCondition;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.JsonNode;

/** A ValidatingAdmissionPolicy, compiled. */
final class Policy {

  private static final Logger LOG = LoggerFactory.getLogger("io.kooper.test.EmbeddedApiServer");
  private static final List<String> VARIABLES =
      List.of("object", "oldObject", "request", "params", "namespaceObject", "variables");

  private final String name;
  private final JsonNode spec;
  private final Matching matching;
  private final List<CelCondition> conditions;
  private final Map<String, CelCondition> variables = new LinkedHashMap<>();
  private final List<Validation> validations = new ArrayList<>();

  /** @param message null if there is none, or only an API server can compile it */
  private record Validation(JsonNode json, CelCondition condition, @Nullable CelCondition message) {}

  /** What a request is refused for. */
  record Refusal(String message, String reason) {}

  Policy(String name, JsonNode spec) {
    this.name = name;
    this.spec = spec;
    this.matching = matching(spec.path("matchConstraints"));
    this.conditions = spec.path("matchConditions").valueStream().map(one -> condition(one, "expression")).toList();
    for (JsonNode variable : spec.path("variables")) {
      variables.put(variable.path("name").asString(""),
          CelCondition.expression(variable.path("expression").asString(""), VARIABLES));
    }
    for (JsonNode one : spec.path("validations")) {
      String message = one.path("messageExpression").asString("");
      validations.add(new Validation(one, condition(one, "expression"),
          message.isEmpty() ? null : CelCondition.message(message, VARIABLES)));
    }
  }

  static Matching matching(JsonNode json) {
    return new Matching(json.path("resourceRules"), json.path("excludeResourceRules"), json);
  }

  private static CelCondition condition(JsonNode json, String member) {
    return CelCondition.condition(json.path(member).asString(""), VARIABLES);
  }

  String name() {
    return name;
  }

  JsonNode spec() {
    return spec;
  }

  Matching matching() {
    return matching;
  }

  private boolean isRequired() {
    return !spec.path("failurePolicy").asString("").equals("Ignore");
  }

  /** Its expressions that only an API server can compile. */
  List<CelCondition> uncompiled() {
    Stream<CelCondition> all = Stream.concat(Stream.concat(conditions.stream(), variables.values().stream()),
        validations.stream().flatMap(
            one -> one.message == null ? Stream.of(one.condition) : Stream.of(one.condition, one.message)));
    return all.filter(one -> one.error() != null).toList();
  }

  /**
   * What a request is refused for; nothing if that is not for this policy to say.
   *
   * @param given what can be said of it
   */
  List<Refusal> refusals(Map<String, Object> given) {
    Map<String, Object> values = new HashMap<>(given);
    Map<String, Object> own = new HashMap<>();
    values.put("variables", own);
    List<Refusal> refusals = new ArrayList<>();
    if (!Conditions.hold(conditions, values, failure -> failed(failure, refusals))) {
      return refusals;
    }
    variables.forEach((variable, expression) -> {
      CelCondition.Outcome outcome = expression.evaluate(values);
      if (outcome.value() != null) {
        own.put(variable, outcome.value());
      }
    });
    for (Validation one : validations) {
      CelCondition.Outcome outcome = one.condition.evaluate(values);
      if (outcome.failure() != null) {
        failed(Conditions.failure(one.condition, outcome), refusals);
      } else if (!outcome.holds()) {
        refusals.add(new Refusal(message(one, values), one.json.path("reason").asString("Invalid")));
      }
    }
    return refusals;
  }

  /** Whether it goes on, which it does not. */
  private boolean failed(String failure, List<Refusal> refusals) {
    if (isRequired()) {
      refusals.add(new Refusal(failure, "Invalid"));
    } else {
      LOG.warn("passed over: ValidatingAdmissionPolicy \"{}\" fails: {}", name, failure);
    }
    return false;
  }

  private static String message(Validation one, Map<String, Object> values) {
    String message = one.message == null ? null : one.message.evaluate(values).text();
    if (message != null && !message.isBlank() && message.indexOf('\n') < 0) {
      return message.strip();
    }
    String said = one.json.path("message").asString("");
    return said.isEmpty() ? "failed expression: " + one.condition.text().strip() : said;
  }
}
