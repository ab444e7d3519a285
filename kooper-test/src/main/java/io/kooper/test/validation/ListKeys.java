package io.kooper.test.validation;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/** Lists that are sets, or maps by some of their items' members: nothing twice, and which item was which before. */
final class ListKeys {

  private ListKeys() {}

  /** What is twice in the lists of an object. */
  static List<Problem> duplicates(SchemaNode schema, JsonNode object) {
    List<Problem> problems = new ArrayList<>();
    collect(schema, "", object, problems);
    return problems;
  }

  /** The item of another list with the same keys, null if there is none or the list is no map. */
  static @Nullable JsonNode counterpart(SchemaNode list, JsonNode item, @Nullable JsonNode others) {
    if (others == null || !list.listType.equals("map") || !item.isObject()) {
      return null;
    }
    ObjectNode key = key(list, item);
    for (JsonNode other : others) {
      if (other.isObject() && key(list, other).equals(key)) {
        return other;
      }
    }
    return null;
  }

  private static void collect(SchemaNode schema, String path, JsonNode value, List<Problem> problems) {
    if (value.isObject()) {
      value.properties().forEach(member -> {
        SchemaNode property = schema.properties.get(member.getKey());
        if (property != null) {
          collect(property, path.isEmpty() ? member.getKey() : path + "." + member.getKey(), member.getValue(),
              problems);
        }
        if (schema.additional != null) {
          collect(schema.additional, path + "[" + member.getKey() + "]", member.getValue(), problems);
        }
      });
    } else if (value.isArray()) {
      if (schema.listType.equals("set")) {
        List<JsonNode> items = value.valueStream().toList();
        twice(items).forEach(i -> problems.add(Problem.duplicate(path + "[" + i + "]", items.get(i))));
      } else if (schema.listType.equals("map")) {
        collectKeys(schema, path, value, problems);
      }
      for (int i = 0; schema.items != null && i < value.size(); i++) {
        collect(schema.items, path + "[" + i + "]", value.get(i), problems);
      }
    }
  }

  private static void collectKeys(SchemaNode schema, String path, JsonNode list, List<Problem> problems) {
    List<JsonNode> keys = new ArrayList<>();
    for (JsonNode item : list) {
      if (!item.isObject() && !item.isNull()) {
        problems.add(Problem.invalid(path + "[" + keys.size() + "]", Go.value(item),
            "must be an object for an array of list-type map"));
        return;
      }
      keys.add(key(schema, item));
    }
    twice(keys).forEach(i -> problems.add(Problem.duplicate(path + "[" + i + "]", keys.get(i))));
  }

  private static ObjectNode key(SchemaNode list, JsonNode item) {
    ObjectNode key = JsonNodeFactory.instance.objectNode();
    for (String member : list.listMapKeys) {
      JsonNode value = item.get(member);
      if (value != null) {
        key.set(member, value);
      }
    }
    return key;
  }

  /** Where each value is found for the second time. */
  private static List<Integer> twice(List<JsonNode> values) {
    Set<JsonNode> seen = new HashSet<>();
    Set<JsonNode> told = new HashSet<>();
    List<Integer> places = new ArrayList<>();
    for (int i = 0; i < values.size(); i++) {
      if (!seen.add(values.get(i)) && told.add(values.get(i))) {
        places.add(i);
      }
    }
    return places;
  }
}
