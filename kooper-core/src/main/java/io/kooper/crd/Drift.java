package io.kooper.crd;

import io.fabric8.kubernetes.client.utils.KubernetesVersionPriority;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.BinaryOperator;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * What a wanted definition makes of an existing one, and how two definitions differ.
 *
 * <p>Labels, annotations and webhook settings that the wanted definition does not mention always stay. A zero that the API
 * server does not write (false, an empty text or list, a column's priority 0) is the same as nothing.
 */
final class Drift {

  private static final String SCHEMA = "openAPIV3Schema";

  /** What a schema says that says nothing of fields. */
  private static final Set<String> SCHEMALESS = Set.of("type", "description", SchemaUnion.PRESERVE);

  /** A schema's default or a part of it, unlike a field of that name. */
  private static final Pattern IN_DEFAULT = Pattern.compile("(?<!\\.properties)\\.default($|[.\\[])");

  /** What has no effect on objects: it is told after the rest. */
  private static final Pattern WORDS = Pattern.compile(
      "metadata\\.(labels|annotations).*|.*(?<!\\.properties)\\.(description|title|example|externalDocs.*)");

  private static final int VALUE_LENGTH = 60;

  /** One difference and where it is. */
  record Difference(String path, String words) {

    /** Whether it matters to objects. */
    boolean matters() {
      return !WORDS.matcher(path).matches();
    }

    /** Whether the API server refuses to change it in an established definition. */
    boolean isImmutable() {
      return path.equals("spec.scope") || path.equals("spec.names.kind");
    }
  }

  private Drift() {}

  /** A definition as its author has made it: of its metadata the name, the labels and the annotations, and no status. */
  static Map<String, Object> authored(Map<String, Object> definition) {
    Map<String, Object> metadata = new LinkedHashMap<>(Trees.map(definition, "metadata"));
    metadata.keySet().retainAll(List.of("name", "labels", "annotations"));
    Map<String, Object> authored = Trees.with(definition, "metadata", metadata);
    authored.remove("status");
    return authored;
  }

  /** What is otherwise in the first than in the second; what matters to objects comes first. */
  static List<Difference> between(Map<String, Object> existing, Map<String, Object> target) {
    List<Difference> differences = new ArrayList<>();
    compare("", target, existing, differences);
    differences.sort(Comparator.comparing(difference -> !difference.matters()));
    return differences;
  }

  private static void compare(
      String path, @Nullable Object target, @Nullable Object existing, List<Difference> differences) {
    boolean versions = path.equals(".spec.versions");
    if (versions || target instanceof Map && existing instanceof Map) {
      Map<String, Object> wanted = versions ? byKey("name", target) : Trees.map(target);
      Map<String, Object> found = versions ? byKey("name", existing) : Trees.map(existing);
      Set<String> keys = new LinkedHashSet<>(wanted.keySet());
      keys.addAll(found.keySet());
      keys.forEach(key -> compare(
          path + (versions ? "[" + key + "]" : "." + key), wanted.get(key), found.get(key), differences));
    } else if (target instanceof List<?> list && existing instanceof List<?> found && list.size() == found.size()) {
      for (int i = 0; i < list.size(); i++) {
        compare(path + "[" + i + "]", list.get(i), found.get(i), differences);
      }
    } else if (!(isNothing(path, target) && isNothing(path, existing)) && !same(target, existing)) {
      String where = path.substring(1);
      differences.add(new Difference(where, where + " is " + show(existing) + " instead of " + show(target)));
    }
  }

  /** Whether two values are equal; a model's 0.0 is a file's 0. */
  static boolean same(@Nullable Object one, @Nullable Object other) {
    if (one instanceof Number a && other instanceof Number b) {
      return Double.compare(a.doubleValue(), b.doubleValue()) == 0;
    }
    if (one instanceof List<?> a && other instanceof List<?> b) {
      return a.size() == b.size() && IntStream.range(0, a.size()).allMatch(i -> same(a.get(i), b.get(i)));
    }
    if (one instanceof Map<?, ?> a && other instanceof Map<?, ?> b) {
      return a.keySet().equals(b.keySet()) && a.keySet().stream().allMatch(key -> same(a.get(key), b.get(key)));
    }
    return Objects.equals(one, other);
  }

  private static boolean isNothing(String path, @Nullable Object value) {
    return value == null || !IN_DEFAULT.matcher(path).find() // a default of false is one
        && (value.equals(false) || value.equals("") || value.equals(List.of())
            || path.endsWith(".priority") && same(value, 0));
  }

  private static String show(@Nullable Object value) {
    String text = value == null ? "missing" : value instanceof String ? "\"" + value + "\"" : value.toString();
    return text.length() > VALUE_LENGTH ? text.substring(0, VALUE_LENGTH) + ".." : text;
  }

  /** The existing definition, with its version, made as wanted; a version in which objects are stored stays. */
  static Map<String, Object> replaced(Map<String, Object> wanted, Map<String, Object> existing) {
    Map<String, Object> spec = new LinkedHashMap<>(Trees.map(existing, "spec"));
    spec.putAll(Trees.map(wanted, "spec"));
    Map<String, Object> names = new LinkedHashMap<>(Trees.map(existing, "spec", "names"));
    names.keySet().retainAll(List.of("singular", "listKind")); // which the server fills in
    names.putAll(Trees.map(wanted, "spec", "names"));
    spec.put("names", names);
    Map<String, Object> conversion = Trees.map(existing, "spec", "conversion");
    if (!conversion.isEmpty()
        && Trees.text(conversion, "strategy").equals(Trees.text(wanted, "spec", "conversion", "strategy"))) {
      spec.put("conversion", // with an injected authority
          merged(conversion, Trees.map(wanted, "spec", "conversion"), (found, value) -> value));
    }
    Map<String, Object> versions = byKey("name", Trees.at(wanted, "spec", "versions"));
    List<Object> stored = Trees.list(existing, "status", "storedVersions");
    byKey("name", Trees.at(existing, "spec", "versions")).forEach((name, version) -> {
      if (stored.contains(name)) {
        versions.putIfAbsent(name, Trees.with(version, "storage", false));
      }
    });
    return whole(existing, wanted, spec, versions, (found, value) -> value);
  }

  /**
   * The existing definition, with its version, and what the wanted one adds or widens. Applied to its own result, and to
   * that of another definition after it, it changes nothing: so releases that differ come to an end.
   */
  static Map<String, Object> widened(Map<String, Object> wanted, Map<String, Object> existing) {
    Map<String, Object> spec = new LinkedHashMap<>(Trees.map(existing, "spec"));
    spec.put("names", merged(Trees.map(spec, "names"), Trees.map(wanted, "spec", "names"), Drift::union));
    Object conversion = Trees.at(wanted, "spec", "conversion");
    if (conversion != null && !Trees.text(spec, "conversion", "strategy").equals("Webhook")) {
      spec.put("conversion", conversion);
    }
    Map<String, Object> versions = byKey("name", spec.get("versions"));
    byKey("name", Trees.at(wanted, "spec", "versions"))
        .forEach((name, version) -> versions.merge(name, version, Drift::widenVersion));
    String storage = storage(storage(wanted), storage(existing), versions,
        Trees.text(spec, "conversion", "strategy").equals("Webhook"));
    versions.replaceAll((name, version) -> Trees.with(version, "storage", name.equals(storage)));
    return whole(existing, wanted, spec, versions, (found, value) -> found);
  }

  /** It only moves to a version of higher priority, and to one that keeps all that is stored unless a webhook converts it. */
  private static String storage(
      @Nullable Object wanted, @Nullable Object existing, Map<String, Object> versions, boolean converts) {
    String from = Trees.text(existing, "name");
    String to = Trees.text(wanted, "name");
    boolean keeps = converts
        || SchemaUnion.keepsAll(Trees.map(versions.get(from), "schema", SCHEMA), Trees.map(versions.get(to), "schema", SCHEMA));
    return keeps && (hasSchema(wanted) || !hasSchema(existing))
        ? KubernetesVersionPriority.highestPriority(List.of(from, to)) : from;
  }

  private static @Nullable Object storage(Map<String, Object> definition) {
    return Trees.list(definition, "spec", "versions").stream()
        .filter(version -> Trees.isTrue(version, "storage")).findFirst().orElse(null);
  }

  private static Object widenVersion(Object existing, Object wanted) {
    Map<String, Object> version = Trees.map(merged(existing, wanted, (found, value) -> found));
    version.put("served", Trees.isTrue(existing, "served") || Trees.isTrue(wanted, "served"));
    Map.of("additionalPrinterColumns", "name", "selectableFields", "jsonPath").forEach((list, key) -> {
      Map<String, Object> both = byKey(key, Trees.at(existing, list));
      byKey(key, Trees.at(wanted, list)).forEach(both::putIfAbsent);
      version.put(list, List.copyOf(both.values()));
    });
    Map<String, Object> schema = Trees.map(existing, "schema", SCHEMA);
    if (hasSchema(wanted) || !hasSchema(existing)) {
      schema = SchemaUnion.of(schema, Trees.map(wanted, "schema", SCHEMA));
    }
    version.put("schema", Trees.with(Trees.at(existing, "schema"), SCHEMA, schema));
    return version;
  }

  private static Map<String, Object> whole(Map<String, Object> existing, Map<String, Object> wanted,
      Map<String, Object> spec, Map<String, Object> versions, BinaryOperator<Object> both) {
    spec.put("versions", List.copyOf(versions.values()));
    return Trees.with(Trees.with(existing, "spec", spec), "metadata",
        merged(Trees.map(existing, "metadata"), Trees.map(wanted, "metadata"), both));
  }

  /** By key; what both have and is no object is what {@code both} makes of it. */
  private static Object merged(Object existing, Object wanted, BinaryOperator<Object> both) {
    if (!(existing instanceof Map && wanted instanceof Map)) {
      return both.apply(existing, wanted);
    }
    Map<String, Object> merged = new LinkedHashMap<>(Trees.map(existing));
    Trees.map(wanted).forEach((key, value) -> merged.merge(key, value, (one, other) -> merged(one, other, both)));
    return merged;
  }

  private static Object union(Object existing, Object wanted) {
    Set<Object> both = new LinkedHashSet<>(Trees.list(existing));
    both.addAll(Trees.list(wanted));
    return existing instanceof List ? List.copyOf(both) : existing;
  }

  private static Map<String, Object> byKey(String key, @Nullable Object list) {
    Map<String, Object> byKey = new LinkedHashMap<>();
    Trees.list(list).forEach(item -> byKey.putIfAbsent(Trees.text(item, key), item));
    return byKey;
  }

  /** Whether a definition says nothing of its objects' fields, while an existing one does or has more versions. */
  static boolean wouldImpoverish(Map<String, Object> wanted, Map<String, Object> existing) {
    List<Object> versions = Trees.list(wanted, "spec", "versions");
    List<Object> found = Trees.list(existing, "spec", "versions");
    return versions.stream().noneMatch(Drift::hasSchema)
        && (found.size() > versions.size() || found.stream().anyMatch(Drift::hasSchema));
  }

  private static boolean hasSchema(@Nullable Object version) {
    return !SCHEMALESS.containsAll(Trees.map(version, "schema", SCHEMA).keySet());
  }
}
