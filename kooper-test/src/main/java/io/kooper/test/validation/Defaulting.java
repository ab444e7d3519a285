package io.kooper.test.validation;

import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Sets what an object leaves out and its schema has a default for; a null that may not be counts as left out. */
final class Defaulting {

  private Defaulting() {}

  /** Removes the nulls of members that may not be null and have no default. */
  static void dropNulls(@Nullable SchemaNode schema, JsonNode value) {
    if (schema == null) {
      return;
    }
    if (value instanceof ObjectNode object) {
      for (String name : List.copyOf(object.propertyNames())) {
        SchemaNode member = schema.member(name);
        if (member != null && member.defaultValue == null && isMissing(member, object.get(name))) {
          object.remove(name);
        } else {
          dropNulls(member, object.get(name));
        }
      }
    } else {
      value.forEach(item -> dropNulls(schema.items, item));
    }
  }

  static void complete(@Nullable SchemaNode schema, JsonNode value) {
    if (schema == null) {
      return;
    }
    if (value instanceof ObjectNode object) {
      schema.properties.forEach((name, property) -> {
        if (property.defaultValue != null && !object.has(name)) {
          object.set(name, property.defaultValue.deepCopy());
        }
      });
      for (String name : List.copyOf(object.propertyNames())) {
        SchemaNode member = schema.member(name);
        if (member != null && member.defaultValue != null && isMissing(member, object.get(name))) {
          object.set(name, member.defaultValue.deepCopy());
        }
        complete(member, object.get(name));
      }
    } else if (value instanceof ArrayNode array && schema.items != null) {
      for (int i = 0; i < array.size(); i++) {
        if (schema.items.defaultValue != null && isMissing(schema.items, array.get(i))) {
          array.set(i, schema.items.defaultValue.deepCopy());
        }
        complete(schema.items, array.get(i));
      }
    }
  }

  private static boolean isMissing(SchemaNode schema, JsonNode value) {
    return value.isNull() && !schema.nullable;
  }
}
