package io.kooper.test.http;

import io.kooper.test.json.Json;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * The text of a patched object of a built-in kind, as a message of the API server shows it: the members of what a patch may
 * have changed by name, those of the metadata in the order of their Go types.
 */
final class PatchedText {

  private static final List<String> METADATA = List.of("name", "generateName", "namespace", "selfLink", "uid", "resourceVersion",
      "generation", "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds", "labels", "annotations",
      "ownerReferences", "finalizers", "managedFields");
  private static final List<String> MANAGERS =
      List.of("manager", "operation", "apiVersion", "time", "fieldsType", "fieldsV1", "subresource");

  private PatchedText() {}

  static String of(ObjectNode patched) {
    ObjectNode shown = (ObjectNode) sorted(patched);
    if (shown.get("metadata") instanceof ObjectNode metadata) {
      ObjectNode ordered = in(METADATA, metadata);
      if (ordered.get("managedFields") instanceof ArrayNode managers) {
        ArrayNode entries = ordered.putArray("managedFields");
        managers.forEach(entry -> entries.add(entry instanceof ObjectNode one ? in(MANAGERS, one) : entry));
      }
      shown.set("metadata", ordered);
    }
    return shown.toString();
  }

  private static ObjectNode in(List<String> order, ObjectNode object) {
    ObjectNode ordered = Json.object();
    order.stream().filter(object::has).forEach(name -> ordered.set(name, object.get(name)));
    for (Map.Entry<String, JsonNode> other : object.properties()) {
      ordered.putIfAbsent(other.getKey(), other.getValue());
    }
    return ordered;
  }

  private static JsonNode sorted(JsonNode node) {
    if (node instanceof ObjectNode object) {
      ObjectNode sorted = Json.object();
      new TreeSet<>(object.propertyNames()).forEach(name -> sorted.set(name, sorted(object.get(name))));
      return sorted;
    }
    if (node instanceof ArrayNode array) {
      ArrayNode sorted = Json.array();
      array.forEach(item -> sorted.add(sorted(item)));
      return sorted;
    }
    return node;
  }
}
