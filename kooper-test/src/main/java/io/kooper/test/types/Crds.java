package io.kooper.test.types;

import io.kooper.test.ResourceType;
import io.kooper.test.json.Statuses;
import io.kooper.test.validation.CustomSchema;
import io.kooper.test.validation.Problem;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** What a CustomResourceDefinition says: the types it defines, and the status it is given. */
public final class Crds {

  public static final String GROUP = "apiextensions.k8s.io";
  public static final String QUALIFIED_NAME = "customresourcedefinitions." + GROUP;
  public static final String FINALIZER = "customresourcecleanup." + GROUP;

  private Crds() {}

  /**
   * @param old what it was, null for a new one
   * @throws StatusException 422 when a definition cannot be served
   */
  public static void validate(Resource resource, String name, ObjectNode crd, @Nullable ObjectNode old) {
    List<Problem> problems = new ArrayList<>(DefinitionLife.problems(name, crd, old));
    JsonNode versions = crd.at("/spec/versions");
    int index = 0;
    for (JsonNode version : versions) {
      if (!version.at("/schema/openAPIV3Schema").isObject()) {
        problems.add(new Problem("FieldValueRequired", "spec.versions[" + index + "].schema.openAPIV3Schema",
            "Required value: schemas are required"));
      }
      index++;
    }
    if (problems.isEmpty()) {
      problems.addAll(schemaProblems(versions));
    }
    if (!problems.isEmpty()) {
      throw Statuses.invalid(resource.type(), name, problems);
    }
  }

  /** A change of a definition: what it must be, and what it is given. */
  public static void changed(Resource resource, String name, ObjectNode crd, ObjectNode old) {
    long storages = crd.at("/spec/versions").valueStream().filter(one -> one.path("storage").asBoolean(false)).count();
    if (storages == 1) {
      DefinitionLife.storedVersions(crd, storageVersion(crd));
    }
    validate(resource, name, crd, old);
  }

  private static List<Problem> schemaProblems(JsonNode versions) {
    List<JsonNode> schemas = versions.valueStream().map(version -> version.at("/schema/openAPIV3Schema")).toList();
    if (schemas.isEmpty()) {
      return List.of();
    }
    if (schemas.stream().distinct().count() == 1) { // the API server keeps what all have in another place
      return schema(versions.get(0)).definitionProblems("spec.validation.openAPIV3Schema");
    }
    List<Problem> problems = new ArrayList<>();
    for (int i = 0; i < schemas.size(); i++) {
      problems.addAll(schema(versions.get(i)).definitionProblems("spec.versions[" + i + "].schema.openAPIV3Schema"));
    }
    return problems;
  }

  /** What the client is told of a definition, which may be anything else: the formats that say nothing to the API server. */
  public static List<String> warnings(Resource resource, ObjectNode crd) {
    return !resource.is(QUALIFIED_NAME) ? List.of()
        : crd.at("/spec/versions").valueStream().flatMap(version -> schema(version).unknownFormats().stream()).distinct()
            .map(format -> "unrecognized format \"" + format + "\"").toList();
  }

  private static CustomSchema schema(JsonNode version) {
    return new CustomSchema(version.at("/schema/openAPIV3Schema"), version.at("/subresources/scale"));
  }

  /** The served versions of a definition. */
  public static List<Resource> resources(ObjectNode crd) {
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
            names.path("singular").asString(kind.toLowerCase(Locale.ROOT)), shortNames, selectable(version), true, false,
            group + "/" + storageVersion(crd), Shape.custom(version.at("/schema/openAPIV3Schema")),
            Scale.of(version.at("/subresources/scale")),
            schema(version), null, version.path("additionalPrinterColumns"), DefinitionLife.isTrue(crd, "Terminating")));
      }
    }
    return resources;
  }

  private static Map<String, String> selectable(JsonNode version) {
    Map<String, String> pointers = new LinkedHashMap<>();
    version.path("selectableFields").forEach(field -> {
      String path = field.path("jsonPath").asString("").substring(1);
      pointers.put(path, "/" + path.replace('.', '/'));
    });
    return pointers;
  }

  /** Sets the defaults of a new definition, and the status that it has before the API server's controllers see it. */
  public static void complete(ObjectNode crd) {
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

  /**
   * The status that the API server's own controllers write: accepted and established, unless another definition of the
   * group has one of the names.
   */
  public static void establish(ObjectNode crd, List<ObjectNode> others) {
    ObjectNode status = crd.withObjectProperty("status");
    String[] conflict = DefinitionLife.accept(crd, others, status.withObjectProperty("acceptedNames"));
    boolean established = DefinitionLife.isTrue(crd, "Established");
    ArrayNode conditions = status.putArray("conditions");
    if (conflict == null) {
      condition(conditions, "NamesAccepted", true, "NoConflicts", "no conflicts found");
      condition(conditions, "Established", true, "InitialNamesAccepted", "the initial names have been accepted");
    } else {
      condition(conditions, "NamesAccepted", false, conflict[0], conflict[1]);
      condition(conditions, "Established", established, established ? "InitialNamesAccepted" : "NotAccepted",
          established ? "the initial names have been accepted" : "not all names are accepted");
    }
    DefinitionLife.storedVersions(crd, storageVersion(crd));
  }

  /** Tells that it and its objects are about to go. */
  public static void terminate(ObjectNode crd) {
    condition(crd.withObjectProperty("status").withArrayProperty("conditions"), "Terminating", true, "InstanceDeletionPending",
        "CustomResourceDefinition marked for deletion; CustomResource deletion will begin soon");
  }

  public static boolean isEstablished(ObjectNode crd) {
    return DefinitionLife.isTrue(crd, "Established");
  }

  private static String storageVersion(ObjectNode crd) {
    for (JsonNode version : crd.at("/spec/versions")) {
      if (version.path("storage").asBoolean(false)) {
        return version.path("name").asString();
      }
    }
    throw new IllegalStateException("a definition is validated before it is stored");
  }

  private static void condition(ArrayNode conditions, String type, boolean value, String reason, String message) {
    conditions.addObject().put("type", type).put("status", value ? "True" : "False").put("reason", reason)
        .put("message", message).put("lastTransitionTime", Instant.now().truncatedTo(ChronoUnit.SECONDS).toString());
  }
}
