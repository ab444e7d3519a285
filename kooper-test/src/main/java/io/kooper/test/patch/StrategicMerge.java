package io.kooper.test.patch;

import io.kooper.test.json.Json;
import io.kooper.test.json.StatusException;
import io.kooper.test.json.Statuses;
import io.kooper.test.types.Shape;
import io.kooper.test.validation.Problem;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Kubernetes' own kind of merge patch: lists of objects are merged by a key, and directives say what else to do. */
public final class StrategicMerge {

  private static final String DIRECTIVE = "$patch";
  private static final String RETAIN_KEYS = "$retainKeys";
  private static final String DELETE = "$deleteFromPrimitiveList/";
  private static final String ORDER = "$setElementOrder/";

  private StrategicMerge() {}

  /**
   * Patches an object, which it changes.
   *
   * @throws StatusException 500, as from the API server, for an unknown directive or a part without its key
   */
  public static ObjectNode apply(ObjectNode target, ObjectNode patch, Shape shape) {
    String directive = directive(patch);
    if (!directive.equals("merge")) {
      target.removeAll();
    }
    if (directive.equals("delete")) {
      return target;
    }
    patch.forEachEntry((name, value) -> {
      if (!name.startsWith("$")) {
        member(target, name, value, patch.get(ORDER + name), shape.member(name));
      } else if (name.startsWith(DELETE)) {
        delete(target, name.substring(DELETE.length()), value);
      } else if (name.startsWith(ORDER) && !patch.has(name.substring(ORDER.length()))) {
        String list = name.substring(ORDER.length());
        member(target, list, Json.array(), value, shape.member(list));
      }
    });
    JsonNode retained = patch.path(RETAIN_KEYS);
    if (retained.isArray()) {
      target.retain(retained.valueStream().map(name -> name.asString("")).toList());
    }
    return target;
  }

  private static void member(ObjectNode target, String name, JsonNode value, @Nullable JsonNode order, Shape shape) {
    JsonNode present = target.get(name);
    if (value.isNull() || value instanceof ObjectNode object && directive(object).equals("delete")) {
      target.remove(name);
    } else if (value instanceof ObjectNode change) {
      target.set(name, apply(present instanceof ObjectNode object ? object : Json.object(), change, shape));
    } else if (value instanceof ArrayNode change && shape.isMergedByPatches()) {
      target.set(name, list(present instanceof ArrayNode array ? array : Json.array(), change, order, shape));
    } else {
      target.set(name, value);
    }
  }

  private static void delete(ObjectNode target, String list, JsonNode values) {
    if (target.get(list) instanceof ArrayNode array) {
      array.removeIf(item -> values.valueStream().anyMatch(item::equals));
    }
  }

  private static ArrayNode list(ArrayNode present, ArrayNode patch, @Nullable JsonNode order, Shape shape) {
    String name = shape.patchKey();
    UnaryOperator<JsonNode> key = name == null ? item -> item : item -> key(item, name);
    boolean replaced = patch.valueStream().anyMatch(item -> item.has(DIRECTIVE) && directive(item).equals("replace"));
    List<JsonNode> merged = new ArrayList<>(replaced ? List.of() : present.valueStream().toList());
    List<JsonNode> patched = new ArrayList<>(); // the keys, in the order of the patch
    for (JsonNode item : patch) {
      String directive = directive(item);
      if (directive.equals("replace")) {
        continue;
      }
      JsonNode itemKey = key.apply(item);
      if (directive.equals("delete")) {
        merged.removeIf(other -> key.apply(other).equals(itemKey));
        continue;
      }
      patched.add(itemKey);
      int index = merged.stream().map(key).toList().indexOf(itemKey);
      JsonNode base = index < 0 ? null : merged.get(index);
      JsonNode result = item instanceof ObjectNode change
          ? apply(base instanceof ObjectNode object ? object : Json.object(), change, shape.items())
          : item;
      if (index < 0) {
        merged.add(result);
      } else {
        merged.set(index, result);
      }
    }
    List<JsonNode> wanted = order == null ? patched : order.valueStream().map(key).toList();
    return sorted(merged, key, wanted, present.valueStream().map(key).toList());
  }

  /** The parts that the patch orders, in its order; the others stay before those that they were before. */
  private static ArrayNode sorted(
      List<JsonNode> items, UnaryOperator<JsonNode> key, List<JsonNode> wanted, List<JsonNode> before) {
    List<JsonNode> others = new ArrayList<>(items);
    List<JsonNode> ordered = new ArrayList<>(items);
    others.removeIf(item -> wanted.contains(key.apply(item)));
    ordered.removeIf(item -> !wanted.contains(key.apply(item)));
    ordered.sort(Comparator.comparingInt(item -> wanted.indexOf(key.apply(item))));
    ArrayNode sorted = Json.array();
    int next = 0;
    for (JsonNode item : ordered) {
      int place = before.indexOf(key.apply(item)); // -1 for a new one: before all that is left
      while (next < others.size() && before.indexOf(key.apply(others.get(next))) < place) {
        sorted.add(others.get(next++));
      }
      sorted.add(item);
    }
    return sorted.addAll(others.subList(next, others.size()));
  }

  private static JsonNode key(JsonNode item, String name) {
    JsonNode value = item.get(name);
    if (value == null) {
      throw failure("map: %s does not contain declared merge key: %s".formatted(Problem.plain(item), name));
    }
    return value;
  }

  private static String directive(JsonNode patch) {
    String directive = patch.path(DIRECTIVE).asString("merge");
    return switch (directive) {
      case "merge", "replace", "delete" -> directive;
      default -> throw failure("unknown patch type: %s in map: %s".formatted(directive, Problem.plain(patch)));
    };
  }

  private static StatusException failure(String why) {
    return new StatusException(Statuses.unreasoned(500, why));
  }
}
