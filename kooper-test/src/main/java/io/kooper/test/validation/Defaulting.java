package io.kooper.test.validation;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.NullNode;
import tools.jackson.databind.node.ObjectNode;

/** Sets what an object leaves out and its schema has a default for; a null that may not be counts as left out. */
final class Defaulting {

  private Defaulting() {}

  static void complete(@Nullable SchemaNode schema, JsonNode value) {
    if (schema == null) {
      return;
    }
    if (value instanceof ObjectNode object) {
      dropNulls(schema, object);
      schema.properties.forEach((name, property) -> {
        if (property.defaultValue != null && isLeftOut(property, object.get(name))) {
          object.set(name, property.defaultValue.deepCopy());
        }
      });
      for (Map.Entry<String, JsonNode> member : object.properties()) {
        complete(schema.member(member.getKey()), member.getValue());
      }
    } else if (value instanceof ArrayNode array && schema.items != null) {
      for (int i = 0; i < array.size(); i++) {
        if (isLeftOut(schema.items, array.get(i))) {
          JsonNode missing = schema.items.defaultValue;
          array.set(i, missing == null ? NullNode.getInstance() : missing.deepCopy());
        }
        complete(schema.items, array.get(i));
      }
    }
  }

  private static void dropNulls(SchemaNode schema, ObjectNode object) {
    List<String> nulls = object.properties().stream().filter(member -> member.getValue().isNull())
        .map(Map.Entry::getKey).toList();
    for (String name : nulls) {
      SchemaNode member = schema.member(name);
      if (member != null && !member.nullable) {
        if (member.defaultValue == null) {
          object.remove(name);
        } else {
          object.set(name, member.defaultValue.deepCopy());
        }
      }
    }
  }

  private static boolean isLeftOut(SchemaNode schema, @Nullable JsonNode value) {
    return value == null || value.isNull() && !schema.nullable;
  }
}
