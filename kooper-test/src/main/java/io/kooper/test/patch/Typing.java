package io.kooper.test.patch;

import io.kooper.test.types.Shape;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** Whether an object can be merged: its values are of their types, and what tells the parts of lists apart is there, once. */
final class Typing {

  private final List<String> problems = new ArrayList<>();

  private Typing() {}

  /** What is wrong with an object, in the words of the API server; null if nothing is. */
  static @Nullable String problem(JsonNode object, Shape shape) {
    Typing typing = new Typing();
    typing.check(object, shape, "");
    return switch (typing.problems.size()) {
      case 0 -> null;
      case 1 -> typing.problems.get(0);
      default -> "errors:\n  " + String.join("\n  ", typing.problems);
    };
  }

  private void check(JsonNode value, Shape shape, String path) {
    if (!shape.type().fits(value)) {
      problems.add(path + ": " + shape.type().mismatch(value));
    } else if (value.isObject()) {
      value.properties().forEach(member -> member(member.getKey(), member.getValue(), shape, path));
    } else if (value.isArray()) {
      parts(value, shape, path);
    }
  }

  private void member(String name, JsonNode value, Shape object, String path) {
    if (object.isClosed() && !object.isField(name)) {
      problems.add(path + "." + name + ": field not declared in schema");
    } else {
      check(value, object.member(name), path + "." + name);
    }
  }

  private void parts(JsonNode list, Shape shape, String path) {
    Set<String> keys = new HashSet<>();
    int index = 0;
    for (JsonNode part : list) {
      String key = "[" + index + "]";
      if (Fields.isMerged(shape)) {
        String wrong = nameless(part, shape);
        if (wrong != null) {
          problems.add(path + ": element " + index + ": " + wrong);
          return; // which of the others are the same cannot be told
        }
        key = Fields.key(part, shape);
        if (!keys.add(key)) {
          problems.add(path + ": duplicate entries for key " + key);
        }
      }
      check(part, shape.items(), path + key);
      index++;
    }
  }

  /** Why nothing tells a part of a list from the others, null if something does. */
  private static @Nullable String nameless(JsonNode part, Shape list) {
    if (list.isSet()) {
      return part.isObject() ? "associative list without keys has an element that's a map type"
          : part.isArray() ? "not supported: associative list with lists as elements"
          : part.isNull() ? "associative list without keys has an element that's an explicit null" : null;
    }
    if (!part.isObject()) {
      return "associative list with keys may not have " + (part.isNull() ? "a null element" : "non-map elements");
    }
    return !Fields.key(part, list).equals("[]") ? null
        : list.keys().stream().map(key -> '"' + key + '"').collect(Collectors.joining(" ",
            "associative list with keys has an element that omits all key fields [",
            "] (and doesn't have default values for any key fields)"));
  }
}
