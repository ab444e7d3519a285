package io.kooper.test;

import io.kooper.test.validation.CustomSchema;
import io.kooper.test.validation.Problem;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** What a CustomResourceDefinition says: the types it defines, and the status it is given. */
final class Crds {

  static final String GROUP = "apiextensions.k8s.io";
  static final String QUALIFIED_NAME = "customresourcedefinitions." + GROUP;
  static final String FINALIZER = "customresourcecleanup." + GROUP;

  private Crds() {}

  /** @throws StatusException 422 when a definition cannot be served */
  static void validate(Resource resource, String name, ObjectNode crd) {
    JsonNode spec = crd.path("spec");
    String expected = spec.at("/names/plural").asString("") + "." + spec.path("group").asString("");
    if (!name.equals(expected)) {
      throw Statuses.invalid(resource.type(), name, "metadata.name",
          "Invalid value: \"%s\": must be spec.names.plural+\".\"+spec.group".formatted(name));
    }
    if (Objects.requireNonNullElse(Json.text(spec, "/names/kind"), "").isEmpty()) {
      throw Statuses.invalid(resource.type(), name, "spec.names.kind", "Required value");
    }
    int index = 0;
    int stored = 0;
    for (JsonNode version : spec.path("versions")) {
      if (!version.at("/schema/openAPIV3Schema").isObject()) {
        throw Statuses.invalid(resource.type(), name, "spec.versions[" + index + "].schema.openAPIV3Schema",
            "Required value: schemas are required");
      }
      stored += version.path("storage").asBoolean(false) ? 1 : 0;
      index++;
    }
    List<Problem> problems = schemaProblems(spec.path("versions"));
    if (!problems.isEmpty()) {
      throw Statuses.invalid(resource.type(), name, problems);
    }
    if (stored != 1) {
      throw Statuses.invalid(resource.type(), name, "spec.versions",
          "Invalid value: must have exactly one version marked as storage version");
    }
  }

  private static List<Problem> schemaProblems(JsonNode versions) {
    List<JsonNode> schemas = versions.valueStream().map(version -> version.at("/schema/openAPIV3Schema")).toList();
    if (schemas.stream().distinct().count() == 1) { // the API server keeps what all have in another place
      return schema(versions.get(0)).definitionProblems("spec.validation.openAPIV3Schema");
    }
    List<Problem> problems = new ArrayList<>();
    for (int i = 0; i < schemas.size(); i++) {
      problems.addAll(schema(versions.get(i)).definitionProblems("spec.versions[" + i + "].schema.openAPIV3Schema"));
    }
    return problems;
  }

  private static CustomSchema schema(JsonNode version) {
    return new CustomSchema(version.at("/schema/openAPIV3Schema"), version.at("/subresources/scale"));
  }

  /** The served versions of a definition. */
  static List<Resource> resources(ObjectNode crd) {
    JsonNode spec = crd.path("spec");
    JsonNode names = spec.path("names");
    String group = spec.path("group").asString();
    String kind = names.path("kind").asString();
    List<String> shortNames = new ArrayList<>();
    names.path("shortNames").forEach(shortName -> shortNames.add(shortName.asString()));
    List<Resource> resources = new ArrayList<>();
    for (JsonNode version : spec.path("versions")) {
      if (version.path("served").asBoolean(false)) {
        ResourceType type = new ResourceType(group, version.path("name").asString(), kind,
            names.path("plural").asString(), spec.path("scope").asString("").equals("Namespaced"),
            version.at("/subresources/status").isObject());
        resources.add(new Resource(type, names.path("listKind").asString(kind + "List"),
            names.path("singular").asString(kind.toLowerCase(Locale.ROOT)), shortNames, Map.of(), true, false,
            group + "/" + storageVersion(crd), Shape.custom(version.at("/schema/openAPIV3Schema")),
            Scale.of(version.at("/subresources/scale")),
            schema(version)));
      }
    }
    return resources;
  }

  /** Sets the defaults of a new definition, and the status that it has before the API server's controllers see it. */
  static void complete(ObjectNode crd) {
    ObjectNode spec = crd.withObjectProperty("spec");
    if (!spec.has("conversion")) {
      spec.putObject("conversion").put("strategy", "None");
    }
    ObjectNode names = spec.withObjectProperty("names");
    String kind = names.path("kind").asString("");
    names.put("singular", names.path("singular").asString(kind.toLowerCase(Locale.ROOT)));
    names.put("listKind", names.path("listKind").asString(kind + "List"));
    ObjectNode status = crd.putObject("status");
    status.putObject("acceptedNames").put("kind", "").put("plural", "");
    status.putNull("conditions");
    status.putArray("storedVersions").add(storageVersion(crd));
  }

  /** The status that the API server's own controllers write: accepted and established. */
  static ObjectNode establishedStatus(ObjectNode crd) {
    ObjectNode status = Json.object();
    status.set("acceptedNames", crd.at("/spec/names").deepCopy());
    ArrayNode conditions = status.putArray("conditions");
    condition(conditions, "NamesAccepted", "NoConflicts", "no conflicts found");
    condition(conditions, "Established", "InitialNamesAccepted", "the initial names have been accepted");
    ArrayNode versions = status.putArray("storedVersions");
    versions.add(storageVersion(crd));
    return status;
  }

  private static String storageVersion(ObjectNode crd) {
    for (JsonNode version : crd.at("/spec/versions")) {
      if (version.path("storage").asBoolean(false)) {
        return version.path("name").asString();
      }
    }
    throw new IllegalStateException("a definition is validated before it is stored");
  }

  private static void condition(ArrayNode conditions, String type, String reason, String message) {
    conditions.addObject().put("type", type).put("status", "True").put("reason", reason).put("message", message)
        .put("lastTransitionTime", Instant.now().truncatedTo(ChronoUnit.SECONDS).toString());
  }
}
