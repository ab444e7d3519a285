package io.kooper.test.types;

import io.kooper.test.kinds.KindSchema;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Between the two versions of events, and the two of autoscalers: each is kept in one, and shown in both. */
public final class Conversions {

  private static final Map<String, String> EVENT = Map.of("involvedObject", "regarding", "message", "note", "source",
      "deprecatedSource", "firstTimestamp", "deprecatedFirstTimestamp", "lastTimestamp", "deprecatedLastTimestamp", "count",
      "deprecatedCount", "reportingComponent", "reportingController");
  private static final Map<String, String> EVENT_BACK =
      EVENT.entrySet().stream().collect(Collectors.toMap(Map.Entry::getValue, Map.Entry::getKey));
  private static final String CPU = "targetCPUUtilizationPercentage";

  private static final KindSchema EVENTS = new KindSchema("", "v1", "Event");
  private static final KindSchema AUTOSCALERS = new KindSchema("autoscaling", "v2", "HorizontalPodAutoscaler");

  private Conversions() {}

  /** Whether objects of a type are kept in another form than they are shown. */
  public static boolean isNeeded(Resource resource) {
    return resource.is("events.events.k8s.io")
        || resource.is("horizontalpodautoscalers.autoscaling") && resource.type().version().equals("v1");
  }

  /** Of what an object is made as it is kept. */
  public static KindSchema stored(Resource resource) {
    return !isNeeded(resource) && resource.kind() != null ? resource.kind().schema()
        : resource.is("events.events.k8s.io") ? EVENTS : AUTOSCALERS;
  }

  /** An object as it is kept, of which it is said already in which version that is. */
  public static ObjectNode stored(Resource resource, ObjectNode object) {
    if (!isNeeded(resource)) {
      return object;
    }
    if (resource.is("events.events.k8s.io")) {
      rename(object, EVENT_BACK);
      EVENTS.complete(object);
    } else if (object.get("spec") instanceof ObjectNode spec) {
      JsonNode percentage = spec.remove(CPU);
      if (percentage != null) {
        ObjectNode metric = spec.withArrayProperty("metrics").addObject().put("type", "Resource");
        metric.putObject("resource").put("name", "cpu").putObject("target").put("type", "Utilization")
            .set("averageUtilization", percentage);
      }
      AUTOSCALERS.complete(object);
    }
    return object;
  }

  /** An object as a version shows it. */
  public static ObjectNode shown(Resource resource, ObjectNode object) {
    if (!isNeeded(resource)) {
      return object;
    }
    if (resource.is("events.events.k8s.io")) {
      rename(object, EVENT);
      for (String text : List.of("reportingController", "reportingInstance", "note")) {
        if (object.path(text).asString("").isEmpty()) {
          object.remove(text);
        }
      }
    } else {
      if (object.path("spec").path("metrics") instanceof ArrayNode metrics) {
        for (JsonNode metric : List.copyOf(metrics.valueStream().toList())) {
          JsonNode percentage = metric.at("/resource/target/averageUtilization");
          if (metric.at("/resource/name").asString("").equals("cpu") && percentage.isNumber()) {
            ((ObjectNode) object.get("spec")).set(CPU, percentage);
            metrics.remove(metrics.valueStream().toList().indexOf(metric));
          }
        }
        if (metrics.isEmpty()) {
          ((ObjectNode) object.get("spec")).remove("metrics");
        }
      }
      if (object.get("status") instanceof ObjectNode status) {
        status.remove("currentMetrics");
        status.putIfAbsent("currentReplicas", status.numberNode(0));
      }
    }
    return object;
  }

  private static void rename(ObjectNode object, Map<String, String> names) {
    Map<String, JsonNode> members = new LinkedHashMap<>();
    object.properties().forEach(member -> members.put(names.getOrDefault(member.getKey(), member.getKey()), member.getValue()));
    object.removeAll();
    members.forEach(object::set);
  }
}
