package io.kooper.differential;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;
import tools.jackson.databind.node.StringNode;
import tools.jackson.dataformat.yaml.YAMLMapper;

/**
 * Answers without what is another in each run: versions, uids and times, the random ends of names, addresses, ports and tokens,
 * the hashes of documents, and the order of problems.
 */
final class Normal {

  private static final Set<String> DIFFERENT_EACH_TIME = Set.of("resourceVersion", "uid", "creationTimestamp",
      "lastTransitionTime", "deletionTimestamp", "time", "continue", "lastUpdateTime");

  private static final YAMLMapper YAML = YAMLMapper.builder().build();

  /** Where a message says which version an object or the server has. */
  private static final Pattern VERSIONS = Pattern.compile(
      "((?<=resourceVersion)\\\\*\":\\\\*\"|ResourceVersion in record \\(|resource version: \\d+, current: )\\d+");

  private static final int RANDOM = 5; // letters at the end of a generated name

  /** Such a name in a text. */
  private static final Pattern GENERATED = Pattern.compile("(?<=[-_])[bcdfghjklmnpqrstvwxz2456789]{" + RANDOM + "}\\b");

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
      int end = message.indexOf(" is invalid: [");
      ((ObjectNode) normal).put("message", // which is normal already in some recordings
          end >= 0 ? message.substring(0, end) + " is invalid" : message.endsWith(" is invalid") ? message : "");
    }
    return normal;
  }

  /** What the server chooses for an object that does not say it. */
  private static void assigned(ObjectNode object) {
    String prefix = object.path("generateName").asString("");
    String name = object.path("name").asString("");
    int kept = name.length() - RANDOM;
    if (!prefix.isEmpty() && kept > 0 && prefix.startsWith(name.substring(0, kept))) {
      object.put("name", name.substring(0, kept) + "<random>");
    }
    if (object.path("clusterIP").asString("").startsWith("10.")) {
      object.put("clusterIP", "<address>").putArray("clusterIPs").add("<address>");
    }
    if (object.path("nodePort").isNumber()) {
      object.put("nodePort", "<port>");
    }
    if (object.path("token").isString() && object.has("expirationTimestamp")) {
      object.put("token", "<token>");
    }
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
      assigned(object);
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
      String text = GENERATED.matcher(node.stringValue()).replaceAll("<random>");
      return StringNode.valueOf(VERSIONS.matcher(text).replaceAll("$1<resourceVersion>")
          .replaceAll(",(\\\\*\")time\\1:\\1[^,}]*\\1(?=[,}])", "") // of managers in a text, as above
          .replaceAll("\\?hash=[0-9A-F]+", "?hash=<hash>").replaceAll("\\b\\d+(\\.\\d+){3}:\\d+", "<host>")
          .replaceAll("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", "<uid>")
          .replaceAll("\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d(\\.\\d+)?Z", "<time>"));
    }
    return node;
  }
}
