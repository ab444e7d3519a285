package io.kooper.test.write;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.kooper.test.admission.Admission;
import io.kooper.test.patch.FieldOwners;
import io.kooper.test.store.Registry;
import io.kooper.test.types.Resource;
import java.util.List;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Writes the status that an object would have once a cluster's controllers and kubelets were done with it. */
public final class Readiness {

  private final Registry registry;
  private final Writes writes;

  public Readiness(Registry registry, Writes writes) {
    this.registry = registry;
    this.writes = writes;
  }

  public void ready(HasMetadata object) {
    String apiVersion = object.getApiVersion();
    int slash = apiVersion.indexOf('/');
    Resource resource = registry.find(slash < 0 ? "" : apiVersion.substring(0, slash), apiVersion.substring(slash + 1),
        object.getPlural());
    if (resource == null || !resource.type().statusSubresource()) {
      throw new IllegalArgumentException("there is no status of " + object.getFullResourceName());
    }
    String namespace = object.getMetadata().getNamespace();
    FieldOwners.Manager manager = new FieldOwners.Manager("kooper-test", false, apiVersion, "status");
    writes.update(resource, !resource.type().namespaced() ? "" : namespace == null ? "default" : namespace,
        object.getMetadata().getName(), manager, false, false, Admission.none(), current -> {
          status(resource.type().kind(), current);
          return current;
        });
  }

  private static void status(String kind, ObjectNode object) {
    ObjectNode status = object.withObjectProperty("status");
    JsonNode generation = object.at("/metadata/generation");
    if (generation.isNumber()) {
      status.set("observedGeneration", generation);
    }
    int replicas = object.at("/spec/replicas").asInt(1);
    switch (kind) {
      case "Deployment" -> {
        counts(status, replicas, "replicas", "updatedReplicas", "readyReplicas", "availableReplicas");
        status.remove("unavailableReplicas");
        condition(status, "Available", "MinimumReplicasAvailable");
        condition(status, "Progressing", "NewReplicaSetAvailable");
      }
      case "ReplicaSet", "ReplicationController" -> {
        counts(status, replicas, "replicas", "fullyLabeledReplicas", "readyReplicas", "availableReplicas");
      }
      case "StatefulSet" -> {
        counts(status, replicas, "replicas", "currentReplicas", "updatedReplicas", "readyReplicas", "availableReplicas");
        String name = object.at("/metadata/name").asString("");
        status.put("currentRevision", name + "-1").put("updateRevision", name + "-1");
      }
      case "DaemonSet" -> {
        counts(status, 1, "currentNumberScheduled", "desiredNumberScheduled", "numberReady", "numberAvailable",
            "updatedNumberScheduled");
        status.put("numberMisscheduled", 0);
      }
      case "Job" -> {
        int completions = object.at("/spec/completions").asInt(1);
        status.remove("active");
        status.put("succeeded", completions).put("ready", 0).put("startTime", Writes.now()).put("completionTime", Writes.now());
        condition(status, "SuccessCriteriaMet", "CompletionsReached");
        condition(status, "Complete", "CompletionsReached");
      }
      case "Pod" -> pod(object, status);
      case "PersistentVolumeClaim" -> status.put("phase", "Bound");
      case "PersistentVolume" -> status.put("phase", "Available");
      default -> condition(status, "Ready", "Ready");
    }
  }

  private static void pod(ObjectNode pod, ObjectNode status) {
    status.remove("observedGeneration");
    status.put("phase", "Running").put("podIP", "10.1.0.1").put("startTime", Writes.now());
    for (String type : List.of("Initialized", "Ready", "ContainersReady", "PodScheduled")) {
      condition(status, type, "");
    }
    ArrayNode containers = status.putArray("containerStatuses");
    for (JsonNode container : pod.at("/spec/containers")) {
      ObjectNode one = containers.addObject().put("name", container.path("name").asString(""))
          .put("image", container.path("image").asString("")).put("imageID", "").put("ready", true).put("restartCount", 0)
          .put("started", true);
      one.putObject("state").putObject("running").put("startedAt", Writes.now());
    }
  }

  private static void counts(ObjectNode status, int count, String... members) {
    for (String member : members) {
      status.put(member, count);
    }
  }

  private static void condition(ObjectNode status, String type, String reason) {
    ArrayNode conditions = status.withArrayProperty("conditions");
    conditions.removeIf(one -> one.path("type").asString("").equals(type));
    ObjectNode condition = conditions.addObject().put("type", type).put("status", "True").put("lastTransitionTime", Writes.now());
    if (!reason.isEmpty()) {
      condition.put("reason", reason).put("message", "");
    }
  }
}
