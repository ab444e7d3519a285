package io.kooper.differential;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;
import tools.jackson.databind.node.StringNode;
import tools.jackson.dataformat.yaml.YAMLMapper;

/** Answers without what is another in each run: versions, uids and times, and the order of problems. */
final class Normal {

  private static final Set<String> DIFFERENT_EACH_TIME = Set.of("resourceVersion", "uid", "creationTimestamp",
      "lastTransitionTime", "deletionTimestamp", "time", "continue", "lastUpdateTime");

  private static final YAMLMapper YAML = YAMLMapper.builder().build();

  private Normal() {}

  static JsonNode of(JsonNode answer) {
    String text = answer.asString("");
    boolean yaml = text.startsWith("apiVersion:"); // which has no order of its own either
    JsonNode normal = values(yaml ? YAML.readTree(text) : answer.deepCopy());
    JsonNode causes = normal.path("details").path("causes");
    if (causes instanceof ArrayNode array && array.size() > 1) {
      // the real server lists the members of an object in any order; the message is the causes in one line
      List<JsonNode> sorted = new ArrayList<>(array.valueStream().toList());
      sorted.sort(Comparator.comparing(cause -> cause.path("field").asString() + cause.path("message").asString()));
      array.removeAll();
      array.addAll(sorted);
      String message = normal.path("message").asString("");
      ((ObjectNode) normal).put("message", message.substring(0, Math.max(0, message.indexOf(": ["))));
    }
    return normal;
  }

  private static JsonNode values(JsonNode node) {
    if (node instanceof ObjectNode object) {
      if (object.get("cells") instanceof ArrayNode cells) {
        for (int i = 0; i < cells.size(); i++) {
          if (cells.get(i).asString("").matches("\\d+s")) {
            cells.set(i, StringNode.valueOf("<age>"));
          }
        }
      }
      object.path("columnDefinitions").forEach(column -> ((ObjectNode) column).remove("description")); // text, and no fact
      if (object.get("managedFields") instanceof ArrayNode managers) { // in the order of their times, which are often the same
        List<JsonNode> sorted = new ArrayList<>(managers.valueStream().toList());
        sorted.sort(Comparator.comparing(one -> one.path("operation").asString() + one.path("manager").asString()
            + one.path("subresource").asString("")));
        sorted.forEach(one -> ((ObjectNode) one).remove("time")); // which the real server loses now and then
        managers.removeAll();
        managers.addAll(sorted);
      }
      for (String name : List.copyOf(object.propertyNames())) {
        JsonNode value = object.get(name);
        boolean different = DIFFERENT_EACH_TIME.contains(name) && value.isString() && !value.stringValue().isEmpty();
        object.set(name, different ? StringNode.valueOf("<" + name + ">") : values(value));
      }
    } else if (node instanceof ArrayNode array) {
      for (int i = 0; i < array.size(); i++) {
        array.set(i, values(array.get(i)));
      }
    } else if (node.isString()) {
      return StringNode.valueOf(node.stringValue()
          .replaceAll("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", "<uid>")
          .replaceAll("\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d(\\.\\d+)?Z", "<time>"));
    }
    return node;
  }
}
