package io.kooper.test.patch;

import io.kooper.test.types.Shape;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.MissingNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * The fields of an object that managers own, by paths such as {@code .spec.containers[name="web"].image}: every scalar,
 * every object and list that is replaced as a whole, and, without a value, every one that is merged.
 */
public final class Fields {

  /** The value of what is merged: that it is there. */
  private static final JsonNode MERGED = MissingNode.getInstance();

  /** What the server itself says of an object: nobody owns it. */
  private static final Set<String> SYSTEM = Set.of(".apiVersion", ".kind", ".metadata", ".metadata.name",
      ".metadata.namespace", ".metadata.generateName", ".metadata.uid", ".metadata.creationTimestamp",
      ".metadata.resourceVersion", ".metadata.generation", ".metadata.managedFields", ".metadata.selfLink",
      ".metadata.deletionTimestamp", ".metadata.deletionGracePeriodSeconds");

  private Fields() {}

  /** The fields of an object, by path. */
  public static Map<String, JsonNode> of(ObjectNode object, Shape shape) {
    Map<String, JsonNode> fields = new LinkedHashMap<>();
    object.forEachEntry((name, value) -> collect(value, shape.member(name), "." + name, fields));
    SYSTEM.forEach(fields::remove);
    return fields;
  }

  private static void collect(JsonNode node, Shape shape, String path, Map<String, JsonNode> fields) {
    if (node instanceof ObjectNode object && !shape.isAtomic()) {
      fields.put(path, MERGED);
      object.forEachEntry((name, value) -> collect(value, shape.member(name), path + "." + name, fields));
    } else if (node instanceof ArrayNode array && isMerged(shape)) {
      fields.put(path, MERGED);
      array.forEach(item -> collect(item, shape.items(), path + key(item, shape), fields));
    } else {
      fields.put(path, node);
    }
  }

  /** Removes fields of an object; an object or list that is merged goes with the last of its parts. */
  static void remove(ObjectNode object, Shape shape, Set<String> gone) {
    removeParts(object, shape, "", gone);
  }

  private static void removeParts(JsonNode node, Shape shape, String path, Set<String> gone) {
    if (node instanceof ObjectNode object && !shape.isAtomic()) {
      for (String name : List.copyOf(object.propertyNames())) {
        if (isGone(object.get(name), shape.member(name), path + "." + name, gone)) {
          object.remove(name);
        }
      }
    } else if (node instanceof ArrayNode array && isMerged(shape)) {
      // a part goes as a whole, whoever has a share in it, unless somebody else wants it to be there
      array.removeIf(item -> gone.contains(path + key(item, shape)));
      array.forEach(item -> removeParts(item, shape.items(), path + key(item, shape), gone));
    }
  }

  private static boolean isGone(JsonNode node, Shape shape, String path, Set<String> gone) {
    removeParts(node, shape, path, gone);
    boolean merged = node.isObject() && !shape.isAtomic() || node.isArray() && isMerged(shape);
    return gone.contains(path) && !(merged && !node.isEmpty());
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
