package io.kooper.test.write;

import io.kooper.test.admission.Admission;
import java.util.List;
import java.util.Objects;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** What a cluster gives to a service, addresses and ports of its nodes, and takes back when the service's type changes. */
final class Services {

  private static final int FIRST_NODE_PORT = 30_000;
  private static final int NODE_PORTS = 2768;
  private static final List<String> ADDRESSES = List.of("clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy");

  private int given; // how many addresses and ports; guarded by itself

  /** Gives a service what it does not say. */
  void give(ObjectNode spec, Admission admission) {
    if (isExternalName(spec)) {
      return;
    }
    if (!spec.has("clusterIP")) {
      int number = admission.once("address", this::next);
      spec.put("clusterIP", "10.%d.%d.%d".formatted(number >> 16 & 255, number >> 8 & 255, number & 255));
    }
    if (!spec.has("clusterIPs")) {
      spec.putArray("clusterIPs").add(spec.get("clusterIP"));
    }
    if (!spec.has("ipFamilies")) {
      spec.putArray("ipFamilies").add("IPv4");
    }
    if (!spec.has("ipFamilyPolicy")) {
      spec.put("ipFamilyPolicy", "SingleStack");
    }
    if (hasNodePorts(spec)) {
      for (JsonNode port : spec.path("ports")) {
        if (port instanceof ObjectNode open && open.path("nodePort").asInt(0) == 0) {
          String name = "nodePort " + port.path("name").asString("");
          open.put("nodePort", FIRST_NODE_PORT + admission.once(name, this::next) % NODE_PORTS);
        }
      }
    }
  }

  private synchronized int next() {
    return ++given;
  }

  /** What a changed service does not say stays as it was, and what its type does not have goes, unless it is said anew. */
  void change(ObjectNode spec, JsonNode before, Admission admission) {
    if (isExternalName(spec)) {
      ADDRESSES.forEach(member -> takeBack(spec, before, member));
      takeBack(spec, before, "internalTrafficPolicy");
    } else {
      ADDRESSES.stream().filter(member -> !spec.has(member) && before.has(member))
          .forEach(member -> spec.set(member, before.get(member)));
    }
    if (!isType(spec, "NodePort") && !isType(spec, "LoadBalancer")) {
      takeBack(spec, before, "externalTrafficPolicy");
    }
    if (!isType(spec, "LoadBalancer")) {
      takeBack(spec, before, "allocateLoadBalancerNodePorts");
      takeBack(spec, before, "loadBalancerClass");
    }
    for (JsonNode port : spec.path("ports")) {
      if (port instanceof ObjectNode open) {
        nodePort(open, before.path("ports"), hasNodePorts(spec));
      }
    }
    give(spec, admission);
  }

  private static void takeBack(ObjectNode spec, JsonNode before, String member) {
    if (Objects.equals(spec.get(member), before.get(member))) {
      spec.remove(member);
    }
  }

  private static void nodePort(ObjectNode port, JsonNode before, boolean open) {
    for (JsonNode old : before) {
      boolean same = old.path("name").asString("").equals(port.path("name").asString(""));
      if (same && open && !port.has("nodePort") && old.has("nodePort")) {
        port.set("nodePort", old.get("nodePort"));
      } else if (same && !open) {
        takeBack(port, old, "nodePort");
      }
    }
  }

  private static boolean isExternalName(JsonNode spec) {
    return isType(spec, "ExternalName");
  }

  private static boolean hasNodePorts(JsonNode spec) {
    return isType(spec, "NodePort")
        || isType(spec, "LoadBalancer") && spec.path("allocateLoadBalancerNodePorts").asBoolean(true);
  }

  private static boolean isType(JsonNode spec, String type) {
    return spec.path("type").asString("").equals(type);
  }
}
