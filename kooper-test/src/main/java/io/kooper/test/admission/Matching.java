package io.kooper.test.admission;

import io.kooper.test.kinds.SelectorMatch;
import io.kooper.test.types.Resource;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * Which changes a webhook or a policy concerns.
 *
 * @param rules one of which has to name the change; missing for all
 * @param excluded none of which may; missing for none
 * @param json where its selectors and its {@code matchPolicy} stand
 */
record Matching(JsonNode rules, JsonNode excluded, JsonNode json) {

  /** Whether other versions of a type are meant, too. */
  boolean isForEquivalents() {
    return !json.path("matchPolicy").asString("").equals("Exact");
  }

  /** Whether the rules name an operation on a type; no name is the right one for every rule. */
  boolean names(Resource resource, @Nullable String subresource, String operation, @Nullable String name) {
    return (rules.isMissingNode()
        || rules.valueStream().anyMatch(rule -> Rules.match(rule, resource, subresource, operation, name)))
        && excluded.valueStream().noneMatch(rule -> Rules.match(rule, resource, subresource, operation, name));
  }

  /** Whether its selectors let something through; labels of a namespace are null for what is in none. */
  boolean selects(@Nullable JsonNode namespaceLabels, Change change) {
    if (namespaceLabels != null && !isMet("namespaceSelector", namespaceLabels)) {
      return false;
    }
    return change.object() != null && isMet("objectSelector", change.object().path("metadata").path("labels"))
        || change.old() != null && isMet("objectSelector", change.old().path("metadata").path("labels"));
  }

  private boolean isMet(String member, JsonNode labels) {
    JsonNode selector = json.path(member);
    return selector.isEmpty() || SelectorMatch.matches(selector, labels);
  }
}
