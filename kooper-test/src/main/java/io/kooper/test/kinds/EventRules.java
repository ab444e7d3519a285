package io.kooper.test.kinds;

import io.kooper.test.validation.Problem;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import tools.jackson.databind.JsonNode;

/** What an event has to say: more if it has an {@code eventTime}, which one of {@code events.k8s.io} has to have. */
final class EventRules {

  /** Where events of the cluster are. */
  private static final Set<String> SYSTEM = Set.of("default", "kube-system");

  private EventRules() {}

  static void check(JsonNode event, List<Problem> problems) {
    JsonNode about = event.path("involvedObject");
    String namespace = event.at("/metadata/namespace").asString("");
    String named = about.path("namespace").asString("");
    boolean elsewhere = hasTime(event) ? named.isEmpty() && !SYSTEM.contains(namespace)
        : !named.equals(namespace) && !(named.isEmpty() && namespace.equals("default"));
    if (about.isObject() && elsewhere) {
      problems.add(Problem.of("FieldValueInvalid", "involvedObject.namespace", "Invalid value", named,
          "does not match event.namespace"));
    }
  }

  /**
   * What is wrong with a new one.
   *
   * @param event as one of the core
   * @param core whether it was sent as that
   */
  static List<Problem> created(JsonNode event, boolean core) {
    List<Problem> problems = new ArrayList<>();
    if (hasTime(event)) {
      String reporter = event.path("reportingComponent").asString("");
      String path = core ? "reportingComponent" : "reportingController";
      if (reporter.isEmpty()) {
        problems.add(Problem.required(path, ""));
      }
      Labels.name(reporter, path, problems);
      for (String member : List.of("reportingInstance", "action", "reason")) {
        if (event.path(member).asString("").isEmpty()) {
          problems.add(Problem.required(member, ""));
        }
      }
    }
    if (!core) {
      ofNewGroup(event, problems);
    }
    return problems;
  }

  private static void ofNewGroup(JsonNode event, List<Problem> problems) {
    if (!hasTime(event)) {
      problems.add(Problem.required("eventTime", ""));
    }
    String type = event.path("type").asString("");
    if (!type.equals("Normal") && !type.equals("Warning")) {
      problems.add(Problem.invalid("type", "\"\"", "has invalid value: " + type));
    }
    for (String member : List.of("firstTimestamp", "lastTimestamp", "count", "source")) {
      JsonNode value = event.path(member);
      if (value.isString() || value.asInt(0) != 0 || !value.isEmpty()) {
        problems.add(Problem.invalid(member, "\"\"", "needs to be unset"));
      }
    }
  }

  private static boolean hasTime(JsonNode event) {
    return event.path("eventTime").isString();
  }
}
