package io.kooper.kinds;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;
import tools.jackson.databind.node.StringNode;

/**
 * Makes the data of the built-in kinds, from what a kube-apiserver says of itself: its discovery, its OpenAPI v2
 * definitions, and the columns of its tables. Facts only: descriptions are left out.
 *
 * <p>Run it with the folder that has {@code discovery.json}, {@code schemas.json} and {@code tables.json}, and with
 * {@code src/main/resources/io/kooper/test/kinds}. A definition takes a line in the file of its package:
 *
 * <pre>
 * {"DeploymentSpec":{"fields":{"paused":"boolean","replicas":"int32","template":"#api.core.v1.PodTemplateSpec"}}}
 * </pre>
 *
 * <p>A field is the name of its scalar, {@code #} and the name of its definition, or an object: {@code list} or
 * {@code map} with what is in it, {@code ref} or {@code is} with what it is, {@code enum}, {@code type} and {@code keys}
 * of a list, {@code patch} and {@code key} of a strategic merge patch.
 */
final class Compact {

  private static final JsonMapper JSON = JsonMapper.builder().build();
  private static final String REF = "#/definitions/io.k8s.";

  private Compact() {}

  public static void main(String[] arguments) throws IOException {
    Path from = Path.of(arguments[0]);
    Path to = Path.of(arguments[1]);
    write(to.resolve("discovery.jsonl"), discovery(JSON.readTree(from.resolve("discovery.json").toFile())));
    write(to.resolve("columns.jsonl"), columns(JSON.readTree(from.resolve("tables.json").toFile())));
    Map<String, List<String>> packages = new TreeMap<>();
    JSON.readTree(from.resolve("schemas.json").toFile()).path("definitions").properties().forEach(definition -> {
      String name = definition.getKey().substring("io.k8s.".length());
      int dot = name.lastIndexOf('.');
      packages.computeIfAbsent(name.substring(0, dot), p -> new ArrayList<>()).add(JSON.createObjectNode()
          .set(name.substring(dot + 1), definition(definition.getValue(), name.substring(0, dot))).toString());
    });
    for (Map.Entry<String, List<String>> one : packages.entrySet()) {
      write(to.resolve(one.getKey() + ".jsonl"), one.getValue());
    }
  }

  private static void write(Path file, List<String> lines) throws IOException {
    Files.writeString(file, String.join("\n", lines) + "\n");
  }

  /** A line a version, in the order in which the server names the groups. */
  private static List<String> discovery(JsonNode all) {
    List<String> lines = new ArrayList<>();
    lines.add(all.path("core").toString());
    for (JsonNode group : all.path("groups").path("groups")) {
      for (JsonNode version : group.path("versions")) {
        JsonNode resources = all.path("resources").path(version.path("groupVersion").asString());
        if (resources.isObject()) {
          lines.add(resources.toString());
        }
      }
    }
    return lines;
  }

  private static List<String> columns(JsonNode all) {
    List<String> lines = new ArrayList<>();
    all.properties().forEach(resource -> lines.add(JSON.createObjectNode().set(resource.getKey(),
        resource.getValue()).toString()));
    return lines;
  }

  private static JsonNode definition(JsonNode definition, String home) {
    if (!definition.has("properties") && !definition.has("x-kubernetes-group-version-kind")) {
      ObjectNode scalar = JSON.createObjectNode();
      return scalar.set("is", field(definition, home));
    }
    ObjectNode compact = JSON.createObjectNode();
    ObjectNode fields = compact.putObject("fields");
    definition.path("properties").properties().forEach(f -> fields.set(f.getKey(), field(f.getValue(), home)));
    copy(definition, "required", compact, "required");
    copy(definition, "x-kubernetes-map-type", compact, "mapType");
    copy(definition, "x-kubernetes-unions", compact, "unions");
    definition.path("x-kubernetes-group-version-kind").forEach(kind -> compact.withArrayProperty("kinds")
        .addArray().add(kind.path("group")).add(kind.path("version")).add(kind.path("kind")));
    return compact;
  }

  private static JsonNode field(JsonNode field, String home) {
    ObjectNode compact = JSON.createObjectNode();
    String type = field.path("type").asString("");
    if (type.equals("array")) {
      compact.set("list", field(field.path("items"), home));
    } else if (field.path("additionalProperties").isObject()) {
      compact.set("map", field(field.path("additionalProperties"), home));
    } else if (field.has("$ref")) {
      String name = field.path("$ref").asString().substring(REF.length());
      boolean near = name.startsWith(home + ".") && name.lastIndexOf('.') == home.length();
      compact.put("ref", near ? name.substring(home.length() + 1) : name);
    } else {
      compact.put("is", field.path("format").asString(type.isEmpty() ? "any" : type));
    }
    copy(field, "enum", compact, "enum");
    copy(field, "x-kubernetes-list-type", compact, "type");
    copy(field, "x-kubernetes-map-type", compact, "mapType");
    copy(field, "x-kubernetes-list-map-keys", compact, "keys");
    copy(field, "x-kubernetes-patch-strategy", compact, "patch");
    copy(field, "x-kubernetes-patch-merge-key", compact, "key");
    if (compact.size() == 1 && compact.has("is")) {
      return compact.get("is");
    }
    return compact.size() == 1 && compact.has("ref") ? StringNode.valueOf("#" + compact.get("ref").stringValue()) : compact;
  }

  private static void copy(JsonNode from, String name, ObjectNode to, String as) {
    JsonNode value = from.get(name);
    if (value instanceof ArrayNode || value != null && value.isString()) {
      to.set(as, value);
    }
  }
}
