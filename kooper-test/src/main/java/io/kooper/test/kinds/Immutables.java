package io.kooper.test.kinds;

import io.kooper.test.validation.Problem;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.MissingNode;
import tools.jackson.databind.node.ObjectNode;

/** What may not change once an object is there, as {@code immutable.txt} says, and what a line of it cannot. */
final class Immutables {

  private static final Map<String, List<String[]>> ALL = read();
  private static final Set<String> SET_FIELDS = Set.of("replicas", "ordinals", "template", "updateStrategy",
      "revisionHistoryLimit", "persistentVolumeClaimRetentionPolicy", "minReadySeconds");
  private static final String POD = "pod updates may not change fields other than `spec.containers[*].image`,"
      + "`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),"
      + "`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)";

  private final JsonNode object;
  private final JsonNode old;
  private final List<Problem> problems = new ArrayList<>();

  private Immutables(JsonNode object, JsonNode old) {
    this.object = object;
    this.old = old;
  }

  private static Map<String, List<String[]>> read() {
    Map<String, List<String[]>> all = new HashMap<>();
    for (String line : Data.lines("immutable.txt")) {
      String[] parts = line.split(" ", 3);
      all.computeIfAbsent(parts[0], kind -> new ArrayList<>())
          .add(new String[] {parts[1], parts.length > 2 ? parts[2] : "field is immutable"});
    }
    return all;
  }

  static List<Problem> problems(String kind, JsonNode object, JsonNode old) {
    Immutables immutables = new Immutables(object, old);
    for (String[] one : ALL.getOrDefault(kind, List.of())) {
      JsonNode now = immutables.at(object, one[0]);
      if (!now.equals(immutables.at(old, one[0]))) {
        immutables.problems.add(Problem.invalid(one[0], now.isMissingNode() ? "null" : Problem.shown(now), one[1]));
      }
    }
    switch (kind) {
      case "Pod" -> immutables.pod();
      case "StatefulSet" -> immutables.set();
      case "ConfigMap" -> immutables.sealed(List.of("data", "binaryData"));
      case "Secret" -> immutables.sealed(List.of("data"));
      case "Service" -> immutables.service();
      case "PersistentVolumeClaim" -> immutables.claim();
      case "PriorityClass" -> {
        if (!object.path("value").equals(old.path("value"))) {
          immutables.problems.add(Problem.forbidden("value", "may not be changed in an update."));
        }
      }
      case "Job" -> {
        JsonNode completions = object.at("/spec/completions");
        if (!completions.equals(old.at("/spec/completions"))
            && !object.at("/spec/completionMode").asString("").equals("Indexed")) {
          immutables.problems.add(Problem.invalid("spec.completions", Problem.shown(completions), "field is immutable"));
        }
      }
      default -> { }
    }
    return immutables.problems;
  }

  /** Of the containers that somebody has put into a pod to look at it. */
  static List<Problem> ephemeral(JsonNode object, JsonNode old) {
    List<Problem> problems = new ArrayList<>();
    for (JsonNode container : old.at("/spec/ephemeralContainers")) {
      JsonNode name = container.path("name");
      JsonNode now = object.at("/spec/ephemeralContainers").valueStream().filter(one -> one.path("name").equals(name)).findFirst()
          .orElse(MissingNode.getInstance());
      if (!now.equals(container)) {
        problems.add(Problem.forbidden("spec.ephemeralContainers", "existing ephemeral containers %s may not be %s\n"
            .formatted(Problem.shown(name), now.isMissingNode() ? "removed" : "changed")));
      }
    }
    return problems;
  }

  private JsonNode at(JsonNode node, String path) {
    return node.at("/" + path.replace('.', '/'));
  }

  private void pod() {
    JsonNode before = old.at("/spec/activeDeadlineSeconds");
    JsonNode deadline = object.at("/spec/activeDeadlineSeconds");
    if (before.isNumber() && deadline.isNumber() && deadline.asLong() > before.asLong()) {
      problems.add(Problem.invalid("spec.activeDeadlineSeconds", deadline.asString(),
          "must be less than or equal to previous value"));
      return;
    }
    if (object.at("/spec/containers").size() != old.at("/spec/containers").size()) {
      problems.add(Problem.forbidden("spec.containers", "pod updates may not add or remove containers"));
      return;
    }
    if (!changeable(object).equals(changeable(old)) || !object.at("/spec/tolerations").valueStream().toList()
        .containsAll(old.at("/spec/tolerations").valueStream().toList())) {
      problems.add(Problem.forbidden("spec", POD));
    }
  }

  /** A pod's spec without what may change. */
  private static JsonNode changeable(JsonNode pod) {
    if (!(pod.path("spec").deepCopy() instanceof ObjectNode spec)) {
      return pod.path("spec");
    }
    for (String name : List.of("containers", "initContainers")) {
      spec.path(name).forEach(container -> {
        if (container instanceof ObjectNode one) {
          one.remove("image");
        }
      });
    }
    spec.remove(List.of("activeDeadlineSeconds", "tolerations", "terminationGracePeriodSeconds", "schedulingGates"));
    return spec;
  }

  private void set() {
    if (object.path("spec").deepCopy() instanceof ObjectNode now && old.path("spec").deepCopy() instanceof ObjectNode before
        && !now.remove(SET_FIELDS).equals(before.remove(SET_FIELDS))) {
      problems.add(Problem.forbidden("spec", "updates to statefulset spec for fields other than 'replicas', 'ordinals',"
          + " 'template',"
          + " 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are"
              + " forbidden"));
    }
  }

  private void sealed(List<String> members) {
    if (!old.path("immutable").asBoolean(false)) {
      return;
    }
    if (!object.path("immutable").asBoolean(false)) {
      problems.add(Problem.forbidden("immutable", "field is immutable when `immutable` is set"));
    }
    members.stream().filter(member -> !object.path(member).equals(old.path(member)))
        .forEach(member -> problems.add(Problem.forbidden(member, "field is immutable when `immutable` is set")));
  }

  private void service() {
    String before = old.at("/spec/clusterIP").asString("");
    String now = object.at("/spec/clusterIP").asString("");
    if (!before.isEmpty() && !now.equals(before) && !object.at("/spec/type").asString("").equals("ExternalName")) {
      problems.add(Problem.invalid("spec.clusterIPs[0]", "[" + Problem.shown(object.at("/spec/clusterIP")) + "]",
          "may not change once set"));
    }
  }

  private void claim() {
    if (object.path("spec").deepCopy() instanceof ObjectNode now && old.path("spec").deepCopy() instanceof ObjectNode before) {
      boolean bound = old.at("/status/phase").asString("").equals("Bound");
      for (ObjectNode spec : List.of(now, before)) {
        spec.remove(List.of("volumeAttributesClassName", "volumeName"));
        if (bound) {
          spec.remove("resources");
        }
      }
      if (!before.has("storageClassName")) {
        now.remove("storageClassName"); // may be set once
      }
      if (!now.equals(before)) {
        problems.add(Problem.forbidden("spec", "spec is immutable after creation except resources.requests and"
            + " volumeAttributesClassName for bound claims"));
      }
    }
  }
}
