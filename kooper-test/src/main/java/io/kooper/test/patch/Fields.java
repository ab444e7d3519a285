package io.kooper.test.patch;

import io.kooper.test.json.Json;
import io.kooper.test.types.Shape;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.MissingNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * The fields of an object that managers own: every scalar, every object and list that is replaced as a whole, and, without a
 * value, every one that is merged. A path is the names of its parts in {@code FieldsV1}, one a line: {@code f:spec},
 * {@code f:containers}, {@code k:{"name":"web"}}.
 */
public final class Fields {

  /** The value of what is merged: that it is there. */
  private static final JsonNode MERGED = MissingNode.getInstance();

  /** What the server itself says of an object: nobody owns it. */
  private static final Set<String> SYSTEM = Stream.concat(Stream.of("f:apiVersion", "f:kind", "f:metadata"),
      Stream.of("name", "namespace", "uid", "creationTimestamp", "resourceVersion", "generation", "managedFields", "selfLink",
          "deletionTimestamp", "deletionGracePeriodSeconds").map(name -> "f:metadata\nf:" + name)).collect(Collectors.toSet());

  private Fields() {}

  /** The fields of an object, by path. */
  public static Map<String, JsonNode> of(ObjectNode object, Shape shape) {
    Map<String, JsonNode> fields = new LinkedHashMap<>();
    object.forEachEntry((name, value) -> collect(value, shape.member(name), "f:" + name, fields));
    SYSTEM.forEach(fields::remove);
    return fields;
  }

  private static void collect(JsonNode node, Shape shape, String path, Map<String, JsonNode> fields) {
    if (node instanceof ObjectNode object && !shape.isAtomic()) {
      fields.put(path, MERGED);
      object.forEachEntry((name, value) -> collect(value, shape.member(name), path + "\nf:" + name, fields));
    } else if (node instanceof ArrayNode array && isMerged(shape)) {
      fields.put(path, MERGED);
      array.forEach(item -> collect(item, shape.items(), path + "\n" + element(item, shape), fields));
    } else {
      fields.put(path, node);
    }
  }

  /** The fields of a new object: without the structs that every object of its kind has. */
  public static Set<String> created(ObjectNode object, Shape shape) {
    Set<String> fields = new HashSet<>(of(object, shape).keySet());
    removeStructs(object, shape, "", fields);
    return fields;
  }

  private static void removeStructs(ObjectNode object, Shape shape, String path, Set<String> fields) {
    object.forEachEntry((name, value) -> {
      boolean merged = isMerged(value, shape.member(name));
      if (shape.isAlwaysThere(name) && (merged || isZero(value)) || value.isNull() || value.isString() && isZero(value)) {
        fields.remove(path + "f:" + name);
        if (value instanceof ObjectNode struct) {
          removeStructs(struct, shape.member(name), path + "f:" + name + "\n", fields);
        }
      }
    });
  }

  /** Whether a value is what Go has where nothing was set. */
  private static boolean isZero(JsonNode value) {
    return value.isObject() ? value.isEmpty()
        : value.isNull() || value.isString() && value.stringValue().isEmpty() || value.isNumber() && value.asDouble() == 0
            || value.isBoolean() && !value.booleanValue();
  }

  /** The fields of what somebody applies: of what is merged no more than the parts of lists and maps. */
  public static Set<String> applied(ObjectNode part, Shape shape) {
    Set<String> fields = new HashSet<>();
    apply(part, shape, "", fields);
    SYSTEM.forEach(fields::remove);
    return fields;
  }

  private static void apply(JsonNode node, Shape shape, String path, Set<String> fields) {
    if (node instanceof ObjectNode object && !shape.isAtomic()) {
      object.forEachEntry((name, value) -> {
        String at = (path.isEmpty() ? "" : path + "\n") + "f:" + name;
        apply(value, shape.member(name), at, fields);
        if (value.isNull() || value.isObject() && value.isEmpty() || !shape.isField(name)) {
          fields.add(at);
        }
      });
    } else if (node instanceof ArrayNode array && isMerged(shape)) {
      array.forEach(item -> {
        String at = path + "\n" + element(item, shape);
        apply(item, shape.items(), at, fields);
        fields.add(at);
      });
    } else {
      fields.add(path);
    }
  }

  /** These fields, and all in which they are. */
  static Set<String> withParents(Set<String> fields) {
    Set<String> all = new HashSet<>(fields);
    for (String field : fields) {
      int end = field.lastIndexOf('\n');
      while (end > 0 && all.add(field.substring(0, end))) {
        end = field.lastIndexOf('\n', end - 1);
      }
    }
    all.removeAll(SYSTEM);
    return all;
  }

  /** A path as people read it, such as {@code .spec.containers[name="web"].image}. */
  static String shown(String path) {
    StringBuilder shown = new StringBuilder();
    for (String element : path.split("\n")) {
      String rest = element.substring(2);
      switch (element.charAt(0)) {
        case 'f' -> shown.append('.').append(rest);
        case 'k' -> shown.append(Json.read(rest.getBytes(StandardCharsets.UTF_8)).properties().stream()
            .map(key -> key.getKey() + "=" + key.getValue()).collect(Collectors.joining(",", "[", "]")));
        default -> shown.append("[=").append(rest).append(']');
      }
    }
    return shown.toString();
  }

  /** Removes fields of an object; an object or list that is merged goes with the last of its parts. */
  static void remove(ObjectNode object, Shape shape, Set<String> gone) {
    removeParts(object, shape, "", gone);
  }

  private static void removeParts(JsonNode node, Shape shape, String path, Set<String> gone) {
    if (node instanceof ObjectNode object && !shape.isAtomic()) {
      for (String name : List.copyOf(object.propertyNames())) {
        if (isGone(object.get(name), shape.member(name), path + "f:" + name, gone)) {
          object.remove(name);
        }
      }
    } else if (node instanceof ArrayNode array && isMerged(shape)) {
      // a part goes as a whole, whoever has a share in it, unless somebody else wants it to be there
      array.removeIf(item -> gone.contains(path + element(item, shape)));
      array.forEach(item -> removeParts(item, shape.items(), path + element(item, shape) + "\n", gone));
    }
  }

  private static boolean isGone(JsonNode node, Shape shape, String path, Set<String> gone) {
    removeParts(node, shape, path + "\n", gone);
    return gone.contains(path) && !(isMerged(node, shape) && !node.isEmpty());
  }

  /** What tells a part of a merged list from the others in {@code FieldsV1}. */
  private static String element(JsonNode item, Shape list) {
    if (list.isSet()) {
      return "v:" + item;
    }
    ObjectNode keys = Json.object();
    list.keys().stream().sorted().forEach(key -> {
      JsonNode value = keyValue(item, key, list);
      if (value != null) {
        keys.set(key, value);
      }
    });
    return "k:" + keys;
  }

  /** Whether this is merged by its parts. */
  static boolean isMerged(JsonNode node, Shape shape) {
    return node.isObject() && !shape.isAtomic() || node.isArray() && isMerged(shape);
  }

  /** Whether this list is merged by its parts. */
  static boolean isMerged(Shape list) {
    return list.isSet() || !list.keys().isEmpty();
  }

  /** What tells a part of a merged list from the others, such as {@code [name="web"]}. */
  static String key(JsonNode item, Shape list) {
    if (list.isSet()) {
      return "[=" + item + "]";
    }
    return list.keys().stream().sorted().filter(key -> keyValue(item, key, list) != null)
        .map(key -> key + "=" + keyValue(item, key, list)).collect(Collectors.joining(",", "[", "]"));
  }

  private static @Nullable JsonNode keyValue(JsonNode item, String key, Shape list) {
    JsonNode value = item.get(key);
    return value == null ? list.keyDefault(key) : value;
  }
}
