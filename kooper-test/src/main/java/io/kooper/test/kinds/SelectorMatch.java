package io.kooper.test.kinds;

import io.kooper.test.validation.Problem;
import java.util.List;
import java.util.Map;
import java.util.Set;
import tools.jackson.databind.JsonNode;

/** A {@code LabelSelector}: whether it can be understood, and whether labels match it. */
public final class SelectorMatch {

  private static final Set<String> OPERATORS = Set.of("In", "NotIn", "Exists", "DoesNotExist");

  private SelectorMatch() {}

  static void problems(JsonNode selector, String path, List<Problem> problems) {
    boolean understood = true;
    int index = 0;
    for (JsonNode expression : selector.path("matchExpressions")) {
      String at = path + ".matchExpressions[" + index++ + "]";
      String operator = expression.path("operator").asString("");
      boolean values = expression.path("values").size() > 0;
      if (!OPERATORS.contains(operator)) {
        problems.add(Problem.of("FieldValueInvalid", at + ".operator", "Invalid value", operator,
            "not a valid selector operator"));
        understood = false;
      } else if (operator.endsWith("In") && !values) {
        problems.add(Problem.required(at + ".values", "must be specified when `operator` is 'In' or 'NotIn'"));
        understood = false;
      } else if (operator.endsWith("ist") && values) {
        problems.add(Problem.forbidden(at + ".values", "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"));
      }
    }
    if (!understood) {
      problems.add(Problem.invalid(path, Problem.shown(selector), "invalid label selector"));
    }
  }

  public static boolean matches(JsonNode selector, JsonNode labels) {
    if (!selector.isObject()) {
      return false;
    }
    for (Map.Entry<String, JsonNode> wanted : selector.path("matchLabels").properties()) {
      if (!wanted.getValue().equals(labels.get(wanted.getKey()))) {
        return false;
      }
    }
    for (JsonNode expression : selector.path("matchExpressions")) {
      JsonNode value = labels.get(expression.path("key").asString(""));
      boolean in = value != null && expression.path("values").valueStream().anyMatch(value::equals);
      boolean holds = switch (expression.path("operator").asString("")) {
        case "In" -> in;
        case "NotIn" -> !in;
        case "Exists" -> value != null;
        case "DoesNotExist" -> value == null;
        default -> true;
      };
      if (!holds) {
        return false;
      }
    }
    return true;
  }
}
