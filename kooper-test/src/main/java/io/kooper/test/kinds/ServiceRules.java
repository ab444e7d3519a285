package io.kooper.test.kinds;

import io.kooper.test.validation.Problem;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import tools.jackson.databind.JsonNode;

/** What the parts of a service have to do with each other. */
final class ServiceRules {

  private ServiceRules() {}

  static List<String> warnings(JsonNode spec) {
    return spec.path("externalName").asString("").isEmpty() || spec.path("type").asString("").equals("ExternalName") ? List.of()
        : List.of("spec.externalName is ignored when spec.type is not \"ExternalName\"");
  }

  static void check(JsonNode spec, List<Problem> problems) {
    String type = spec.path("type").asString("");
    boolean external = type.equals("ExternalName");
    boolean headless = spec.path("clusterIP").asString("").equals("None");
    JsonNode ports = spec.path("ports");
    if (ports.isEmpty() && !external && !headless) {
      problems.add(Problem.required("spec.ports", ""));
    }
    if (external && spec.path("externalName").asString("").isEmpty()) {
      problems.add(Problem.required("spec.externalName", ""));
    }
    String address = spec.path("clusterIP").asString("");
    if (!address.isEmpty() && !headless) {
      Checks.check("ip", "", spec.path("clusterIP")).forEach(wrong -> problems.add(
          Problem.of("FieldValueInvalid", "spec.clusterIPs[0]", "Invalid value", address, wrong)));
    }
    boolean open = type.equals("NodePort") || type.equals("LoadBalancer");
    if (spec.has("externalTrafficPolicy") && !open) {
      problems.add(Problem.invalid("spec.externalTrafficPolicy", Problem.shown(spec.path("externalTrafficPolicy")),
          "may only be set for externally-accessible services"));
    }
    Set<String> names = new HashSet<>();
    for (int i = 0; i < ports.size(); i++) {
      JsonNode port = ports.get(i);
      String path = "spec.ports[" + i + "]";
      String name = port.path("name").asString("");
      if (name.isEmpty() && ports.size() > 1) {
        problems.add(Problem.required(path + ".name", ""));
      } else if (!name.isEmpty() && !names.add(name)) {
        problems.add(Problem.duplicate(path + ".name", port.path("name")));
      }
      if (port.path("nodePort").asInt(0) != 0 && !open) {
        problems.add(Problem.forbidden(path + ".nodePort", "may not be used when `type` is '" + type + "'"));
      }
    }
  }
}
