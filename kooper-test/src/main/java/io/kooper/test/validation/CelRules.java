package io.kooper.test.validation;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.projectnessie.cel.relocated.com.google.api.expr.v1alpha1.Type;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.StringNode;

/** The rules in CEL of a place and of the places below it, compiled. */
final class CelRules {

  /** A rule that does not compile. */
  record Broken(String place, CelRule rule, String why) {

    /** Whether the API server cannot compile it either, as far as that can be told. */
    boolean isWrong() {
      return isWrong(rule.text(), why);
    }

    static boolean isWrong(String rule, String why) {
      return why.startsWith("cel expression must") || why.startsWith("messageExpression must")
          || why.startsWith("compilation failed: ") && why.lines().filter(line -> line.contains("ERROR: <input>"))
              .allMatch(line -> isWrongThere(rule, line));
    }

    /** What is undeclared may be a function that only the API server has; so may be an overload, but of an operator. */
    private static boolean isWrongThere(String rule, String line) {
      return line.contains(": undefined field ") || line.contains(": found no matching overload for '_")
          || line.contains(": Syntax error: ") && !rule.contains("?")
          || line.contains(": undeclared reference to '") && !rule.contains("(");
    }

    /** What the API server says of it. */
    Problem problem(String path) {
      JsonNode given = rule.definition();
      String shown = "{\"Rule\":%s,\"Message\":%s,\"MessageExpression\":%s,\"Reason\":%s,\"FieldPath\":%s,".formatted(
          text(given, "rule"), text(given, "message"), text(given, "messageExpression"),
          given.has("reason") ? text(given, "reason") : "null", text(given, "fieldPath"))
          + "\"OptionalOldSelf\":" + (given.has("optionalOldSelf") ? given.get("optionalOldSelf") : "null") + "}";
      return Problem.invalid(path + place + (why.startsWith("messageExpression") ? ".messageExpression" : ".rule"), shown,
          why);
    }

    private static String text(JsonNode rule, String member) {
      return Go.json(StringNode.valueOf(rule.path(member).asString("")));
    }
  }

  /** No rule can say it: a name such as self.spec would be taken for a type. */
  private static final String ROOT_TYPE = "@object";

  private final SchemaNode schema;
  private final boolean resource;
  private final List<CelRule> rules = new ArrayList<>();
  private final Map<String, CelRules> properties = new LinkedHashMap<>();
  private @Nullable CelRules additional;
  private @Nullable CelRules items;

  private CelRules(SchemaNode schema, boolean resource) {
    this.schema = schema;
    this.resource = resource;
  }

  /** Compiles the rules of a resource; null if it has none. */
  static @Nullable CelRules compile(SchemaNode root, List<Broken> broken) {
    return hasRules(root) ? compile(root, true, ROOT_TYPE, "", new CelTypes(), broken) : null;
  }

  private static @Nullable CelRules compile(SchemaNode schema, boolean resource, String type, String place,
      CelTypes types, List<Broken> broken) {
    CelRules compiled = new CelRules(schema, resource);
    if (!schema.rules.isEmpty()) {
      Type self = types.declare(schema, type, resource);
      int index = 0;
      for (JsonNode definition : schema.rules) {
        CelRule rule = CelRule.compile(types, self == null ? CelTypes.NONE : self, definition);
        String why = rule.error();
        if (why == null) {
          compiled.rules.add(rule);
        } else {
          broken.add(new Broken(place + ".x-kubernetes-validations[" + index + "]", rule, why));
        }
        index++;
      }
    }
    schema.properties.forEach((name, property) -> {
      CelRules child = compile(property, property.embedded, type + "." + CelNames.escape(name),
          place + ".properties[" + name + "]", types, broken);
      if (child != null) {
        compiled.properties.put(name, child);
      }
    });
    if (schema.additional != null) {
      compiled.additional = compile(schema.additional, schema.additional.embedded, type + ".@values",
          place + ".additionalProperties", types, broken);
    }
    if (schema.items != null) {
      compiled.items =
          compile(schema.items, schema.items.embedded, type + ".@items", place + ".items", types, broken);
    }
    return compiled.isEmpty() ? null : compiled;
  }

  /**
   * @param path of the value, empty for the object itself
   * @param old what it was, null if that is not known
   */
  List<Problem> check(String path, JsonNode value, @Nullable JsonNode old) {
    List<Problem> problems = new ArrayList<>();
    check(path, value, old, false, problems);
    return problems;
  }

  private void check(
      String path, JsonNode value, @Nullable JsonNode old, boolean parentUnchanged, List<Problem> problems) {
    if (value.isNull()) {
      return;
    }
    boolean unchanged = old == null ? parentUnchanged : value.equals(old);
    checkHere(path, value, old, unchanged, problems);
    if (value.isArray()) {
      for (int i = 0; items != null && i < value.size(); i++) {
        JsonNode item = value.get(i);
        items.check(path + "[" + i + "]", item, ListKeys.counterpart(schema, item, old), unchanged, problems);
      }
    } else if (value.isObject()) {
      for (Map.Entry<String, JsonNode> member : value.properties()) {
        String name = member.getKey();
        JsonNode before = old == null ? null : old.get(name);
        if (additional != null) {
          additional.check(path + "[" + name + "]", member.getValue(), before, unchanged, problems);
        }
        CelRules property = properties.get(name);
        if (property != null) {
          property.check(path.isEmpty() ? name : path + "." + name, member.getValue(), before, unchanged, problems);
        }
      }
    }
  }

  private void checkHere(
      String path, JsonNode value, @Nullable JsonNode old, boolean unchanged, List<Problem> problems) {
    if (rules.isEmpty()) {
      return;
    }
    Object self = CelValues.of(schema, value, resource);
    boolean comparing = old != null && !old.isNull() && rules.stream().anyMatch(CelRule::usesOld);
    Object before = comparing && old != null ? CelValues.of(schema, old, resource) : null;
    for (CelRule rule : rules) {
      if (unchanged && !rule.usesOld()) {
        continue; // it may have been wrong before; as that has not changed, it is let through
      }
      CelRule.Violation violation = rule.check(self, before);
      if (violation != null) {
        problems.add(problem(path, value, rule, violation));
      }
    }
  }

  private Problem problem(String path, JsonNode value, CelRule rule, CelRule.Violation violation) {
    if (violation.failed()) {
      return Problem.invalid(path.isEmpty() ? Problem.NO_FIELD : path, Go.quote(schema.type), violation.detail());
    }
    String below = FieldPaths.normal(rule.definition().path("fieldPath").asString(""), schema);
    String whole = path.isEmpty() || below.isEmpty() ? path + below : path + "." + below;
    String field = whole.isEmpty() ? Problem.NO_FIELD : whole;
    boolean compound = schema.type.equals("object") || schema.type.equals("array");
    return switch (rule.definition().path("reason").asString("")) {
      case "FieldValueForbidden" -> Problem.forbidden(field, violation.detail());
      case "FieldValueRequired" -> Problem.required(field, violation.detail());
      case "FieldValueDuplicate" -> new Problem("FieldValueDuplicate", field,
          Problem.body("Duplicate value", compound ? null : Go.value(value), ""));
      default -> Problem.invalid(field, compound ? null : Go.value(value), violation.detail());
    };
  }

  private boolean isEmpty() {
    return rules.isEmpty() && properties.isEmpty() && additional == null && items == null;
  }

  private static boolean hasRules(@Nullable SchemaNode schema) {
    return schema != null && (!schema.rules.isEmpty() || hasRules(schema.items) || hasRules(schema.additional)
        || schema.properties.values().stream().anyMatch(CelRules::hasRules));
  }
}
