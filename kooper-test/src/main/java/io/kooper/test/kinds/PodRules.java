package io.kooper.test.kinds;

import io.kooper.test.validation.Problem;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import tools.jackson.databind.JsonNode;

/** What the parts of a pod's spec have to do with each other. */
final class PodRules {

  private static final Set<String> HANDLERS = Set.of("exec", "httpGet", "tcpSocket", "grpc", "sleep");
  private static final Set<String> RESOURCES = Set.of("cpu", "memory", "ephemeral-storage");

  private final JsonNode spec;
  private final List<Problem> problems;
  private final Set<String> volumes;

  private PodRules(JsonNode spec, Set<String> volumes, List<Problem> problems) {
    this.spec = spec;
    this.volumes = volumes;
    this.problems = problems;
  }

  static void check(JsonNode spec, String path, List<Problem> problems) {
    check(spec, path, Set.of(), problems);
  }

  /** @param claims the volumes that the pods get beside those of the spec */
  static void check(JsonNode spec, String path, Set<String> claims, List<Problem> problems) {
    PodRules rules = new PodRules(spec, new HashSet<>(claims), problems);
    rules.volumes(path + ".volumes");
    Set<JsonNode> names = new HashSet<>();
    rules.containers("containers", path, names);
    rules.containers("initContainers", path, names);
    rules.tolerations(path + ".tolerations");
    if (spec.path("dnsPolicy").asString("").equals("None") && spec.at("/dnsConfig/nameservers").isEmpty()) {
      problems.add(Problem.required(path + ".dnsConfig.nameservers",
          "must provide at least one DNS nameserver when `dnsPolicy` is None"));
    }
  }

  private void volumes(String path) {
    int index = 0;
    for (JsonNode volume : spec.path("volumes")) {
      volumes.add(volume.path("name").asString(""));
      List<String> types = volume.propertyNames().stream().filter(name -> !name.equals("name")).toList();
      String at = path + "[" + index++ + "]";
      types.stream().skip(1).forEach(type ->
          problems.add(Problem.forbidden(at + "." + type, "may not specify more than 1 volume type")));
    }
  }

  private void containers(String member, String path, Set<JsonNode> names) {
    int index = 0;
    for (JsonNode container : spec.path(member)) {
      String at = path + "." + member + "[" + index++ + "]";
      JsonNode name = container.path("name");
      if (name.isString() && !name.stringValue().isEmpty() && !names.add(name)) {
        problems.add(Problem.duplicate(at + ".name", name));
      }
      ports(container, at);
      environment(container, at);
      mounts(container, at);
      resources(container.path("resources"), at + ".resources");
      for (String probe : List.of("livenessProbe", "readinessProbe", "startupProbe")) {
        handler(container.path(probe), at + "." + probe);
        JsonNode successes = container.path(probe).path("successThreshold");
        if (!probe.equals("readinessProbe") && successes.asInt(1) > 1) {
          problems.add(Problem.invalid(at + "." + probe + ".successThreshold", successes.asString(), "must be 1"));
        }
      }
      handler(container.at("/lifecycle/postStart"), at + ".lifecycle.postStart");
      handler(container.at("/lifecycle/preStop"), at + ".lifecycle.preStop");
    }
  }

  private void ports(JsonNode container, String path) {
    Set<JsonNode> names = new HashSet<>();
    for (int i = 0; i < container.path("ports").size(); i++) {
      JsonNode name = container.path("ports").get(i).path("name");
      if (name.isString() && !name.stringValue().isEmpty() && !names.add(name)) {
        problems.add(Problem.duplicate(path + ".ports[" + i + "].name", name));
      }
    }
  }

  private void environment(JsonNode container, String path) {
    int index = 0;
    for (JsonNode variable : container.path("env")) {
      String at = path + ".env[" + index++ + "].valueFrom";
      JsonNode from = variable.path("valueFrom");
      if (from.isObject() && from.isEmpty()) {
        problems.add(Problem.invalid(at, "\"\"", "must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`,"
            + " `secretKeyRef` or `fileKeyRef`"));
      } else if (from.isObject() && !variable.path("value").asString("").isEmpty()) {
        problems.add(Problem.invalid(at, "\"\"", "may not be specified when `value` is not empty"));
      }
    }
    for (JsonNode source : container.path("envFrom")) {
      if (!source.has("configMapRef") && !source.has("secretRef")) {
        problems.add(Problem.invalid(path + ".envFrom", "\"\"", "must specify one of: `configMapRef` or `secretRef`"));
      }
    }
  }

  private void mounts(JsonNode container, String path) {
    int index = 0;
    for (JsonNode mount : container.path("volumeMounts")) {
      String at = path + ".volumeMounts[" + index++ + "].name";
      String name = mount.path("name").asString("");
      if (!name.isEmpty() && !volumes.contains(name)) {
        problems.add(new Problem("FieldValueNotFound", at, "Not found: " + Problem.shown(mount.path("name"))));
      }
    }
  }

  private void resources(JsonNode resources, String path) {
    for (String member : List.of("limits", "requests")) {
      for (Map.Entry<String, JsonNode> one : resources.path(member).properties()) {
        String name = one.getKey();
        String at = path + "." + member + "[" + name + "]";
        Quantity amount = Quantity.parse(one.getValue().asString(""));
        if (amount != null && amount.value().signum() < 0) {
          problems.add(Problem.invalid(at, Problem.shown(one.getValue()), "must be greater than or equal to 0"));
        }
        if (!name.contains("/") && !RESOURCES.contains(name) && !name.startsWith("hugepages-")) {
          problems.add(Problem.of("FieldValueInvalid", at, "Invalid value", name,
              "must be a standard resource type or fully qualified"));
          problems.add(Problem.of("FieldValueInvalid", at, "Invalid value", name, "must be a standard resource for containers"));
        }
      }
    }
    for (Map.Entry<String, JsonNode> limit : resources.path("limits").properties()) {
      Quantity most = Quantity.parse(limit.getValue().asString(""));
      Quantity wanted = Quantity.parse(resources.path("requests").path(limit.getKey()).asString(""));
      if (most != null && wanted != null && wanted.value().compareTo(most.value()) > 0) {
        problems.add(Problem.of("FieldValueInvalid", path + ".requests", "Invalid value", wanted.canonical(),
            "must be less than or equal to %s limit of %s".formatted(limit.getKey(), most.canonical())));
      }
    }
  }

  private void handler(JsonNode handler, String path) {
    if (handler.isObject() && handler.propertyNames().stream().noneMatch(HANDLERS::contains)) {
      problems.add(Problem.required(path, "must specify a handler type"));
    }
  }

  private void tolerations(String path) {
    int index = 0;
    for (JsonNode toleration : spec.path("tolerations")) {
      String at = path + "[" + index++ + "].operator";
      String operator = toleration.path("operator").asString("");
      if (toleration.path("key").asString("").isEmpty() && !operator.equals("Exists")) {
        problems.add(Problem.of("FieldValueInvalid", at, "Invalid value", operator, "operator must be Exists when `key` is empty,"
            + " which means \"match all values and all keys\""));
      } else if (operator.equals("Exists") && !toleration.path("value").asString("").isEmpty()) {
        problems.add(Problem.invalid(at, Problem.shown(toleration.path("value")),
            "value must be empty when `operator` is 'Exists'"));
      }
    }
  }
}
