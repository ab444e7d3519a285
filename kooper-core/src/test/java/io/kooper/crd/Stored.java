package io.kooper.crd;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What an API server does to a stored object by a structural schema: it drops unknown fields and checks values. */
final class Stored {

  private Stored() {}

  /** The object without what the schema does not know. */
  static @Nullable Object pruned(Map<String, Object> schema, @Nullable Object value) {
    if (value instanceof List && schema.get("items") == null && Boolean.TRUE.equals(schema.get(SchemaUnion.PRESERVE))) {
      return value;
    }
    if (value instanceof List<?> list) {
      return new ArrayList<>(list.stream().map(item -> pruned(Trees.map(schema, "items"), item)).toList());
    }
    if (!(value instanceof Map)) {
      return value;
    }
    Map<String, @Nullable Object> pruned = new LinkedHashMap<>();
    Trees.map(value).forEach((name, of) -> {
      Object property = Trees.at(schema, "properties", name);
      Object others = schema.get("additionalProperties");
      if (property != null || others instanceof Map) {
        pruned.put(name, pruned(Trees.map(property != null ? property : others), of));
      } else if (Boolean.TRUE.equals(others) || Boolean.TRUE.equals(schema.get(SchemaUnion.PRESERVE))) {
        pruned.put(name, of);
      }
    });
    return pruned;
  }

  /** Whether the schema allows the value, as far as the tests use keywords. */
  static boolean allows(Map<String, Object> schema, @Nullable Object value) {
    if (value == null) {
      return Boolean.TRUE.equals(schema.get("nullable"));
    }
    boolean type = isOfType(schema, value);
    List<Object> values = Trees.list(schema, "enum");
    return type && (schema.get("enum") == null || values.stream().anyMatch(one -> Drift.same(one, value)))
        && (!(value instanceof Number n) || within(schema, n.doubleValue(), "minimum", "maximum"))
        && (!(value instanceof String s) || within(schema, s.length(), "minLength", "maxLength")
            && (schema.get("pattern") == null || s.matches(Trees.text(schema, "pattern"))))
        && (!(value instanceof List<?> l) || within(schema, l.size(), "minItems", "maxItems")
            && l.stream().allMatch(item -> allows(Trees.map(schema, "items"), item)))
        && (!(value instanceof Map) || allowsFields(schema, Trees.map(value)));
  }

  private static boolean isOfType(Map<String, Object> schema, Object value) {
    if (Boolean.TRUE.equals(schema.get("x-kubernetes-int-or-string"))) {
      return value instanceof Integer || value instanceof String;
    }
    return switch (Trees.text(schema, "type")) {
      case "" -> true;
      case "string" -> value instanceof String;
      case "integer" -> value instanceof Integer;
      case "number" -> value instanceof Number;
      case "boolean" -> value instanceof Boolean;
      case "array" -> value instanceof List;
      default -> value instanceof Map;
    };
  }

  private static boolean within(Map<String, Object> schema, double value, String least, String most) {
    Object min = schema.get(least);
    Object max = schema.get(most);
    boolean above = !(min instanceof Number n) || value > n.doubleValue()
        || value == n.doubleValue() && !Boolean.TRUE.equals(schema.get("exclusiveMinimum"));
    boolean below = !(max instanceof Number n) || value < n.doubleValue()
        || value == n.doubleValue() && !Boolean.TRUE.equals(schema.get("exclusiveMaximum"));
    return above && below;
  }

  private static boolean allowsFields(Map<String, Object> schema, Map<String, Object> object) {
    boolean rules = Trees.list(schema, "x-kubernetes-validations").stream()
        .allMatch(rule -> object.containsKey(Trees.text(rule, "rule").replaceAll("has\\(self\\.(.*)\\)", "$1")));
    return rules && object.keySet().containsAll(Trees.list(schema, "required"))
        && object.entrySet().stream().allMatch(field -> {
          Object property = Trees.at(schema, "properties", field.getKey());
          Object of = property != null ? property : schema.get("additionalProperties");
          return of instanceof Map ? allows(Trees.map(of), field.getValue()) : true;
        });
  }
}
