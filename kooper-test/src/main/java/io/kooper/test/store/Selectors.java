package io.kooper.test.store;

import io.kooper.test.json.Statuses;
import io.kooper.test.types.Resource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Label and field selectors, as they stand in a query. */
public final class Selectors {

  private static final String KEY = "([A-Za-z0-9](?:[-A-Za-z0-9_./]*[A-Za-z0-9])?)";
  private static final Pattern EQUALITY = Pattern.compile(KEY + "\\s*(==|=|!=)\\s*([-A-Za-z0-9_.]*)");
  private static final Pattern SET = Pattern.compile(KEY + "\\s+(in|notin)\\s*\\(([-A-Za-z0-9_., ]*)\\)");
  private static final Pattern EXISTENCE = Pattern.compile("(!?)\\s*" + KEY);
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
    Predicate<StoredObject> labelSelector = labels(labels == null ? "" : labels);
    Predicate<StoredObject> fieldSelector = fields(resource, fields == null ? "" : fields);
    return labelSelector.and(fieldSelector);
  }

  private static Predicate<StoredObject> labels(String selector) {
    Predicate<StoredObject> all = object -> true;
    for (String requirement : split(selector)) {
      Predicate<Map<String, String>> one = requirement(requirement.strip());
      all = all.and(object -> one.test(object.labels()));
    }
    return all;
  }

  private static Predicate<Map<String, String>> requirement(String requirement) {
    Matcher equality = EQUALITY.matcher(requirement);
    if (equality.matches()) {
      String key = equality.group(1);
      String value = equality.group(3);
      // != also lets through what has no such label
      return equality.group(2).equals("!=")
          ? labels -> !value.equals(labels.get(key))
          : labels -> value.equals(labels.get(key));
    }
    Matcher set = SET.matcher(requirement);
    if (set.matches()) {
      String key = set.group(1);
      Set<String> values = new TreeSet<>();
      for (String value : set.group(3).split(",", -1)) {
        values.add(value.strip());
      }
      return set.group(2).equals("in")
          ? labels -> labels.containsKey(key) && values.contains(labels.get(key))
          : labels -> !labels.containsKey(key) || !values.contains(labels.get(key));
    }
    Matcher existence = EXISTENCE.matcher(requirement);
    if (existence.matches()) {
      boolean wanted = existence.group(1).isEmpty();
      String key = existence.group(2);
      return labels -> labels.containsKey(key) == wanted;
    }
    throw Statuses.badRequest("unable to parse requirement: found '%s' in the label selector".formatted(requirement));
  }

  private static Predicate<StoredObject> fields(Resource resource, String selector) {
    Predicate<StoredObject> all = object -> true;
    for (String requirement : split(selector)) {
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

  /** The requirements between the commas that are not in brackets. */
  private static List<String> split(String selector) {
    List<String> parts = new ArrayList<>();
    int depth = 0;
    int start = 0;
    for (int i = 0; i <= selector.length(); i++) {
      char c = i < selector.length() ? selector.charAt(i) : ',';
      if (c == '(') {
        depth++;
      } else if (c == ')') {
        depth--;
      } else if (c == ',' && (depth <= 0 || i == selector.length())) {
        String part = selector.substring(start, i);
        if (!part.isBlank()) {
          parts.add(part);
        }
        start = i + 1;
      }
    }
    return parts;
  }
}
