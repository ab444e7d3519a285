package io.kooper.crd;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * An existing schema with what a wanted one adds or widens: no field, no value and no object that the existing one allows
 * is lost. Where no schema allows both, as for a text and a number, the existing one stays.
 *
 * <p>A constraint of one of the two is none of the union. Where one of them keeps unknown fields, a field of the other keeps
 * them too and constrains nothing, since anything may be stored in it.
 */
final class SchemaUnion {

  static final String PRESERVE = "x-kubernetes-preserve-unknown-fields";
  private static final String EMBEDDED = "x-kubernetes-embedded-resource";
  private static final String INT_OR_STRING = "x-kubernetes-int-or-string";
  private static final String OTHERS = "additionalProperties";

  private final Map<String, Object> root;
  private int conflicts; // places where the union does not allow all that the wanted one allows

  private SchemaUnion(Map<String, Object> root) {
    this.root = root;
  }

  static Map<String, Object> of(Map<String, Object> existing, Map<String, Object> wanted) {
    return new SchemaUnion(existing).node(existing, wanted, List.of());
  }

  /** The union at one place; {@code keys} are the fields that tell the objects of a list apart, which stay required. */
  private Map<String, Object> node(Map<String, Object> existing, Map<String, Object> wanted, List<Object> keys) {
    String was = type(existing);
    String is = type(wanted);
    boolean widens = isWider(is, was) && !is.isEmpty();
    if (!was.equals(is) && !widens) {
      if (isWider(was, is) && !was.isEmpty()) {
        return keywords(existing, wanted, keys, false);
      }
      boolean any = is.isEmpty() && !Trees.map(existing, "properties").isEmpty(); // whose type stays
      conflicts += was.isEmpty() || is.isEmpty() && !any ? 0 : 1;
      return is.isEmpty() ? keywords(opened(existing), wanted, keys, false) : existing;
    }
    return keywords(existing, wanted, keys, widens);
  }

  private Map<String, Object> keywords(
      Map<String, Object> existing, Map<String, Object> wanted, List<Object> keys, boolean widens) {
    int before = conflicts;
    Map<String, Object> union = new LinkedHashMap<>();
    Set<String> names = new LinkedHashSet<>(existing.keySet());
    names.addAll(wanted.keySet());
    boolean wantedDefault = names.remove("default") && !existing.containsKey("default");
    for (String name : names) {
      Object value = keyword(name, existing, wanted, keys, widens);
      if (value != null) {
        union.put(name, value);
      }
    }
    Object standard = wantedDefault && conflicts > before ? null // the API server refuses one that the schema does not allow
        : wantedDefault ? wanted.get("default") : existing.get("default");
    return standard == null ? union : Trees.with(union, "default", standard);
  }

  private @Nullable Object keyword(
      String name, Map<String, Object> existing, Map<String, Object> wanted, List<Object> keys, boolean widens) {
    Object found = existing.get(name);
    Object value = wanted.get(name);
    return switch (name) {
      case "type", INT_OR_STRING -> widens ? value : found;
      case "description", "title", "example", "externalDocs" -> found == null ? value : found;
      case "nullable", PRESERVE -> Trees.isTrue(existing, name) || Trees.isTrue(wanted, name) ? true : null;
      case "properties" -> properties(existing, wanted);
      case OTHERS -> others(existing, wanted);
      case "items" -> found instanceof Map && value instanceof Map
          ? node(Trees.map(found), Trees.map(value), Trees.list(existing, "x-kubernetes-list-map-keys"))
          : found == null ? value : found;
      case "minimum", "minLength", "minItems", "minProperties" -> bound(found, value, -1);
      case "maximum", "maxLength", "maxItems", "maxProperties" -> bound(found, value, 1);
      case "exclusiveMinimum", "exclusiveMaximum" -> Trees.isTrue(existing, name) && Trees.isTrue(wanted, name) ? true : null;
      case "enum" -> found == null || value == null ? null : joined(Trees.list(found), Trees.list(value));
      case "required" -> required(Trees.list(found), Trees.list(value), keys);
      case "x-kubernetes-validations" -> found == null || value == null ? null : rules(found, value);
      case "anyOf" -> widens || Trees.isTrue(existing, INT_OR_STRING)
          ? found == null ? value : found // the two types spelled out
          : ofBoth(found, value);
      case "format" -> "int32".equals(found) && "int64".equals(value) || "int64".equals(found) && "int32".equals(value)
          ? "int64" : ofBoth(found, value);
      case "pattern", "multipleOf", "uniqueItems", "oneOf", "allOf", "not" -> ofBoth(found, value);
      default -> { // such as a list's type: it is not added to what is stored without
        conflicts += found == null || Drift.same(found, value) ? 0 : 1;
        yield found;
      }
    };
  }

  private @Nullable Object properties(Map<String, Object> existing, Map<String, Object> wanted) {
    Map<String, Object> properties = new LinkedHashMap<>(Trees.map(existing, "properties"));
    if (existing.get(OTHERS) != null) { // excludes named ones
      conflicts++;
      return existing.get("properties");
    }
    boolean special = existing == root || Trees.isTrue(existing, EMBEDDED); // their metadata may not be opened
    Map<String, Object> others = Trees.map(wanted, "properties");
    Set<String> names = new LinkedHashSet<>(properties.keySet());
    names.addAll(others.keySet());
    for (String name : names) {
      Map<String, Object> found = Trees.map(properties.get(name));
      Map<String, Object> value = Trees.map(others.get(name));
      boolean both = properties.containsKey(name) && others.containsKey(name);
      boolean free = Trees.isTrue(properties.containsKey(name) ? wanted : existing, PRESERVE)
          && !(special && name.equals("metadata"));
      Map<String, Object> one = properties.containsKey(name) ? found : value;
      properties.put(name, both ? node(found, value, List.of()) : free ? opened(one) : one);
    }
    return properties;
  }

  private @Nullable Object others(Map<String, Object> existing, Map<String, Object> wanted) {
    Object found = existing.get(OTHERS);
    Object value = wanted.get(OTHERS);
    if (found instanceof Map && value instanceof Map) {
      return node(Trees.map(found), Trees.map(value), List.of());
    }
    if (found instanceof Map && value == null && Trees.isTrue(wanted, PRESERVE)) {
      return opened(Trees.map(found));
    }
    if (found != null || existing.get("properties") != null) {
      conflicts += value == null || Boolean.TRUE.equals(found) ? 0 : 1;
      return found;
    }
    return Trees.isTrue(existing, PRESERVE) && value instanceof Map ? opened(Trees.map(value)) : value;
  }

  /** What can be said of a field in which anything may be stored: its parts, descriptions and defaults. */
  private static Map<String, Object> opened(Map<String, Object> schema) {
    Map<String, Object> opened = new LinkedHashMap<>(schema);
    opened.keySet().retainAll(Set.of("nullable", "default", "description", "title", "example", "externalDocs"));
    Map<String, Object> properties = new LinkedHashMap<>(Trees.map(schema, "properties"));
    if (!properties.isEmpty()) {
      properties.replaceAll((name, value) -> opened(Trees.map(value)));
      opened.put("type", "object");
      opened.put("properties", properties);
    }
    return Trees.with(opened, PRESERVE, true);
  }

  /** Whether all that a schema keeps of an object is kept by another, too. */
  static boolean keepsAll(Map<String, Object> schema, Map<String, Object> by) {
    boolean free = Trees.isTrue(by, PRESERVE);
    Object others = by.get(OTHERS);
    return (free || !Trees.isTrue(schema, PRESERVE))
        && (!(schema.get("items") instanceof Map) || free || keepsAll(Trees.map(schema, "items"), Trees.map(by, "items")))
        && (!(schema.get(OTHERS) instanceof Map) || free
            || others instanceof Map && keepsAll(Trees.map(schema, OTHERS), Trees.map(others)))
        && Trees.map(schema, "properties").entrySet().stream().allMatch(property -> {
          Object known = Objects.requireNonNullElse(Trees.map(by, "properties").get(property.getKey()), Trees.map(others));
          boolean named = Trees.map(by, "properties").containsKey(property.getKey()) || others instanceof Map;
          return named ? keepsAll(Trees.map(property.getValue()), Trees.map(known)) : free;
        });
  }

  /** The wider of two bounds, none when one is missing; {@code sign} is 1 where the larger is the wider. */
  private static @Nullable Object bound(@Nullable Object found, @Nullable Object value, int sign) {
    return !(found instanceof Number one) || !(value instanceof Number other) ? null
        : Double.compare(other.doubleValue(), one.doubleValue()) * sign > 0 ? other : one;
  }

  private static List<Object> joined(List<Object> found, List<Object> values) {
    List<Object> joined = new ArrayList<>(found);
    values.stream().filter(value -> found.stream().noneMatch(one -> Drift.same(one, value))).forEach(joined::add);
    return joined;
  }

  private @Nullable Object required(List<Object> found, List<Object> value, List<Object> keys) {
    List<Object> required = found.stream().filter(name -> value.contains(name) || keys.contains(name)).toList();
    conflicts += value.containsAll(required) ? 0 : 1;
    return required.isEmpty() ? null : required;
  }

  private static @Nullable Object rules(Object found, Object value) {
    List<String> wanted = Trees.list(value).stream().map(rule -> Trees.text(rule, "rule")).toList();
    List<Object> rules = Trees.list(found).stream().filter(rule -> wanted.contains(Trees.text(rule, "rule"))).toList();
    return rules.isEmpty() ? null : rules;
  }

  /** A constraint that cannot be compared: it stays when both have one. */
  private @Nullable Object ofBoth(@Nullable Object found, @Nullable Object value) {
    if (found == null || value == null) {
      return null;
    }
    conflicts += Drift.same(found, value) ? 0 : 1;
    return found;
  }

  private static String type(Map<String, Object> schema) {
    return Trees.isTrue(schema, INT_OR_STRING) ? INT_OR_STRING : Trees.text(schema, "type");
  }

  /** Whether a type allows more than another; an empty one allows everything. */
  private static boolean isWider(String type, String than) {
    return !type.equals(than) && switch (type) {
      case "" -> true;
      case "number" -> than.equals("integer");
      case INT_OR_STRING -> than.equals("integer") || than.equals("string");
      default -> false;
    };
  }
}
