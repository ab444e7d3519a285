package io.kooper.test;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/** The types that are served from the start: a table, so that one more is one more line. */
final class BuiltInTypes {

  private static final Map<String, String> POD_FIELDS = pointers("spec.nodeName", "spec.restartPolicy",
      "spec.schedulerName", "spec.serviceAccountName", "status.phase", "status.podIP", "status.nominatedNodeName");
  private static final Map<String, String> EVENT_FIELDS = pointers("involvedObject.kind", "involvedObject.namespace",
      "involvedObject.name", "involvedObject.uid", "reason", "type");

  private static final Set<String> SCALABLE =
      Set.of("Deployment", "ReplicaSet", "StatefulSet", "ReplicationController");

  private static final Set<String> GROUPS =
      all().stream().map(resource -> resource.type().group()).collect(Collectors.toUnmodifiableSet());

  private BuiltInTypes() {}

  static List<Resource> all() {
    return List.of(
        type("", "v1", "Namespace", "namespaces", false, true, false, true, pointers("status.phase"), "ns"),
        type("", "v1", "Node", "nodes", false, true, false, true, pointers("spec.unschedulable"), "no"),
        type("", "v1", "Pod", "pods", true, true, true, true, POD_FIELDS, "po"),
        type("", "v1", "Service", "services", true, true, false, true, Map.of(), "svc"),
        type("", "v1", "ConfigMap", "configmaps", true, false, false, true, Map.of(), "cm"),
        type("", "v1", "Secret", "secrets", true, false, false, true, pointers("type")),
        type("", "v1", "ServiceAccount", "serviceaccounts", true, false, false, true, Map.of(), "sa"),
        type("", "v1", "Endpoints", "endpoints", true, false, false, true, Map.of(), "ep"),
        type("", "v1", "Event", "events", true, false, false, true, EVENT_FIELDS, "ev"),
        type("", "v1", "PersistentVolume", "persistentvolumes", false, true, false, true, Map.of(), "pv"),
        type("", "v1", "PersistentVolumeClaim", "persistentvolumeclaims", true, true, false, true, Map.of(), "pvc"),
        type("", "v1", "ReplicationController", "replicationcontrollers", true, true, true, true,
            pointers("status.replicas"), "rc"),
        type("apps", "v1", "Deployment", "deployments", true, true, true, true, Map.of(), "deploy"),
        type("apps", "v1", "ReplicaSet", "replicasets", true, true, true, true, Map.of(), "rs"),
        type("apps", "v1", "StatefulSet", "statefulsets", true, true, true, true, Map.of(), "sts"),
        type("apps", "v1", "DaemonSet", "daemonsets", true, true, true, true, Map.of(), "ds"),
        type("batch", "v1", "Job", "jobs", true, true, true, true, Map.of()),
        type("batch", "v1", "CronJob", "cronjobs", true, true, true, true, Map.of(), "cj"),
        type("coordination.k8s.io", "v1", "Lease", "leases", true, false, false, false, Map.of()),
        type("events.k8s.io", "v1", "Event", "events", true, false, false, true, Map.of(), "ev"),
        type(Crds.GROUP, "v1", "CustomResourceDefinition", "customresourcedefinitions", false, true, true, false,
            Map.of(), "crd", "crds"));
  }

  static boolean hasGroup(String group) {
    return GROUPS.contains(group);
  }

  private static Resource type(String group, String version, String kind, String plural, boolean namespaced,
      boolean status, boolean generation, boolean unconditionalUpdate, Map<String, String> fields,
      String... shortNames) {
    ResourceType type = new ResourceType(group, version, kind, plural, namespaced, status);
    return new Resource(type, kind + "List", kind.toLowerCase(Locale.ROOT), List.of(shortNames), fields, generation,
        unconditionalUpdate, type.apiVersion(), Shape.builtIn(), SCALABLE.contains(kind) ? Scale.BUILT_IN : null,
        null);
  }

  private static Map<String, String> pointers(String... fields) {
    Map<String, String> pointers = new LinkedHashMap<>();
    for (String field : fields) {
      pointers.put(field, "/" + field.replace('.', '/'));
    }
    return pointers;
  }
}
