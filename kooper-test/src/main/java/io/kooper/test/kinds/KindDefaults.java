package io.kooper.test.kinds;

import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** The defaults that a line of {@code defaults.txt} cannot say. */
final class KindDefaults {

  private static final List<String> CONTAINERS = List.of("initContainers", "containers", "ephemeralContainers");

  private KindDefaults() {}

  /** Before the others: what these depend on. */
  static void before(String kind, ObjectNode object) {
    switch (kind) {
      case "Secret" -> stringData(object);
      case "Pod" -> {
        requests(object.path("spec"));
        tolerations(object);
      }
      default -> { }
    }
    images(object);
  }

  /** Once the others are set. */
  static void after(String kind, ObjectNode object) {
    switch (kind) {
      case "Pod" -> {
        if (object.get("status") instanceof ObjectNode status) {
          if (!status.has("qosClass")) {
            status.put("qosClass", quality(object.path("spec")));
          }
          if (status.has("podIP") && !status.has("podIPs")) {
            status.putArray("podIPs").addObject().set("ip", status.get("podIP"));
          }
        }
      }
      case "Node" -> {
        if (object.get("status") instanceof ObjectNode status && status.has("capacity") && !status.has("allocatable")) {
          status.set("allocatable", status.get("capacity").deepCopy());
        }
      }
      case "ReplicationController" -> {
        JsonNode labels = object.at("/spec/template/metadata/labels");
        if (object.get("spec") instanceof ObjectNode spec && !spec.has("selector") && labels.isObject()) {
          spec.set("selector", labels.deepCopy());
        }
      }
      default -> { }
    }
  }

  /** What is written as text is kept in base64. */
  private static void stringData(ObjectNode secret) {
    if (secret.get("stringData") instanceof ObjectNode texts) {
      ObjectNode data = secret.withObjectProperty("data");
      texts.properties().forEach(text -> data.put(text.getKey(),
          Base64.getEncoder().encodeToString(text.getValue().asString("").getBytes(StandardCharsets.UTF_8))));
    }
    secret.remove("stringData");
  }

  /** The pull policy of each container, wherever there is one: by the tag of its image. */
  private static void images(JsonNode node) {
    if (node instanceof ObjectNode object) {
      for (String name : CONTAINERS) {
        if (object.get(name) instanceof ArrayNode containers) {
          containers.forEach(KindDefaults::pullPolicy);
        }
      }
      object.properties().forEach(member -> {
        if (member.getValue().isObject()) {
          images(member.getValue());
        }
      });
    }
  }

  private static void pullPolicy(JsonNode node) {
    if (node instanceof ObjectNode container && !container.has("imagePullPolicy")) {
      String image = container.path("image").asString("");
      String name = image.substring(image.lastIndexOf('/') + 1);
      boolean latest = !name.contains("@") && (!name.contains(":") || name.endsWith(":latest"));
      container.put("imagePullPolicy", latest ? "Always" : "IfNotPresent");
    }
  }

  /** What is limited is requested. */
  private static void requests(JsonNode spec) {
    for (String name : CONTAINERS) {
      spec.path(name).forEach(container -> {
        if (container.path("resources").path("limits") instanceof ObjectNode limits && !limits.isEmpty()) {
          ObjectNode requests = ((ObjectNode) container.get("resources")).withObjectProperty("requests");
          limits.properties().forEach(limit -> requests.putIfAbsent(limit.getKey(), limit.getValue()));
        }
      });
    }
  }

  /** Of the admission of pods: they stay for five minutes where a node is lost. */
  private static void tolerations(ObjectNode pod) {
    ArrayNode tolerations = pod.withObjectProperty("spec").withArrayProperty("tolerations");
    for (String key : List.of("node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable")) {
      boolean known = tolerations.valueStream().anyMatch(one -> (one.path("key").asString("").equals(key) || !one.has("key"))
          && one.path("effect").asString("NoExecute").equals("NoExecute"));
      if (!known) {
        tolerations.addObject().put("key", key).put("operator", "Exists").put("effect", "NoExecute").put("tolerationSeconds",
            300);
      }
    }
  }

  static String quality(JsonNode spec) {
    boolean any = false;
    boolean guaranteed = true;
    for (String name : List.of("initContainers", "containers")) {
      for (JsonNode container : spec.path(name)) {
        JsonNode limits = container.path("resources").path("limits");
        JsonNode requests = container.path("resources").path("requests");
        for (String resource : List.of("cpu", "memory")) {
          any |= limits.has(resource) || requests.has(resource);
          guaranteed &= limits.has(resource) && limits.get(resource).equals(requests.get(resource));
        }
      }
    }
    return !any ? "BestEffort" : guaranteed ? "Guaranteed" : "Burstable";
  }
}
