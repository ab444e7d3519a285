package io.kooper.test.write;

import io.kooper.test.admission.Admission;
import io.kooper.test.json.Json;
import io.kooper.test.types.Conversions;
import io.kooper.test.types.Crds;
import io.kooper.test.types.Resource;
import java.security.SecureRandom;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** What a new object is given: a name, a status, and what only the server can know. */
final class NewObjects {

  private static final String SUFFIX_LETTERS = "bcdfghjklmnpqrstvwxz2456789"; // the API server's own, without vowels
  private static final int LONGEST_PREFIX = 58;

  private final SecureRandom random = new SecureRandom();
  private final Services services;

  NewObjects(Services services) {
    this.services = services;
  }

  /** The name, generated if the object says so; empty if it says nothing, for which it is refused later. */
  String name(ObjectNode metadata, Admission admission) {
    String name = metadata.path("name").asString("");
    String prefix = metadata.path("generateName").asString("");
    if (name.isEmpty() && !prefix.isEmpty()) {
      name = prefix.substring(0, Math.min(prefix.length(), LONGEST_PREFIX)) + admission.once("suffix", this::suffix);
      metadata.put("name", name);
    }
    return name;
  }

  private String suffix() {
    StringBuilder suffix = new StringBuilder();
    random.ints(5, 0, SUFFIX_LETTERS.length()).forEach(i -> suffix.append(SUFFIX_LETTERS.charAt(i)));
    return suffix.toString();
  }

  /** What is set as if the client had done so. */
  static void label(Resource resource, String name, ObjectNode object) {
    if (resource.is("namespaces") && !name.isEmpty()) {
      Json.metadata(object).withObjectProperty("labels").put("kubernetes.io/metadata.name", name);
    } else if (resource.is("daemonsets.apps")) {
      Json.metadata(object).withObjectProperty("annotations").put("deprecated.daemonset.template.generation", "1");
    } else if (resource.is("replicationcontrollers") && !object.path("metadata").has("labels")
        && object.at("/spec/template/metadata/labels") instanceof ObjectNode labels) {
      Json.metadata(object).set("labels", labels.deepCopy());
    }
  }

  /** The state in which an object begins. */
  void begin(Resource resource, String name, ObjectNode object, Admission admission) {
    object.put("apiVersion", resource.storedApiVersion());
    if (resource.type().statusSubresource()) {
      object.remove("status");
    }
    ObjectNode metadata = Json.metadata(object);
    if (resource.kind() != null && !resource.is(Crds.QUALIFIED_NAME)) {
      resource.kind().schema().complete(object); // the status that has just gone
    }
    Conversions.stored(resource, object);
    switch (resource.type().qualifiedName()) {
      case "namespaces" -> {
        object.withObjectProperty("spec").putArray("finalizers").add("kubernetes");
        object.putObject("status").put("phase", "Active");
      }
      case "services" -> services.give(object.withObjectProperty("spec"), admission);
      case "jobs.batch" -> select(name, metadata, object.withObjectProperty("spec"));
      case "persistentvolumeclaims" -> protect(metadata, "kubernetes.io/pvc-protection");
      case "nodes" -> object.withObjectProperty("spec").withArrayProperty("taints").addObject()
          .put("key", "node.kubernetes.io/not-ready").put("effect", "NoSchedule");
      case "persistentvolumes" -> protect(metadata, "kubernetes.io/pv-protection");
      case Crds.QUALIFIED_NAME -> {
        Crds.validate(resource, name, object, null);
        Crds.complete(object);
      }
      default -> { }
    }
  }

  private static void protect(ObjectNode metadata, String finalizer) {
    ArrayNode finalizers = metadata.withArrayProperty("finalizers");
    if (finalizers.valueStream().noneMatch(one -> one.asString("").equals(finalizer))) {
      finalizers.add(finalizer);
    }
  }

  /** Whose pods a job's are. */
  private static void select(String name, ObjectNode metadata, ObjectNode job) {
    if (job.path("manualSelector").asBoolean(false)) {
      return;
    }
    ObjectNode template = job.withObjectProperty("template");
    ObjectNode labels = Json.metadata(template).withObjectProperty("labels");
    JsonNode uid = metadata.path("uid");
    for (String prefix : new String[] {"", "batch.kubernetes.io/"}) {
      labels.putIfAbsent(prefix + "controller-uid", uid);
      labels.put(prefix + "job-name", name);
    }
    if (!job.has("selector")) {
      job.putObject("selector").putObject("matchLabels").set("batch.kubernetes.io/controller-uid", uid);
    }
    ObjectNode own = metadata.withObjectProperty("labels");
    labels.properties().stream().filter(label -> label.getKey().endsWith("controller-uid") || label.getKey().endsWith("job-name"))
        .forEach(label -> own.set(label.getKey(), label.getValue()));
  }
}
