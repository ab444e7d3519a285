package io.kooper.test.kinds;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** The resources that a kube-apiserver has of itself, in the order of its discovery. */
public final class Kinds {

  private Kinds() {}

  /** Each version of each group, as an {@code APIResourceList}. */
  public static List<ObjectNode> discovery() {
    return Data.objects("discovery.jsonl");
  }

  /** What is checked of a server, by the paths that tell it, in the order in which they do. */
  public static Map<String, List<String>> checks() {
    return Data.lines("health.txt").stream().map(line -> List.of(line.split(" ")))
        .collect(Collectors.toMap(words -> words.get(0), words -> words.subList(1, words.size())));
  }

  /** The columns of the tables of each kind, by names such as {@code apps_v1_deployments}. */
  public static Map<String, JsonNode> columns() {
    Map<String, JsonNode> columns = new HashMap<>();
    Data.objects("columns.jsonl").forEach(line -> line.properties().forEach(one -> columns.put(one.getKey(), one.getValue())));
    return columns;
  }

  /** What stands in these columns, by names such as {@code deployments.apps Ready}. */
  public static Map<String, String> cells() {
    Map<String, String> cells = new HashMap<>();
    for (String line : Data.lines("cells.txt")) {
      String[] words = line.split(" ", 3);
      cells.put(words[0] + " " + words[1].replace('_', ' '), words[2]);
    }
    return cells;
  }

  /** All of them. */
  public static List<KindInfo> all() {
    Map<String, List<String>> traits = traits();
    Map<String, String> deprecations = deprecations();
    List<KindInfo> kinds = new ArrayList<>();
    for (ObjectNode version : discovery()) {
      String groupVersion = version.path("groupVersion").asString();
      Map<String, JsonNode> entries = new LinkedHashMap<>();
      version.path("resources").forEach(entry -> entries.put(entry.path("name").asString(), entry));
      entries.forEach((name, entry) -> {
        if (!name.contains("/")) {
          Map<String, JsonNode> subresources = new LinkedHashMap<>();
          entries.forEach((other, sub) -> {
            if (other.startsWith(name + "/")) {
              subresources.put(other.substring(name.length() + 1), sub);
            }
          });
          kinds.add(KindInfo.of(groupVersion, entry, subresources, traits.getOrDefault(groupVersion + "/" + name, List.of()),
              deprecations.get(groupVersion + "/" + name)));
        }
      });
    }
    return kinds;
  }

  private static Map<String, String> deprecations() {
    return Data.lines("deprecated.txt").stream().map(line -> line.split(" ", 2))
        .collect(Collectors.toMap(line -> line[0], line -> line[1]));
  }

  private static Map<String, List<String>> traits() {
    Map<String, List<String>> traits = new HashMap<>();
    for (String line : Data.lines("traits.txt")) {
      List<String> words = List.of(line.split(" "));
      traits.put(words.get(0), words.subList(1, words.size()));
    }
    return traits;
  }
}
