package io.kooper.test.write;

import io.kooper.test.ResourceType;
import io.kooper.test.json.Json;
import io.kooper.test.json.StatusException;
import io.kooper.test.json.Statuses;
import io.kooper.test.store.StoredObject;
import io.kooper.test.types.BuiltInTypes;
import io.kooper.test.types.Resource;
import io.kooper.test.validation.Problem;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** What a write has to agree with: its path, its type, and the object that is there. */
public final class WriteChecks {

  private WriteChecks() {}

  public static void checkType(Resource resource, ObjectNode object) {
    checkType(resource, null, object);
  }

  public static void checkType(Resource resource, @Nullable String subresource, ObjectNode object) {
    ResourceType type = resource.typeAt(subresource);
    String apiVersion = type.apiVersion();
    String kind = type.kind();
    String version = object.path("apiVersion").asString("");
    String givenVersion = version.isEmpty() ? apiVersion : version;
    String named = object.path("kind").asString("");
    String givenKind = named.isEmpty() ? kind : named;
    if (!givenVersion.equals(apiVersion) || !givenKind.equals(kind)) {
      throw resource.kind() == null
          ? Statuses.badRequest("%s in version \"%s\" cannot be handled as a %s in version \"%s\"".formatted(
              givenKind, givenVersion, kind, apiVersion))
          : Statuses.badRequest("%s in version \"%s\" cannot be handled as a %s: %s".formatted(givenKind,
              givenVersion.substring(givenVersion.indexOf('/') + 1), kind, BuiltInTypes.mismatch(type, givenVersion, givenKind)));
    }
    object.put("apiVersion", apiVersion).put("kind", kind);
  }

  /** @throws StatusException 400 when an object that is put at a path does not say its name */
  public static void requireName(ObjectNode object, String name) {
    if (object.path("metadata").path("name").asString("").isEmpty()) {
      throw Statuses.badRequest(
          "the name of the object (%s based on URL) was undeterminable: name must be provided".formatted(name));
    }
  }

  static void checkNamespace(Resource resource, String namespace, ObjectNode metadata) {
    String given = metadata.path("namespace").asString("");
    if (!given.isEmpty() && !given.equals(namespace)) {
      throw Statuses.badRequest(
          "the namespace of the provided object does not match the namespace sent on the request");
    }
    if (resource.type().namespaced()) {
      metadata.put("namespace", namespace);
    }
  }

  static void checkIdentity(Resource resource, StoredObject current, ObjectNode wanted) {
    ObjectNode metadata = Json.metadata(wanted);
    String name = metadata.path("name").asString(current.name());
    checkName(current.name(), name);
    metadata.put("name", name);
    checkNamespace(resource, current.namespace(), metadata);
    String uid = metadata.path("uid").asString("");
    if (!uid.isEmpty() && !uid.equals(current.uid())) {
      throw Statuses.conflict(resource.type(), name,
          ("StorageError: invalid object, Code: 4, Key: /registry/%s/%s, ResourceVersion: 0, AdditionalErrorMsg: Precondition"
              + " failed: UID in precondition: %s, UID in object meta: %s").formatted(
                  resource.type().plural(), current.path(), uid, current.uid()));
    }
  }

  /** @throws StatusException 422 when a patch wants another object of the same name */
  public static void checkUid(ResourceType type, ObjectNode current, ObjectNode wanted) {
    String uid = wanted.at("/metadata/uid").asString("");
    if (!uid.isEmpty() && !uid.equals(current.at("/metadata/uid").asString(""))) {
      Problem problem = Problem.of("FieldValueInvalid", "metadata.uid", "Invalid value", uid, "field is immutable");
      throw Statuses.invalid(type, current.at("/metadata/name").asString(""), List.of(problem, problem)); // told twice there
    }
  }

  static void checkVersion(Resource resource, StoredObject current, ObjectNode wanted, boolean required) {
    String version = Json.metadata(wanted).path("resourceVersion").asString("");
    if (version.isEmpty() && required && !resource.unconditionalUpdate()) {
      throw Statuses.unversioned(resource.type(), current.name());
    }
    if (!version.isEmpty() && !version.matches("\\d+")) {
      throw new StatusException(
          Statuses.unreasoned(500, "strconv.ParseUint: parsing \"%s\": invalid syntax".formatted(version)));
    }
    if (!version.isEmpty() && !version.equals(Long.toString(current.version()))) {
      throw Statuses.staleVersion(resource.type(), current.name());
    }
  }

  /** When an object is to go is decided by its deletion; another time that somebody asks for then is passed over. */
  static void checkDeletion(Resource resource, StoredObject current, ObjectNode wanted) {
    JsonNode old = current.tree().path("metadata");
    List<Problem> problems = new ArrayList<>();
    for (String member : List.of("deletionTimestamp", "deletionGracePeriodSeconds")) {
      JsonNode value = wanted.path("metadata").get(member);
      boolean decided = member.equals("deletionTimestamp") && old.has(member);
      if (value != null && !decided && !value.equals(old.get(member))) {
        Problem problem = Problem.invalid("metadata." + member, Problem.shown(value), "field is immutable");
        problems.add(problem);
        problems.add(problem); // told twice there
      }
    }
    if (!problems.isEmpty()) {
      throw Statuses.invalid(resource.type(), current.name(), problems);
    }
  }

  static void checkFinalizers(Resource resource, String name, ObjectNode before, ObjectNode after) {
    if (!Deletion.isTerminating(before)) {
      return;
    }
    for (JsonNode finalizer : after.at("/metadata/finalizers")) {
      boolean known = before.at("/metadata/finalizers").valueStream().anyMatch(finalizer::equals);
      if (!known) {
        Problem problem = Problem.forbidden("metadata.finalizers",
            "no new finalizers can be added if the object is being deleted,"
            + " found new finalizers []string{\"%s\"}".formatted(finalizer.asString("")));
        throw Statuses.invalid(resource.type(), name, List.of(problem, problem)); // as the API server says it twice
      }
    }
  }

  static void checkName(String name, String given) {
    if (!given.equals(name)) {
      throw Statuses.badRequest(
          "the name of the object (%s) does not match the name on the URL (%s)".formatted(given, name));
    }
  }
}
