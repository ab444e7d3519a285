package io.kooper.test.admission;

import io.kooper.test.types.Resource;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** Whether a rule names what somebody does. */
final class Rules {

  private Rules() {}

  static boolean match(
      JsonNode rule, Resource resource, @Nullable String subresource, String operation, @Nullable String name) {
    boolean named = name == null || rule.path("resourceNames").isEmpty() || has(rule, "resourceNames", name);
    return named && has(rule, "operations", operation) && has(rule, "apiGroups", resource.type().group())
        && has(rule, "apiVersions", resource.type().version()) && isInScope(rule, resource)
        && rule.path("resources").valueStream().anyMatch(one -> isMeant(one.asString(""), resource, subresource));
  }

  private static boolean has(JsonNode rule, String member, String wanted) {
    return rule.path(member).valueStream().map(value -> value.asString(""))
        .anyMatch(value -> value.equals("*") || value.equals(wanted));
  }

  private static boolean isInScope(JsonNode rule, Resource resource) {
    return switch (rule.path("scope").asString("*")) {
      case "Namespaced" -> resource.type().namespaced();
      case "Cluster" -> !resource.type().namespaced();
      default -> true;
    };
  }

  /** {@code pods}, {@code pods/status}, {@code pods/*}, {@code *}{@code /scale}: a star alone means no subresource. */
  private static boolean isMeant(String name, Resource resource, @Nullable String subresource) {
    int slash = name.indexOf('/');
    String plural = slash < 0 ? name : name.substring(0, slash);
    String sub = slash < 0 ? "" : name.substring(slash + 1);
    return (plural.equals("*") || plural.equals(resource.type().plural()))
        && (sub.equals("*") || sub.equals(subresource == null ? "" : subresource));
  }
}
