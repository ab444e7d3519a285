package io.kooper.test.http;

import io.kooper.test.json.Json;
import io.kooper.test.types.Resource;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** All groups, versions and resources in one document, which clients ask for by their {@code Accept}. */
final class AggregatedDiscovery {

  static final String MEDIA_TYPE = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";

  private static final List<String> FORM = List.of(MEDIA_TYPE.split(";"));

  private AggregatedDiscovery() {}

  /** Whether a request is for the document, and the client takes it before the usual one. */
  static boolean isWanted(Call call) {
    String accept = call.http().header("Accept");
    List<String> segments = call.segments();
    if (accept == null || segments.size() != 1 || !Set.of("api", "apis").contains(segments.get(0))) {
      return false;
    }
    for (String clause : accept.replace(" ", "").split(",")) {
      if (List.of(clause.split(";")).containsAll(FORM)) {
        return true;
      }
      if (clause.split(";q=")[0].equals("application/json")) {
        return false;
      }
    }
    return false;
  }

  static ObjectNode of(List<Resource> resources, boolean core) {
    ObjectNode list = Json.object().put("kind", "APIGroupDiscoveryList").put("apiVersion", "apidiscovery.k8s.io/v2");
    list.putObject("metadata");
    ArrayNode items = list.putArray("items");
    Set<String> groups = new LinkedHashSet<>();
    resources.forEach(resource -> groups.add(resource.type().group()));
    groups.stream().filter(group -> group.isEmpty() == core).forEach(group -> {
      ObjectNode item = items.addObject();
      ObjectNode metadata = item.putObject("metadata");
      if (!core) {
        metadata.put("name", group);
      }
      ArrayNode versions = item.putArray("versions");
      for (String version : Discovery.versions(group, resources)) {
        ObjectNode one = versions.addObject().put("version", version);
        boolean builtIn = resources.stream().filter(resource -> resource.type().group().equals(group))
            .anyMatch(resource -> resource.kind() != null);
        add(Discovery.resources(resources, group, version).path("resources"), builtIn ? "" : group, builtIn ? "" : version,
            one.putArray("resources"));
        one.put("freshness", "Current");
      }
    });
    return list;
  }

  /** Of its own kinds the API server says no group and no version. */
  private static void add(JsonNode known, String group, String version, ArrayNode all) {
    Map<String, ObjectNode> parents = new HashMap<>();
    for (JsonNode entry : known) {
      String name = entry.path("name").asString();
      int slash = name.indexOf('/');
      if (slash < 0) {
        ObjectNode resource = all.addObject().put("resource", name);
        resource.set("responseKind", kind(entry, group, version));
        resource.put("scope", entry.path("namespaced").asBoolean() ? "Namespaced" : "Cluster")
            .put("singularResource", entry.path("singularName").asString(""));
        resource.set("verbs", entry.path("verbs"));
        keep(entry, resource, "shortNames");
        keep(entry, resource, "categories");
        parents.put(name, resource);
      } else {
        ObjectNode parent = parents.computeIfAbsent(name.substring(0, slash), plural -> all.addObject().put("resource", plural));
        ObjectNode sub = parent.withArrayProperty("subresources").addObject().put("subresource", name.substring(slash + 1));
        sub.set("responseKind", kind(entry, group, version));
        sub.set("verbs", entry.path("verbs"));
      }
    }
  }

  private static ObjectNode kind(JsonNode entry, String group, String version) {
    return Json.object().put("group", entry.path("group").asString(group)).put("version", entry.path("version").asString(version))
        .put("kind", entry.path("kind").asString());
  }

  private static void keep(JsonNode entry, ObjectNode resource, String member) {
    if (!entry.path(member).isEmpty()) {
      resource.set(member, entry.path(member));
    }
  }
}
