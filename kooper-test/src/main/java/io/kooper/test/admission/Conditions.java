package io.kooper.test.admission;

import io.kooper.test.validation.CelCondition;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import tools.jackson.databind.node.ObjectNode;

/** The conditions in CEL under which a webhook or a policy concerns a change. */
final class Conditions {

  private Conditions() {}

  /** What can be said of a request. */
  static Map<String, Object> variables(Review review) {
    Map<String, Object> variables = new HashMap<>();
    variables.put("object", CelCondition.value(review.request().path("object")));
    variables.put("oldObject", CelCondition.value(review.request().path("oldObject")));
    ObjectNode request = review.request().deepCopy();
    variables.put("request", CelCondition.value(request.without(List.of("object", "oldObject"))));
    return variables;
  }

  static String failure(CelCondition expression, CelCondition.Outcome outcome) {
    return "expression '%s' resulted in error: %s".formatted(expression.text(), outcome.failure());
  }

  /**
   * Whether all hold: one that is false decides, whatever else fails.
   *
   * @param failed told why some neither hold nor are false; decides what follows
   */
  static boolean hold(List<CelCondition> conditions, Map<String, Object> variables, Predicate<String> failed) {
    String failure = null;
    for (CelCondition condition : conditions) {
      CelCondition.Outcome outcome = condition.evaluate(variables);
      if (outcome.failure() != null) {
        failure = failure == null ? failure(condition, outcome) : failure;
      } else if (!outcome.holds()) {
        return false;
      }
    }
    return failure == null || failed.test(failure);
  }
}
