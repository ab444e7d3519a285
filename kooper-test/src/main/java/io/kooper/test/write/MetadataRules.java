package io.kooper.test.write;

import io.kooper.test.json.Json;
import io.kooper.test.kinds.Labels;
import io.kooper.test.types.Resource;
import io.kooper.test.validation.Problem;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** What is wrong with an object's labels, annotations, finalizers and owners, in the words of the API server. */
final class MetadataRules {

  private static final Set<String> STANDARD_FINALIZERS = Set.of("orphan", "foregroundDeletion", "kubernetes");

  private static final Set<String> SEEN_THRICE = Set.of("services", "deployments.apps", "replicasets.apps", "statefulsets.apps",
      "daemonsets.apps", "cronjobs.batch", "leases.coordination.k8s.io");

  private static final long MOST_ANNOTATED = 256 * 1024;

  private final List<Problem> problems = new ArrayList<>();

  private MetadataRules() {}

  static List<Problem> problems(Resource resource, ObjectNode object) {
    List<Problem> problems = new ArrayList<>(general(object.path("metadata")));
    problems.addAll(finalizers(resource, object.path("metadata")));
    return problems;
  }

  /** As {@link #problems}, of a changed object, which the API server checks at several places that tell the same. */
  static List<Problem> changed(Resource resource, ObjectNode object) {
    int times = resource.is("poddisruptionbudgets.policy") ? 2
        : resource.isCustom() || SEEN_THRICE.contains(resource.type().qualifiedName()) ? 3 : 4;
    List<Problem> problems = new ArrayList<>();
    for (int i = 0; i < times; i++) {
      problems.addAll(general(object.path("metadata")));
    }
    for (int i = 0; i < Math.max(1, times - 2); i++) { // where it is compared with what was there nobody looks at finalizers
      problems.addAll(finalizers(resource, object.path("metadata")));
    }
    return problems;
  }

  private static List<Problem> general(JsonNode metadata) {
    MetadataRules rules = new MetadataRules();
    Labels.check(metadata.path("labels"), "metadata.labels", rules.problems);
    long size = 0;
    for (Map.Entry<String, JsonNode> annotation : metadata.path("annotations").properties()) {
      Labels.key(annotation.getKey()).forEach(wrong -> rules.invalid("metadata.annotations", annotation.getKey(), wrong));
      size += annotation.getKey().length() + annotation.getValue().asString("").getBytes(StandardCharsets.UTF_8).length;
    }
    if (size > MOST_ANNOTATED) {
      rules.problems.add(new Problem("FieldValueTooLong", "metadata.annotations",
          "Too long: may not be more than " + MOST_ANNOTATED + " bytes"));
    }
    rules.owners(metadata.path("ownerReferences"));
    return rules.problems;
  }

  private static List<Problem> finalizers(Resource resource, JsonNode metadata) {
    MetadataRules rules = new MetadataRules();
    boolean qualified = !resource.isCustom() && !resource.is("leases.coordination.k8s.io")
        && !resource.is("poddisruptionbudgets.policy"); // of others the API server warns at most
    rules.finalizers(metadata.path("finalizers"), qualified);
    return rules.problems;
  }

  private void owners(JsonNode owners) {
    JsonNode controller = null;
    for (JsonNode owner : owners) {
      for (String member : List.of("apiVersion", "kind", "name", "uid")) {
        if (owner.path(member).asString("").isEmpty()) {
          invalid("metadata.ownerReferences." + member, "", member.equals("apiVersion") ? "version must not be empty"
              : "must not be empty");
        }
      }
      if (owner.path("kind").asString("").equals("Event") && owner.path("apiVersion").asString("").equals("v1")) {
        problems.add(Problem.invalid("metadata.ownerReferences", ordered(Json.array().add(owner)).replaceAll("^\\[|]$", ""),
            "/v1, Kind=Event is disallowed from being an owner"));
      }
      if (owner.path("controller").asBoolean(false)) {
        if (controller != null) {
          problems.add(Problem.invalid("metadata.ownerReferences", ordered(owners),
              "Only one reference can have Controller set to"
              + " true. Found \"true\" in references for %s/%s and %s/%s".formatted(controller.path("kind").asString(""),
                  controller.path("name").asString(""), owner.path("kind").asString(""), owner.path("name").asString(""))));
        }
        controller = controller == null ? owner : controller;
      }
    }
  }

  /** As the API server's own type has its members. */
  private static String ordered(JsonNode owners) {
    ArrayNode ordered = Json.array();
    for (JsonNode owner : owners) {
      ObjectNode one = ordered.addObject();
      for (String member : List.of("apiVersion", "kind", "name", "uid", "controller", "blockOwnerDeletion")) {
        if (owner.has(member)) {
          one.set(member, owner.get(member));
        }
      }
    }
    return ordered.toString();
  }

  private void finalizers(JsonNode finalizers, boolean qualified) {
    int index = 0;
    for (JsonNode finalizer : finalizers) {
      String name = finalizer.asString("");
      Labels.key(name).forEach(wrong -> invalid("metadata.finalizers", name, wrong));
      if (qualified && !name.contains("/") && !STANDARD_FINALIZERS.contains(name)) {
        invalid("metadata.finalizers[" + index + "]", name,
            "name is neither a standard finalizer name nor is it fully qualified");
      }
      index++;
    }
  }

  private void invalid(String field, String value, String detail) {
    problems.add(Problem.of("FieldValueInvalid", field, "Invalid value", value, detail));
  }
}
