package io.kooper.test.http;

import io.fabric8.kubernetes.client.utils.KubernetesVersionPriority;
import io.kooper.test.json.Json;
import io.kooper.test.json.Statuses;
import io.kooper.test.kinds.Kinds;
import io.kooper.test.types.Resource;
import io.kooper.test.types.Scale;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** What the server says about itself. */
final class Discovery {

  private static final List<ObjectNode> BUILT_IN = Kinds.discovery();

  /** Kubernetes' order: the highest priority first. */
  private static final Comparator<String> VERSIONS = (one, other) -> one.equals(other) ? 0
      : KubernetesVersionPriority.highestPriority(List.of(one, other)).equals(one) ? -1 : 1;

  private Discovery() {}

  /** Answers a request for one of its documents. */
  static void answer(Call call, Answer answer, List<Resource> resources) {
    if (AggregatedDiscovery.isWanted(call)) {
      boolean core = call.segments().get(0).equals("api");
      answer.send(200, AggregatedDiscovery.MEDIA_TYPE, Json.bytes(AggregatedDiscovery.of(resources, core)));
    } else {
      answer.send(200, Json.bytes(answer(call, resources)));
    }
  }

  /** @throws StatusException 404 when the path is none of these */
  private static ObjectNode answer(Call call, List<Resource> resources) {
    List<String> segments = call.segments();
    String host = String.valueOf(call.http().header("Host"));
    return switch (segments.isEmpty() ? "" : segments.get(0)) {
      case "" -> SelfDescription.paths(resources);
      case ".well-known" -> SelfDescription.openId(host);
      case "openid" -> SelfDescription.keys();
      case "version" -> version();
      case "openapi" -> OpenApi.answer(segments, resources);
      case "api" -> segments.size() == 1 ? coreVersions(host) : resources(resources, "", segments.get(1));
      case "apis" -> switch (segments.size()) {
        case 1 -> groups(resources);
        case 2 -> group(resources, segments.get(1));
        default -> resources(resources, segments.get(1), segments.get(2));
      };
      default -> throw Statuses.noSuchPage();
    };
  }

  private static ObjectNode version() {
    return Json.object().put("major", "1").put("minor", "36").put("gitVersion", "v1.36.2+kooper-test")
        .put("gitCommit", "").put("gitTreeState", "clean").put("buildDate", "1970-01-01T00:00:00Z")
        .put("goVersion", "").put("compiler", "javac").put("platform", "jvm")
        .put("emulationMajor", "1").put("emulationMinor", "36").put("minCompatibilityMajor", "1")
        .put("minCompatibilityMinor", "35");
  }

  private static ObjectNode coreVersions(String host) {
    ObjectNode versions = Json.object().put("kind", "APIVersions");
    versions.putArray("versions").add("v1");
    versions.putArray("serverAddressByClientCIDRs").addObject().put("clientCIDR", "0.0.0.0/0").put("serverAddress", host);
    return versions;
  }

  private static ObjectNode groups(List<Resource> resources) {
    ObjectNode list = Json.object().put("kind", "APIGroupList").put("apiVersion", "v1");
    ArrayNode groups = list.putArray("groups");
    Set<String> names = new LinkedHashSet<>();
    resources.forEach(resource -> names.add(resource.type().group()));
    names.remove("");
    names.forEach(name -> groups.add(describe(name, resources)));
    return list;
  }

  private static ObjectNode group(List<Resource> resources, String name) {
    if (name.isEmpty() || resources.stream().noneMatch(resource -> resource.type().group().equals(name))) {
      throw Statuses.noSuchPage();
    }
    ObjectNode group = Json.object().put("kind", "APIGroup").put("apiVersion", "v1");
    return group.setAll(describe(name, resources));
  }

  /** The versions of a group, the preferred one first. */
  static List<String> versions(String group, List<Resource> resources) {
    return resources.stream().filter(resource -> resource.type().group().equals(group))
        .map(resource -> resource.type().version()).distinct().sorted(VERSIONS).toList();
  }

  private static ObjectNode describe(String group, List<Resource> resources) {
    ObjectNode description = Json.object().put("name", group);
    ArrayNode all = description.putArray("versions");
    versions(group, resources).forEach(version -> all.addObject()
        .put("groupVersion", group + "/" + version).put("version", version));
    description.set("preferredVersion", all.get(0).deepCopy());
    return description;
  }

  /** The resources of a version, as an {@code APIResourceList}. */
  static ObjectNode resources(List<Resource> resources, String group, String version) {
    List<Resource> served = new ArrayList<>();
    for (Resource resource : resources) {
      if (resource.type().group().equals(group) && resource.type().version().equals(version)
          && resource.kind() == null) {
        served.add(resource);
      }
    }
    String groupVersion = group.isEmpty() ? version : group + "/" + version;
    ObjectNode list = BUILT_IN.stream().filter(known -> known.path("groupVersion").asString("").equals(groupVersion))
        .findFirst().map(ObjectNode::deepCopy).orElseGet(() -> Json.object().put("kind", "APIResourceList")
            .put("apiVersion", "v1").put("groupVersion", groupVersion));
    ArrayNode array = list.withArrayProperty("resources");
    if (served.isEmpty() && array.isEmpty()) {
      throw Statuses.noSuchPath();
    }
    for (Resource resource : served) {
      ObjectNode entry = array.addObject().put("name", resource.type().plural())
          .put("singularName", resource.singular()).put("namespaced", resource.type().namespaced())
          .put("kind", resource.type().kind());
      verbs(entry, resource.customVerbs());
      entry.put("storageVersionHash", hash(resource));
      if (!resource.shortNames().isEmpty()) {
        ArrayNode shortNames = entry.putArray("shortNames");
        resource.shortNames().forEach(shortNames::add);
      }
      if (resource.hasSubresource("status")) {
        verbs(subresource(array, resource, "status").put("kind", resource.type().kind()), List.of("get", "patch", "update"));
      }
      if (resource.hasSubresource("scale")) {
        verbs(subresource(array, resource, "scale").put("group", Scale.TYPE.group())
            .put("version", Scale.TYPE.version()).put("kind", Scale.TYPE.kind()), List.of("get", "patch", "update"));
      }
    }
    return list;
  }

  /** Another for each version in which the objects are stored. */
  private static String hash(Resource resource) {
    String stored = resource.storedApiVersion();
    String name = (stored.contains("/") ? stored : "/" + stored) + "/" + resource.type().kind();
    try {
      byte[] hash = MessageDigest.getInstance("SHA-256").digest(name.getBytes(StandardCharsets.UTF_8));
      return Base64.getEncoder().encodeToString(Arrays.copyOf(hash, 8));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e); // each Java has it
    }
  }

  private static ObjectNode subresource(ArrayNode array, Resource resource, String name) {
    return array.addObject().put("name", resource.type().plural() + "/" + name).put("singularName", "")
        .put("namespaced", resource.type().namespaced());
  }

  private static void verbs(ObjectNode entry, List<String> verbs) {
    ArrayNode array = entry.putArray("verbs");
    verbs.forEach(array::add);
  }
}
