package io.kooper.test.store;

import io.kooper.test.json.Statuses;
import io.kooper.test.types.Resource;
import java.util.Map;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** Label and field selectors, as they stand in a query. */
public final class Selectors {

  private static final Pattern FIELD = Pattern.compile("([^=!]*)(==|=|!=)(.*)");

  private static final Pattern ESCAPE = Pattern.compile("\\\\[^,=]");

  private static final String NOT_KNOWN =
      "\"%s\" is not a known field selector: only \"metadata.name\", \"metadata.namespace\"";

  /** What a field is for a selector where an object does not say it: a Go program's zero. */
  private static final Map<String, String> ZEROS = Map.of("spec.hostNetwork", "false", "spec.unschedulable", "false",
      "status.replicas", "0", "status.successful", "0");

  private Selectors() {}

  /** What stands for a value in which commas and the like have a backslash before them. */
  private static String unescaped(String value) {
    Matcher wrong = ESCAPE.matcher(value.replace("\\\\", ""));
    if (wrong.find()) {
      throw Statuses.badRequest("invalid field selector: invalid escape sequence: " + wrong.group());
    }
    return value.replaceAll("\\\\(.)", "$1");
  }

  /** What a selector compares of a field: empty if it is no scalar, or not there. */
  static String value(Resource resource, String field, JsonNode value) {
    String zero = resource.isCustom() ? "" : ZEROS.getOrDefault(field, "");
    return value.isValueNode() && !value.isNull() ? value.asString(zero) : zero;
  }

  /**
   * What both selectors of a query let through.
   *
   * @throws StatusException 400 when one cannot be understood or names a field that cannot be selected
   */
  public static Predicate<StoredObject> of(Resource resource, @Nullable String labels, @Nullable String fields) {
    Predicate<Map<String, String>> labelSelector = labels(labels);
    Predicate<StoredObject> fieldSelector = fields(resource, fields == null ? "" : fields);
    return object -> labelSelector.test(object.labels()) && fieldSelector.test(object);
  }

  /** @throws StatusException 400 when it cannot be understood */
  public static Predicate<Map<String, String>> labels(@Nullable String selector) {
    return LabelSelector.of(selector == null ? "" : selector);
  }

  private static Predicate<StoredObject> fields(Resource resource, String selector) {
    Predicate<StoredObject> all = object -> true;
    for (String requirement : selector.split("(?<!\\\\),")) {
      if (requirement.isBlank()) {
        continue;
      }
      Matcher matcher = FIELD.matcher(requirement);
      if (!matcher.matches()) {
        throw Statuses.badRequest("invalid selector: '%s'; can't understand '%s'".formatted(selector, requirement));
      }
      String field = matcher.group(1).strip();
      String value = unescaped(matcher.group(3).strip());
      boolean known = resource.fields().containsKey(field) || field.equals("metadata.name")
          || field.equals("metadata.namespace") && resource.type().namespaced();
      if (!known) {
        if (resource.is("jobs.batch")) {
          throw Statuses.badRequest("field label \"" + field + "\" not supported for Job");
        }
        throw Statuses.badRequest(resource.isCustom() || !resource.fields().isEmpty() ? "field label not supported: " + field
            : NOT_KNOWN.formatted(field));
      }
      boolean equal = !matcher.group(2).equals("!=");
      all = all.and(object -> value.equals(object.fields().getOrDefault(field, "")) == equal);
    }
    return all;
  }
}
