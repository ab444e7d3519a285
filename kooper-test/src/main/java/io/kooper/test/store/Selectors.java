package io.kooper.test.store;

import io.kooper.test.json.Statuses;
import io.kooper.test.types.Resource;
import java.util.Map;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Label and field selectors, as they stand in a query. */
public final class Selectors {

  private static final Pattern FIELD = Pattern.compile("([^=!]+)(==|=|!=)(.*)");

  private static final String NOT_KNOWN =
      "\"%s\" is not a known field selector: only \"metadata.name\", \"metadata.namespace\"";

  private Selectors() {}

  /**
   * What both selectors of a query let through.
   *
   * @throws StatusException 400 when one cannot be understood or names a field that cannot be selected
   */
  public static Predicate<StoredObject> of(Resource resource, @Nullable String labels, @Nullable String fields) {
    Predicate<Map<String, String>> labelSelector = LabelSelector.of(labels == null ? "" : labels);
    Predicate<StoredObject> fieldSelector = fields(resource, fields == null ? "" : fields);
    return object -> labelSelector.test(object.labels()) && fieldSelector.test(object);
  }

  private static Predicate<StoredObject> fields(Resource resource, String selector) {
    Predicate<StoredObject> all = object -> true;
    for (String requirement : selector.split(",")) {
      if (requirement.isBlank()) {
        continue;
      }
      Matcher matcher = FIELD.matcher(requirement);
      if (!matcher.matches()) {
        throw Statuses.badRequest("invalid selector: '%s'; can't understand '%s'".formatted(selector, requirement));
      }
      String field = matcher.group(1).strip();
      String value = matcher.group(3).strip();
      boolean known = resource.fields().containsKey(field) || field.equals("metadata.name")
          || field.equals("metadata.namespace") && resource.type().namespaced();
      if (!known) {
        throw Statuses.badRequest(resource.isCustom() ? "field label not supported: " + field
            : resource.fields().isEmpty() ? NOT_KNOWN.formatted(field)
                : ("Unable to find \"%s\" that match label selector \"\", field selector \"%s\": "
            + "field label not supported: %s").formatted(resource.type().qualifiedName(), selector, field));
      }
      boolean equal = !matcher.group(2).equals("!=");
      all = all.and(object -> value.equals(object.fields().getOrDefault(field, "")) == equal);
    }
    return all;
  }
}
