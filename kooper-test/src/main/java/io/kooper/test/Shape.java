package io.kooper.test;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.StringNode;

/** What the schema says of a value at one place of an object: how it is merged with another. */
interface Shape {

  /** What is at a member of this object. */
  Shape member(String name);

  /** What is in this list. */
  Shape items();

  /** Whether this object is replaced as a whole by server-side apply. */
  boolean isAtomic();

  /** Whether this list is a set of scalars. */
  boolean isSet();

  /** The members that tell the objects of this list apart; empty for a list that is replaced as a whole. */
  List<String> keys();

  /** What a key is where an object of this list leaves it out. */
  @Nullable JsonNode keyDefault(String key);

  /** An object of a built-in type. */
  static Shape builtIn() {
    return new BuiltIn("", "");
  }

  /** A custom resource, by the schema of its definition, which may be missing. */
  static Shape custom(JsonNode schema) {
    return new Custom(schema, true);
  }

  /**
   * Goes by the names of a field and of its parent, which are enough to tell the lists of the built-in types apart. The
   * tables follow the kube-apiserver's own OpenAPI document.
   */
  record BuiltIn(String parent, String name) implements Shape {

    private static final Map<String, List<String>> KEYS = keyTable();
    private static final Set<String> SETS = Set.of("metadata/finalizers", "spec/podCIDRs");
    private static final Set<String> ATOMIC = Set.of("selector", "nodeSelector", "labelSelector", "namespaceSelector",
        "podSelector", "configMapKeyRef", "secretKeyRef", "fieldRef", "resourceFieldRef", "involvedObject",
        "regarding", "related", "dataSource", "targetRef", "secretRef", "roleRef");

    @Override
    public Shape member(String member) {
      return new BuiltIn(name, member);
    }

    @Override
    public Shape items() {
      return this;
    }

    @Override
    public boolean isAtomic() {
      return ATOMIC.contains(name);
    }

    @Override
    public boolean isSet() {
      return SETS.contains(parent + "/" + name);
    }

    @Override
    public List<String> keys() {
      List<String> keys = KEYS.get(parent + "/" + name);
      return keys != null ? keys : KEYS.getOrDefault(name, List.of());
    }

    @Override
    public @Nullable JsonNode keyDefault(String key) {
      return key.equals("protocol") ? StringNode.valueOf("TCP") : null;
    }

    private static Map<String, List<String>> keyTable() {
      Map<String, List<String>> keys = new HashMap<>();
      for (String name : List.of("containers", "initContainers", "ephemeralContainers", "volumes", "env",
          "spec/imagePullSecrets", "secrets", "resourceClaims", "resourceClaimStatuses", "schedulingGates", "claims",
          "allocatedResourcesStatus")) {
        keys.put(name, List.of("name"));
      }
      for (String containers : List.of("containers", "initContainers", "ephemeralContainers")) {
        keys.put(containers + "/ports", List.of("containerPort", "protocol"));
      }
      keys.put("spec/ports", List.of("port", "protocol"));
      keys.put("volumeMounts", List.of("mountPath"));
      keys.put("volumeDevices", List.of("devicePath"));
      keys.put("conditions", List.of("type"));
      keys.put("status/addresses", List.of("type"));
      keys.put("metadata/ownerReferences", List.of("uid"));
      keys.put("hostAliases", List.of("ip"));
      keys.put("podIPs", List.of("ip"));
      keys.put("topologySpreadConstraints", List.of("topologyKey", "whenUnsatisfiable"));
      return Map.copyOf(keys);
    }
  }

  /** Goes by {@code x-kubernetes-list-type} and its relatives. */
  record Custom(JsonNode schema, boolean root) implements Shape {

    @Override
    public Shape member(String member) {
      if (root && member.equals("metadata")) {
        return builtIn().member(member);
      }
      JsonNode property = schema.path("properties").path(member);
      return new Custom(property.isMissingNode() ? schema.path("additionalProperties") : property, false);
    }

    @Override
    public Shape items() {
      return new Custom(schema.path("items"), false);
    }

    @Override
    public boolean isAtomic() {
      return schema.path("x-kubernetes-map-type").asString("").equals("atomic");
    }

    @Override
    public boolean isSet() {
      return schema.path("x-kubernetes-list-type").asString("").equals("set");
    }

    @Override
    public List<String> keys() {
      return schema.path("x-kubernetes-list-type").asString("").equals("map")
          ? schema.path("x-kubernetes-list-map-keys").valueStream().map(key -> key.asString("")).toList()
          : List.of();
    }

    @Override
    public @Nullable JsonNode keyDefault(String key) {
      return schema.path("items").path("properties").path(key).get("default");
    }
  }
}
