package io.kooper.crd;

import io.fabric8.kubernetes.client.utils.KubernetesVersionPriority;
import java.util.ArrayList;
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

  private static final String VERSIONS = ".spec.versions";
  private static final int VALUE_LENGTH = 60;

  /** One difference, where, and whether it matters to objects. */
  record Difference(String path, String words) {

    boolean matters() {
      return !WORDS.matcher(path).matches();
    }
  }

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

  /** What is otherwise in the first than in the second; what matters to objects comes first. */
  static List<Difference> between(Map<String, Object> existing, Map<String, Object> target) {
    List<Difference> differences = new ArrayList<>();
    compare("", target, existing, differences);
    List<Difference> sorted = new ArrayList<>(differences.stream().filter(Difference::matters).toList());
    differences.stream().filter(difference -> !difference.matters()).forEach(sorted::add);
    return sorted;
  }

  private static void compare(
      String path, @Nullable Object target, @Nullable Object existing, List<Difference> differences) {
    if (target instanceof Map && existing instanceof Map) {
      Set<String> keys = new LinkedHashSet<>(Trees.map(target).keySet());
      keys.addAll(Trees.map(existing).keySet());
      for (String key : keys) {
        compare(path + "." + key, Trees.map(target).get(key), Trees.map(existing).get(key), differences);
      }
    } else if (path.equals(VERSIONS)) {
      Map<String, Object> wanted = byKey("name", target);
      Map<String, Object> found = byKey("name", existing);
      Set<String> names = new LinkedHashSet<>(wanted.keySet());
      names.addAll(found.keySet());
      names.forEach(name -> compare(path + "[" + name + "]", wanted.get(name), found.get(name), differences));
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

  /** The existing definition, with its version, made as wanted; a version in which objects are stored stays. */
  static Map<String, Object> replaced(Map<String, Object> wanted, Map<String, Object> existing) {
    Map<String, Object> spec = joined(Trees.map(existing, "spec"), Trees.map(wanted, "spec"), (found, value) -> value);
    Map<String, Object> names = new LinkedHashMap<>(Trees.map(wanted, "spec", "names"));
    for (String filledIn : List.of("singular", "listKind")) {
      Object value = Trees.at(existing, "spec", "names", filledIn);
      if (value != null) {
        names.putIfAbsent(filledIn, value);
      }
    }
    spec.put("names", names);
    Object conversion = Trees.at(existing, "spec", "conversion");
    if (conversion != null
        && Objects.equals(Trees.at(conversion, "strategy"), Trees.at(wanted, "spec", "conversion", "strategy"))) {
      spec.put("conversion", overlaid(conversion, Trees.at(wanted, "spec", "conversion"))); // with an injected authority
    }
    Map<String, Object> versions = byKey("name", Trees.at(wanted, "spec", "versions"));
    List<Object> stored = Trees.list(existing, "status", "storedVersions");
    byKey("name", Trees.at(existing, "spec", "versions")).forEach((name, version) -> {
      if (stored.contains(name)) {
        versions.putIfAbsent(name, with(version, "storage", false));
      }
    });
    spec.put("versions", List.copyOf(versions.values()));
    return whole(existing, overlaid(Trees.at(existing, "metadata"), Trees.at(authored(wanted), "metadata")), spec);
  }

  /**
   * The existing definition, with its version, and what the wanted one adds or widens. Applied to its own result, and to
   * that of another definition after it, it changes nothing: so releases that differ come to an end.
   */
  static Map<String, Object> widened(Map<String, Object> wanted, Map<String, Object> existing) {
    Map<String, Object> found = Trees.map(existing, "spec");
    Map<String, Object> spec = new LinkedHashMap<>(found);
    spec.put("names", joined(Trees.map(found, "names"), Trees.map(wanted, "spec", "names"), Drift::union));
    Object conversion = Trees.at(wanted, "spec", "conversion");
    if (conversion != null && !Trees.text(found, "conversion", "strategy").equals("Webhook")) {
      spec.put("conversion", conversion);
    }
    Map<String, Object> versions = byKey("name", found.get("versions"));
    byKey("name", Trees.at(wanted, "spec", "versions"))
        .forEach((name, version) -> versions.merge(name, version, Drift::widenVersion));
    spec.put("versions", List.copyOf(versions.values()));
    String storage = storage(wanted, existing, spec);
    versions.replaceAll((name, version) -> with(version, "storage", name.equals(storage)));
    spec.put("versions", List.copyOf(versions.values()));
    Map<String, Object> metadata = Trees.map(filled(existing.get("metadata"), Trees.map(authored(wanted), "metadata")));
    return whole(existing, metadata, spec);
  }

  /** It only moves to a version of higher priority, and to one that keeps all that is stored unless a webhook converts it. */
  private static String storage(Map<String, Object> wanted, Map<String, Object> existing, Map<String, Object> spec) {
    Map<String, Object> versions = byKey("name", spec.get("versions"));
    String from = Trees.text(storage(existing), "name");
    String to = Trees.text(storage(wanted), "name");
    boolean loses = !Trees.text(spec, "conversion", "strategy").equals("Webhook")
        && !SchemaUnion.keepsAll(Trees.map(versions.get(from), "schema", SCHEMA), Trees.map(versions.get(to), "schema", SCHEMA));
    boolean impoverishes = hasSchema(storage(existing)) && !hasSchema(storage(wanted));
    return loses || impoverishes ? from : KubernetesVersionPriority.highestPriority(List.of(from, to));
  }

  private static @Nullable Object storage(Map<String, Object> definition) {
    return Trees.list(definition, "spec", "versions").stream()
        .filter(version -> Boolean.TRUE.equals(Trees.at(version, "storage"))).findFirst().orElse(null);
  }

  private static Object widenVersion(Object existing, Object wanted) {
    Map<String, Object> merged = joined(Trees.map(existing), Trees.map(wanted), Drift::filled);
    merged.put("served", Boolean.TRUE.equals(Trees.at(existing, "served")) || Boolean.TRUE.equals(Trees.at(wanted, "served")));
    for (String[] list : new String[][] {{"additionalPrinterColumns", "name"}, {"selectableFields", "jsonPath"}}) {
      Map<String, Object> both = byKey(list[1], Trees.at(existing, list[0]));
      byKey(list[1], Trees.at(wanted, list[0])).forEach(both::putIfAbsent);
      merged.put(list[0], List.copyOf(both.values()));
    }
    Map<String, Object> schema = Trees.map(existing, "schema", SCHEMA);
    if (hasSchema(wanted) || !hasSchema(existing)) {
      schema = SchemaUnion.of(schema, Trees.map(wanted, "schema", SCHEMA));
    }
    merged.put("schema", with(Trees.map(existing, "schema"), SCHEMA, schema));
    return merged;
  }

  private static Map<String, Object> whole(Map<String, Object> existing, Object metadata, Object spec) {
    return Trees.map(with(with(existing, "metadata", metadata), "spec", spec));
  }

  private static Object with(Object map, String key, Object value) {
    Map<String, Object> changed = new LinkedHashMap<>(Trees.map(map));
    changed.put(key, value);
    return changed;
  }

  private static Map<String, Object> joined(
      Map<String, Object> existing, Map<String, Object> wanted, BinaryOperator<Object> both) {
    Map<String, Object> joined = new LinkedHashMap<>(existing);
    wanted.forEach((key, value) -> joined.merge(key, value, both));
    return joined;
  }

  /** By key, the second one's values count. */
  private static Object overlaid(@Nullable Object existing, @Nullable Object wanted) {
    return wanted instanceof Map && existing instanceof Map
        ? joined(Trees.map(existing), Trees.map(wanted), Drift::overlaid)
        : wanted != null ? wanted : existing != null ? existing : Map.of();
  }

  /** By key, the first one's values count. */
  private static Object filled(@Nullable Object existing, Object wanted) {
    return existing instanceof Map && wanted instanceof Map
        ? joined(Trees.map(existing), Trees.map(wanted), Drift::filled)
        : Objects.requireNonNullElse(existing, wanted);
  }

  private static Object union(Object existing, Object wanted) {
    if (!(existing instanceof List && wanted instanceof List)) {
      return existing;
    }
    Set<Object> both = new LinkedHashSet<>(Trees.list(existing));
    both.addAll(Trees.list(wanted));
    return List.copyOf(both);
  }

  private static Map<String, Object> byKey(String key, @Nullable Object list) {
    Map<String, Object> byKey = new LinkedHashMap<>();
    Trees.list(list).forEach(item -> byKey.putIfAbsent(Trees.text(item, key), item));
    return byKey;
  }

  /** What the API server refuses to change in an established definition, as far as the two differ in it. */
  static List<Difference> immutable(Map<String, Object> wanted, Map<String, Object> existing) {
    List<Difference> differences = new ArrayList<>();
    for (String[] path : new String[][] {{"spec", "scope"}, {"spec", "names", "kind"}}) {
      compare("." + String.join(".", path), Trees.at(wanted, path), Trees.at(existing, path), differences);
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

  private static boolean hasSchema(@Nullable Object version) {
    return !SCHEMALESS.containsAll(Trees.map(version, "schema", SCHEMA).keySet());
  }
}
