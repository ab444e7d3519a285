package io.kooper.test.validation;

import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * Compares a value with its schema, in the order, with the words and with the quirks of the API server. What an update
 * leaves as it was is never refused.
 */
final class SchemaWalk {

  private SchemaWalk() {}

  /** @param old the value before, null if there was none or it cannot be told which it was */
  static Findings walk(SchemaNode schema, String path, JsonNode value, @Nullable JsonNode old) {
    Findings findings = new Findings();
    if (value.equals(old)) {
      return findings;
    }
    if (value.isNull()) {
      type(schema, path, value, findings);
      enumeration(schema, path, value, findings);
      return findings;
    }
    if (!schema.types.isEmpty() || !schema.format.isEmpty()) {
      type(schema, path, value, findings);
      findings.match();
    }
    combinations(schema, path, value, old, findings);
    findings.match();
    if (value.isString()) {
      text(schema, path, value.stringValue(), findings);
      findings.match();
      if (!schema.format.isEmpty()) {
        if (Formats.isViolated(schema.format, value.stringValue())) {
          wrongType(path, schema.format, Go.quote(value.stringValue()), findings);
        }
        findings.match();
      }
    }
    if (value.isNumber()) {
      Numbers.check(schema, path, value, findings);
      findings.match();
      findings.match();
    }
    if (value.isArray()) {
      list(schema, path, value, old, findings);
      findings.match();
    }
    enumeration(schema, path, value, findings);
    findings.match();
    if (value.isObject()) {
      object(schema, path, value, old, findings);
      findings.match();
    }
    findings.match();
    return findings;
  }

  private static void type(SchemaNode schema, String path, JsonNode value, Findings findings) {
    List<String> types = schema.types;
    String wanted = String.join(",", types);
    if (value.isNull()) {
      if (types.isEmpty() || types.contains("null") || schema.nullable) {
        findings.match();
      } else {
        wrongType(path, wanted, "\"null\"", findings);
      }
      return;
    }
    String actual = value.isString() ? "string" : value.isBoolean() ? "boolean" : value.isArray() ? "array"
        : value.isObject() ? "object" : Go.isInteger(value) ? "integer" : "number";
    boolean whole = actual.equals("number") && types.contains("integer") && Numbers.isWhole(value.doubleValue());
    boolean widened = actual.equals("integer") && types.contains("number");
    boolean fits = types.contains(actual) || whole || widened;
    boolean textual = value.isString() || value.isArray();
    if (!textual && !schema.format.isEmpty() && !fits) {
      wrongType(path, schema.format, Go.quote(!value.isNumber() ? "" : Go.isInteger(value) ? "int64" : "float64"),
          findings);
    } else if (!fits && !(textual && !schema.format.isEmpty() && !types.contains("number")
        && !types.contains("integer"))) {
      wrongType(path, wanted, Go.quote(actual), findings);
    } else {
      findings.match();
    }
  }

  private static void wrongType(String path, String wanted, String quoted, Findings findings) {
    findings.add("FieldValueTypeInvalid", path, "Invalid value", quoted,
        "%s in body must be of type %s: %s".formatted(path, wanted, quoted));
  }

  private static void enumeration(SchemaNode schema, String path, JsonNode value, Findings findings) {
    if (schema.enumeration.isEmpty() || schema.enumeration.stream().anyMatch(one -> isSame(one, value))) {
      return;
    }
    List<String> values = schema.enumeration.stream()
        .map(one -> Go.quote(one.isString() ? one.stringValue() : Go.json(one))).toList();
    findings.addShort("FieldValueNotSupported", path, path + " in body should be one of " + values,
        Problem.body("Unsupported value", Go.value(value), "supported values: " + String.join(", ", values)));
  }

  private static boolean isSame(JsonNode one, JsonNode other) {
    return one.equals(other)
        || one.isNumber() && other.isNumber() && Double.compare(one.doubleValue(), other.doubleValue()) == 0;
  }

  private static void text(SchemaNode schema, String path, String text, Findings findings) {
    long length = text.codePointCount(0, text.length());
    String value = Go.quote(text);
    if (schema.maxLength != null && length > schema.maxLength) {
      findings.addShort("FieldValueTooLong", path,
          "%s in body should be at most %d chars long".formatted(path, schema.maxLength),
          "Too long: may not be more than %d byte%s".formatted(schema.maxLength, schema.maxLength == 1 ? "" : "s"));
    } else if (schema.minLength != null && length < schema.minLength) {
      invalid(path, value, "%s in body should be at least %d chars long".formatted(path, schema.minLength), findings);
    } else if (schema.compiledPattern != null && !schema.compiledPattern.matcher(text).find()) {
      invalid(path, value, "%s in body should match '%s'".formatted(path, schema.pattern), findings);
    }
  }

  private static void list(SchemaNode schema, String path, JsonNode list, @Nullable JsonNode old, Findings findings) {
    int size = list.size();
    if (schema.items != null) {
      for (int i = 0; i < size; i++) {
        JsonNode item = list.get(i);
        findings.merge(walk(schema.items, path + "[" + i + "]", item, ListKeys.counterpart(schema, item, old)));
      }
    }
    if (schema.minItems != null && size < schema.minItems) {
      invalid(path, Integer.toString(size),
          "%s in body should have at least %d items".formatted(path, schema.minItems), findings);
    }
    if (schema.maxItems != null && size > schema.maxItems) {
      tooMany(path, size, schema.maxItems, "items", findings);
    }
    if (schema.uniqueItems) {
      Set<JsonNode> seen = new HashSet<>();
      if (!list.valueStream().allMatch(seen::add)) {
        invalid(path, "\"\"", "%s in body shouldn't contain duplicates".formatted(path), findings);
      }
    }
    findings.match();
  }

  private static void object(
      SchemaNode schema, String path, JsonNode object, @Nullable JsonNode old, Findings findings) {
    int size = object.size();
    if (schema.minProperties != null && size < schema.minProperties) {
      invalid(path, Integer.toString(size),
          "%s in body should have at least %d properties".formatted(path, schema.minProperties), findings);
    }
    if (schema.maxProperties != null && size > schema.maxProperties) {
      tooMany(path, size, schema.maxProperties, "properties", findings);
    }
    for (Map.Entry<String, JsonNode> member : object.properties()) {
      String name = member.getKey();
      if (!schema.properties.containsKey(name)) {
        if (schema.additionalForbidden) {
          invalid(path, Go.quote(name), "%s.%s in body is a forbidden property".formatted(path, name), findings);
        } else if (schema.additional != null) {
          findings.merge(walk(schema.additional, path + "." + name, member.getValue(), before(old, name)));
        }
      }
    }
    schema.properties.forEach((name, property) -> {
      JsonNode value = object.get(name);
      if (value != null) {
        findings.merge(walk(property, path.isEmpty() ? name : path + "." + name, value, before(old, name)));
      }
    });
    for (String name : schema.required) {
      if (!object.has(name)) {
        String field = path + "." + name;
        findings.addShort("FieldValueRequired", field, field + " in body is required", "Required value");
      }
    }
  }

  private static void combinations(
      SchemaNode schema, String path, JsonNode value, @Nullable JsonNode old, Findings findings) {
    if (!schema.anyOf.isEmpty()) {
      Findings best = null;
      for (SchemaNode alternative : schema.anyOf) {
        Findings result = walk(alternative, path, value, old);
        if (result.isEmpty()) {
          best = result;
          break;
        }
        best = best == null || result.matches() > best.matches() ? result : best;
      }
      if (best != null && !best.isEmpty()) {
        findings.addWithoutPath("%s must validate at least one schema (anyOf)".formatted(Go.quote(path)));
      }
      if (best != null) {
        findings.merge(best);
      }
    }
    if (!schema.oneOf.isEmpty()) {
      exactlyOne(schema, path, value, old, findings);
    }
    if (!schema.allOf.isEmpty()) {
      int valid = 0;
      for (SchemaNode part : schema.allOf) {
        Findings result = walk(part, path, value, old);
        valid += result.isEmpty() ? 1 : 0;
        findings.merge(result);
      }
      if (valid != schema.allOf.size()) {
        findings.addWithoutPath("%s must validate all the schemas (allOf)%s".formatted(Go.quote(path),
            valid == 0 ? ". None validated" : ""));
      }
    }
    if (schema.not != null && walk(schema.not, path, value, old).isEmpty()) {
      findings.addWithoutPath("%s must not validate the schema (not)".formatted(Go.quote(path)));
    }
    findings.match();
  }

  private static void exactlyOne(
      SchemaNode schema, String path, JsonNode value, @Nullable JsonNode old, Findings findings) {
    int valid = 0;
    Findings first = null;
    Findings best = null;
    for (SchemaNode alternative : schema.oneOf) {
      Findings result = walk(alternative, path, value, old);
      if (result.isEmpty()) {
        valid++;
        first = first == null ? result : first;
      } else if (valid == 0 && (best == null || result.matches() > best.matches())) {
        best = result;
      }
    }
    if (valid == 1 && first != null) {
      findings.merge(first);
      return;
    }
    findings.addWithoutPath("%s must validate one and only one schema (oneOf). %s".formatted(Go.quote(path),
        valid == 0 ? "Found none valid" : "Found " + valid + " valid alternatives"));
    if (valid == 0 && best != null) {
      findings.merge(best);
    }
  }

  private static @Nullable JsonNode before(@Nullable JsonNode old, String name) {
    return old == null ? null : old.get(name);
  }

  private static void tooMany(String path, int size, long most, String what, Findings findings) {
    findings.addShort("FieldValueTooMany", path, "%s in body should have at most %d %s".formatted(path, most, what),
        "Too many: %d: must have at most %d item%s".formatted(size, most, most == 1 ? "" : "s"));
  }

  static void invalid(String path, String value, String detail, Findings findings) {
    findings.add("FieldValueInvalid", path, "Invalid value", value, detail);
  }
}
