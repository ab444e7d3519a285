package io.kooper.crd;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * How an existing definition differs from a wanted one, and the two merged.
 *
 * <p>Objects are taken key by key, and only the wanted one's keys count: what the API server filled in, and what others
 * added, is no difference and stays. Lists and schemas are taken as a whole, since half of a schema means something else.
 * Versions are matched by name, and none is ever dropped. A zero that the API server does not write (false, an empty text
 * or list, a column's priority 0) is the same as nothing.
 */
final class Drift {

  /** Compared and replaced as a whole. */
  private static final String SCHEMA = "openAPIV3Schema";

  /** What a schema says that says nothing of fields. */
  private static final Set<String> SCHEMALESS = Set.of("type", "description", "x-kubernetes-preserve-unknown-fields");

  /** A schema's default or a part of it, unlike a field of that name. */
  private static final Pattern IN_DEFAULT = Pattern.compile("(?<!\\.properties)\\.default($|[.\\[])");

  private static final String VERSIONS = ".spec.versions";
  private static final int VALUE_LENGTH = 60;

  private Drift() {}

  /** The parts of a definition that are its author's: its labels, annotations and spec. */
  static Map<String, Object> authored(Map<String, Object> definition) {
    Map<String, Object> metadata = new LinkedHashMap<>();
    for (String part : List.of("labels", "annotations")) {
      if (!Trees.map(definition, "metadata", part).isEmpty()) {
        metadata.put(part, Trees.map(definition, "metadata", part));
      }
    }
    Map<String, Object> authored = new LinkedHashMap<>();
    if (!metadata.isEmpty()) {
      authored.put("metadata", metadata);
    }
    authored.put("spec", Trees.map(definition, "spec"));
    return authored;
  }

  /** What is otherwise than wanted, one sentence each; empty when nothing is. */
  static List<String> of(Map<String, Object> wanted, Map<String, Object> existing) {
    List<String> differences = new ArrayList<>();
    compare("", authored(wanted), existing, false, differences);
    return differences;
  }

  private static void compare(
      String path, @Nullable Object wanted, @Nullable Object existing, boolean whole, List<String> differences) {
    if (wanted instanceof Map && existing instanceof Map) {
      Set<String> keys = new LinkedHashSet<>(Trees.map(wanted).keySet());
      if (whole) {
        keys.addAll(Trees.map(existing).keySet());
      }
      for (String key : keys) {
        compare(path + "." + key, Trees.map(wanted).get(key), Trees.map(existing).get(key),
            whole || key.equals(SCHEMA), differences);
      }
    } else if (path.equals(VERSIONS)) {
      for (Object version : Trees.list(wanted)) {
        String name = Trees.text(version, "name");
        Object found = named(Trees.list(existing), name);
        if (found == null) {
          differences.add("spec.versions has no \"" + name + "\"");
        } else {
          compare(path + "[" + name + "]", version, found, false, differences);
        }
      }
    } else if (wanted instanceof List<?> list && existing instanceof List<?> found && list.size() == found.size()) {
      for (int i = 0; i < list.size(); i++) {
        compare(path + "[" + i + "]", list.get(i), found.get(i), true, differences);
      }
    } else if (!same(path, wanted, existing)) {
      differences.add(path.substring(1) + " is " + show(existing) + " instead of " + show(wanted));
    }
  }

  private static boolean same(String path, @Nullable Object wanted, @Nullable Object existing) {
    if (wanted instanceof Number one && existing instanceof Number other) {
      return Double.compare(one.doubleValue(), other.doubleValue()) == 0; // a model's 0.0 is a file's 0
    }
    return isNothing(path, wanted) && isNothing(path, existing) || Objects.equals(wanted, existing);
  }

  private static boolean isNothing(String path, @Nullable Object value) {
    if (value == null) {
      return true;
    }
    if (IN_DEFAULT.matcher(path).find()) {
      return false; // a default of false is one
    }
    return value.equals(false) || value.equals("") || value instanceof List<?> list && list.isEmpty()
        || path.endsWith(".priority") && value instanceof Number number && number.intValue() == 0;
  }

  private static String show(@Nullable Object value) {
    String text = value == null ? "missing" : value instanceof String ? "\"" + value + "\"" : value.toString();
    return text.length() > VALUE_LENGTH ? text.substring(0, VALUE_LENGTH) + ".." : text;
  }

  /** The existing definition, with its version, made as wanted. */
  static Map<String, Object> merge(Map<String, Object> wanted, Map<String, Object> existing) {
    return Trees.map(merge("", authored(wanted), existing));
  }

  private static @Nullable Object merge(String path, @Nullable Object wanted, @Nullable Object existing) {
    if (path.equals(VERSIONS)) {
      return mergeVersions(Trees.list(wanted), Trees.list(existing));
    }
    boolean whole = path.endsWith("." + SCHEMA)
        // the rest of a conversion belongs to its strategy, and is refused with another
        || path.equals(".spec.conversion") && !Objects.equals(Trees.at(wanted, "strategy"), Trees.at(existing, "strategy"));
    if (whole || !(wanted instanceof Map && existing instanceof Map)) {
      return wanted;
    }
    Map<String, Object> merged = new LinkedHashMap<>(Trees.map(existing));
    Trees.map(wanted).forEach((key, value) -> merged.put(key, merge(path + "." + key, value, merged.get(key))));
    return merged;
  }

  private static List<Object> mergeVersions(List<Object> wanted, List<Object> existing) {
    List<Object> merged = new ArrayList<>();
    for (Object version : wanted) {
      Object found = named(existing, Trees.text(version, "name"));
      merged.add(found == null ? version : Objects.requireNonNull(merge(VERSIONS + "[]", version, found)));
    }
    for (Object version : existing) {
      if (named(wanted, Trees.text(version, "name")) == null) {
        Map<String, Object> kept = new LinkedHashMap<>(Trees.map(version));
        kept.put("storage", false); // it is the wanted ones that say which
        merged.add(kept);
      }
    }
    return merged;
  }

  private static @Nullable Object named(List<Object> versions, String name) {
    for (Object version : versions) {
      if (Trees.text(version, "name").equals(name)) {
        return version;
      }
    }
    return null;
  }

  /** What the API server refuses to change in an established definition, as far as the two differ in it. */
  static List<String> immutable(Map<String, Object> wanted, Map<String, Object> existing) {
    List<String> differences = new ArrayList<>();
    for (String[] path : new String[][] {{"spec", "scope"}, {"spec", "names", "kind"}}) {
      compare("." + String.join(".", path), Trees.at(wanted, path), Trees.at(existing, path), false, differences);
    }
    return differences;
  }

  /** Whether a definition says nothing of its objects' fields, while an existing one does or has more versions. */
  static boolean wouldImpoverish(Map<String, Object> wanted, Map<String, Object> existing) {
    List<Object> versions = Trees.list(wanted, "spec", "versions");
    List<Object> found = Trees.list(existing, "spec", "versions");
    return versions.stream().noneMatch(Drift::hasSchema)
        && (found.size() > versions.size() || found.stream().anyMatch(Drift::hasSchema));
  }

  private static boolean hasSchema(Object version) {
    return !SCHEMALESS.containsAll(Trees.map(version, "schema", SCHEMA).keySet());
  }
}
