package io.kooper.test.auth;

import io.kooper.test.json.Json;
import java.util.List;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** A rule of a role: its members are those of a {@code PolicyRule}. */
record Rule(JsonNode json) {

  static Rule resources(List<String> groups, List<String> resources, String... verbs) {
    return new Rule(rule(verbs).set("apiGroups", texts(groups)).set("resources", texts(resources)));
  }

  static Rule paths(List<String> urls, String... verbs) {
    return new Rule(rule(verbs).set("nonResourceURLs", texts(urls)));
  }

  private static ObjectNode rule(String... verbs) {
    return Json.object().set("verbs", texts(List.of(verbs)));
  }

  private static JsonNode texts(List<String> values) {
    return values.stream().collect(Json::array, (array, value) -> array.add(value), (one, other) -> one.addAll(other));
  }

  boolean isOfResources() {
    return json.has("resources");
  }

  boolean allows(Ask ask) {
    if (!has("verbs", ask.verb())) {
      return false;
    }
    if (ask.resource().isEmpty()) {
      return json.path("nonResourceURLs").valueStream().map(url -> url.asString("")).anyMatch(url -> url.equals(ask.path())
          || url.endsWith("*") && ask.path().startsWith(url.substring(0, url.length() - 1)));
    }
    String resource = ask.resource();
    boolean named = has("resources", resource)
        || resource.contains("/") && holds("resources", "*" + resource.substring(resource.indexOf('/')));
    return named && has("apiGroups", ask.group())
        && (json.path("resourceNames").isEmpty() || holds("resourceNames", ask.name()));
  }

  private boolean has(String member, String wanted) {
    return holds(member, "*") || holds(member, wanted);
  }

  private boolean holds(String member, String wanted) {
    return json.path(member).valueStream().anyMatch(value -> value.asString("").equals(wanted));
  }
}
