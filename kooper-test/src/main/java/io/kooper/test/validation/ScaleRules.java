package io.kooper.test.validation;

import java.util.ArrayList;
import java.util.List;
import tools.jackson.databind.JsonNode;

/** What the paths of a scale subresource have to lead to. */
final class ScaleRules {

  private ScaleRules() {}

  /** @param scale the definition's {@code subresources.scale}, missing if there is none */
  static List<Problem> problems(JsonNode scale, JsonNode object, boolean withSpec) {
    List<Problem> problems = new ArrayList<>();
    if (scale.isObject()) {
      if (withSpec) {
        number(scale.path("specReplicasPath").asString(""), object, problems);
      }
      number(scale.path("statusReplicasPath").asString(""), object, problems);
      String selector = scale.path("labelSelectorPath").asString("");
      if (!selector.isEmpty()) {
        String error = error(selector, object, "string");
        if (error != null) {
          problems.add(Problem.invalid(selector, "\"\"", error));
        }
      }
    }
    return problems;
  }

  private static void number(String path, JsonNode object, List<Problem> problems) {
    String error = error(path, object, "int64");
    JsonNode value = object.at(path.replace('.', '/'));
    if (error != null) {
      problems.add(Problem.invalid(path, "0", error));
    } else if (value.isNumber() && value.longValue() < 0) {
      problems.add(Problem.invalid(path, Go.value(value), "should be a non-negative integer"));
    } else if (value.isNumber() && value.longValue() > Integer.MAX_VALUE) {
      problems.add(Problem.invalid(path, Go.value(value), "should be less than or equal to " + Integer.MAX_VALUE));
    }
  }

  @org.jspecify.annotations.Nullable
  private static String error(String path, JsonNode object, String wanted) {
    String[] names = path.substring(1).split("\\.");
    JsonNode value = object;
    StringBuilder walked = new StringBuilder();
    for (String name : names) {
      if (!value.isObject()) {
        return "%s accessor error: %s is of the type %s, expected map[string]interface{}".formatted(
            walked, Go.plain(value), Go.type(value));
      }
      walked.append('.').append(name);
      JsonNode next = value.get(name);
      if (next == null) {
        return null;
      }
      value = next;
    }
    return Go.type(value).equals(wanted) ? null
        : "%s accessor error: %s is of the type %s, expected %s".formatted(
            path, Go.plain(value), Go.type(value), wanted);
  }
}
