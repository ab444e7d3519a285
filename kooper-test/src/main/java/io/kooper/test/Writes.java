package io.kooper.test;

import java.security.SecureRandom;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** Create, update and patch, with the rules of the API server. */
final class Writes {

  private static final Pattern SUBDOMAIN =
      Pattern.compile("[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*");
  private static final String SUFFIX_LETTERS = "bcdfghjklmnpqrstvwxz2456789"; // the API server's own, without vowels

  private final ObjectStore store;
  private final Registry registry;
  private final Deletes deletes;
  private final SecureRandom random = new SecureRandom();

  Writes(ObjectStore store, Registry registry, Deletes deletes) {
    this.store = store;
    this.registry = registry;
    this.deletes = deletes;
  }

  /** The answer to a write that may create. */
  record Written(int code, byte[] json) {}

  /** The created object. */
  byte[] create(Resource resource, String namespace, ObjectNode object, boolean dryRun) {
    checkType(resource.type(), object);
    ObjectNode metadata = Json.metadata(object);
    String name = name(resource, metadata);
    checkNamespace(resource, namespace, metadata);
    if (!metadata.path("resourceVersion").asString("").isEmpty()) {
      throw Statuses.badRequest("resourceVersion should not be set on objects to be created");
    }
    metadata.put("uid", UUID.randomUUID().toString()).put("creationTimestamp", now());
    metadata.remove("deletionTimestamp");
    metadata.remove("deletionGracePeriodSeconds");
    metadata.remove("generation");
    if (resource.generation()) {
      metadata.put("generation", 1);
    }
    setInitialState(resource, name, object);
    return store.locked(() -> {
      if (resource.type().namespaced()) {
        requireActiveNamespace(resource, namespace, name);
      }
      Validation.created(resource, name, object);
      ResourceCollection collection = store.of(resource);
      if (collection.get(namespace, name) != null) {
        throw Statuses.alreadyExists(resource.type(), name);
      }
      if (dryRun) {
        return Json.bytes(object);
      }
      StoredObject created = StoredObject.of(resource, namespace, name, object, store.nextVersion());
      collection.put(created);
      if (resource.is(Crds.QUALIFIED_NAME)) {
        establish(resource, created);
      }
      return created.jsonFor(resource);
    });
  }

  /**
   * Changes an object, or nothing if the change makes no difference.
   *
   * @param manager who writes it, and where
   * @param change makes the wanted state of the present one
   */
  byte[] update(Resource resource, String namespace, String name, FieldOwners.Manager manager, boolean dryRun,
      boolean versionRequired, UnaryOperator<ObjectNode> change) {
    return store.locked(() -> {
      ResourceCollection collection = store.of(resource);
      FieldOwners owners = collection.owners(namespace, name);
      StoredObject before = owners == null ? null : collection.get(namespace, name);
      byte[] answer = change(resource, namespace, name, manager.subresource(), dryRun, versionRequired, change);
      StoredObject after = owners == null ? null : collection.get(namespace, name);
      if (owners != null && before != null && after != null && before != after) {
        owners.written(manager, fields(resource, before), fields(resource, after));
      }
      return answer;
    });
  }

  /** Server-side apply: creates an object, or changes it as {@link #update} does. */
  Written apply(Resource resource, String namespace, String name, Apply apply, boolean dryRun) {
    String subresource = apply.manager().subresource();
    Shape shape = resource.shapeAt(subresource);
    return store.locked(() -> {
      ResourceCollection collection = store.of(resource);
      StoredObject present = collection.get(namespace, name);
      FieldOwners known = collection.owners(namespace, name);
      FieldOwners owners = known != null ? new FieldOwners(known) // a copy: the change may be refused
          : new FieldOwners(present == null ? Set.of() : fields(resource, present).keySet(), apply.manager());
      ObjectNode part = apply.checkedPart(resource, name);
      Written written;
      if (present == null && subresource == null) {
        checkNew(resource, namespace, name, part);
        owners.apply(apply, Json.object(), part, shape);
        Validation.shape(resource, null, part);
        written = new Written(201, create(resource, namespace, part, dryRun));
      } else {
        written = new Written(200, change(resource, namespace, name, subresource, dryRun, false,
            object -> Validation.shape(resource, subresource,
                identify(owners.apply(apply, object, part, shape), apply))));
      }
      if (!dryRun) {
        collection.own(namespace, name, owners);
      }
      return written;
    });
  }

  /** An object as it is, or what a subresource shows of it. */
  static byte[] view(Resource resource, @Nullable String subresource, StoredObject object) {
    return "scale".equals(subresource) && resource.scale() != null
        ? Json.bytes(resource.scale().read(object.tree()))
        : object.jsonFor(resource);
  }

  private byte[] change(Resource resource, String namespace, String name, @Nullable String subresource,
      boolean dryRun, boolean versionRequired, UnaryOperator<ObjectNode> change) {
    ResourceCollection collection = store.of(resource);
    StoredObject current = collection.get(namespace, name);
    if (current == null) {
      throw Statuses.notFound(resource.type(), name);
    }
    ObjectNode before = Json.parse(current.jsonFor(resource)).put("apiVersion", resource.storedApiVersion());
    ObjectNode wanted = change.apply(Json.parse(view(resource, subresource, current)));
    checkType(resource.typeAt(subresource), wanted);
    checkIdentity(resource, current, wanted);
    checkVersion(resource, current, wanted, versionRequired && !"scale".equals(subresource));
    ObjectNode after = after(resource, subresource, before, wanted);
    Json.metadata(after).put("resourceVersion", Long.toString(current.version()));
    if (after.equals(current.tree())) {
      return view(resource, subresource, current);
    }
    boolean redefined = resource.is(Crds.QUALIFIED_NAME) && subresource == null;
    if (redefined) {
      Crds.changed(resource, name, after, before);
    }
    Validation.updated(resource, name, subresource, after, before);
    checkFinalizers(resource, name, before, after);
    if (dryRun) {
      return view(resource, subresource, StoredObject.of(resource, namespace, name, after, current.version()));
    }
    StoredObject changed = StoredObject.of(resource, namespace, name, after, store.nextVersion());
    if (deletes.isFinal(resource, after)) {
      deletes.remove(resource, changed);
    } else {
      collection.put(changed);
      if (redefined) {
        redefine(resource, before, after);
      }
    }
    return view(resource, subresource, changed);
  }

  private static ObjectNode after(
      Resource resource, @Nullable String subresource, ObjectNode before, ObjectNode wanted) {
    if (subresource == null) {
      return main(resource, before, wanted);
    }
    if (subresource.equals("scale") && resource.scale() != null) {
      return main(resource, before,
          resource.scale().write(before.at("/metadata/name").asString(""), wanted, before.deepCopy()));
    }
    return status(before, wanted);
  }

  private static Map<String, JsonNode> fields(Resource resource, StoredObject object) {
    return Fields.of(object.tree(), resource.shape());
  }

  /** An applied object may say which one it means, and in which version. */
  private static ObjectNode identify(ObjectNode merged, Apply apply) {
    for (String member : new String[] {"name", "namespace", "uid", "resourceVersion"}) {
      JsonNode value = apply.object().path("metadata").get(member);
      if (value != null) {
        Json.metadata(merged).set(member, value);
      }
    }
    return merged;
  }

  private static void checkNew(Resource resource, String namespace, String name, ObjectNode object) {
    ObjectNode metadata = Json.metadata(object);
    checkNamespace(resource, namespace, metadata);
    String uid = metadata.path("uid").asString("");
    if (!uid.isEmpty()) {
      throw Statuses.conflict(resource.type(), name,
          "uid mismatch: the provided object specified uid %s, and no existing object was found".formatted(uid));
    }
    String given = metadata.path("name").asString("");
    if (given.isEmpty()) {
      throw Statuses.badRequest(
          "the name of the object (%s based on URL) was undeterminable: name must be provided".formatted(name));
    }
    checkName(name, given);
    metadata.remove("resourceVersion"); // accepted and ignored, as by the API server
  }

  private static void checkName(String name, String given) {
    if (!given.equals(name)) {
      throw Statuses.badRequest(
          "the name of the object (%s) does not match the name on the URL (%s)".formatted(given, name));
    }
  }

  /** Pre-creates a namespace. */
  void createNamespace(String name) {
    Resource namespaces = registry.require("", "v1", "namespaces");
    ObjectNode namespace = Json.object();
    namespace.putObject("metadata").put("name", name);
    create(namespaces, "", namespace, false);
  }

  static String now() {
    return Instant.now().truncatedTo(ChronoUnit.SECONDS).toString();
  }

  /** Everything but what the server owns is the client's; status has its own path where the type has one. */
  private static ObjectNode main(Resource resource, ObjectNode before, ObjectNode wanted) {
    ObjectNode after = wanted;
    after.put("apiVersion", resource.storedApiVersion());
    ObjectNode old = Json.metadata(before);
    ObjectNode metadata = Json.metadata(after);
    for (String owned : new String[] {"uid", "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds",
        "generation", "name", "namespace"}) {
      keep(metadata, old, owned);
    }
    if (resource.type().statusSubresource()) {
      keep(after, before, "status");
    }
    JsonNode generation = old.path("generation");
    if (resource.generation() && Validation.isOtherWanted(resource, before, after)) {
      metadata.put("generation", generation.asLong(0) + 1);
    }
    return after;
  }

  private static ObjectNode status(ObjectNode before, ObjectNode wanted) {
    ObjectNode after = before.deepCopy();
    keep(after, wanted, "status");
    return after;
  }

  private static void keep(ObjectNode target, ObjectNode source, String member) {
    JsonNode value = source.get(member);
    if (value == null) {
      target.remove(member);
    } else {
      target.set(member, value);
    }
  }

  /** What the API server's controllers do with a new definition. */
  private void establish(Resource resource, StoredObject created) {
    ObjectNode crd = created.tree();
    Crds.establish(crd, deletes.definitions(crd));
    if (Crds.isEstablished(crd)) {
      Crds.resources(crd).forEach(registry::register);
    }
    store.of(resource).put(StoredObject.of(resource, "", created.name(), crd, store.nextVersion()));
  }

  /** Serves the versions of a changed definition. The new ones first, so that the objects stay. */
  private void redefine(Resource resource, ObjectNode before, ObjectNode after) {
    if (!Crds.isEstablished(before)) {
      return;
    }
    List<Resource> served = Crds.resources(after);
    served.forEach(registry::register);
    for (Resource old : Crds.resources(before)) {
      if (served.stream().noneMatch(now -> now.type().version().equals(old.type().version()))) {
        registry.unregister(old);
      }
    }
    if (!after.at("/spec/names").equals(before.at("/spec/names"))) {
      ObjectNode renamed = after.deepCopy();
      Crds.establish(renamed, deletes.definitions(renamed));
      store.of(resource).put(
          StoredObject.of(resource, "", renamed.at("/metadata/name").asString(""), renamed, store.nextVersion()));
    }
  }

  private static void setInitialState(Resource resource, String name, ObjectNode object) {
    object.put("apiVersion", resource.storedApiVersion());
    if (resource.type().statusSubresource()) {
      object.remove("status");
    }
    switch (resource.type().qualifiedName()) {
      case "pods" -> object.putObject("status").put("phase", "Pending");
      case "namespaces" -> {
        object.withObjectProperty("spec").putArray("finalizers").add("kubernetes");
        object.putObject("status").put("phase", "Active");
        ObjectNode metadata = Json.metadata(object);
        metadata.withObjectProperty("labels").put("kubernetes.io/metadata.name", name);
      }
      case Crds.QUALIFIED_NAME -> {
        Crds.validate(resource, name, object, null);
        Crds.complete(object);
      }
      default -> { }
    }
  }

  private String name(Resource resource, ObjectNode metadata) {
    String name = metadata.path("name").asString("");
    String prefix = metadata.path("generateName").asString("");
    if (name.isEmpty() && !prefix.isEmpty()) {
      StringBuilder generated = new StringBuilder(prefix);
      random.ints(5, 0, SUFFIX_LETTERS.length()).forEach(i -> generated.append(SUFFIX_LETTERS.charAt(i)));
      name = generated.toString();
      metadata.put("name", name);
    }
    if (name.isEmpty()) {
      throw Statuses.invalid(resource.type(), "", "metadata.name", "Required value: name or generateName is required");
    }
    boolean definition = resource.is(Crds.QUALIFIED_NAME); // which says this and more of itself
    if (!definition && (name.length() > 253 || !SUBDOMAIN.matcher(name).matches())) {
      throw Statuses.invalid(resource.type(), name, "metadata.name", ("Invalid value: \"%s\": a lowercase RFC 1123 "
          + "subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an "
          + "alphanumeric character (e.g. 'example.com', regex used for validation is "
          + "'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')").formatted(name));
    }
    return name;
  }

  private void requireActiveNamespace(Resource resource, String namespace, String name) {
    Resource namespaces = registry.require("", "v1", "namespaces");
    StoredObject found = store.of(namespaces).get("", namespace);
    if (found == null) {
      throw Statuses.notFound(namespaces.type(), namespace);
    }
    if (Deletes.isTerminating(found.tree())) {
      throw Statuses.forbidden(resource.type(), name,
          "unable to create new content in namespace %s because it is being terminated".formatted(namespace));
    }
  }

  private static void checkType(ResourceType type, ObjectNode object) {
    String apiVersion = type.apiVersion();
    String kind = type.kind();
    String givenVersion = object.path("apiVersion").asString(apiVersion);
    String givenKind = object.path("kind").asString(kind);
    if (!givenVersion.equals(apiVersion) || !givenKind.equals(kind)) {
      throw Statuses.badRequest("%s in version \"%s\" cannot be handled as a %s in version \"%s\"".formatted(
          givenKind, givenVersion, kind, apiVersion));
    }
    object.put("apiVersion", apiVersion).put("kind", kind);
  }

  private static void checkNamespace(Resource resource, String namespace, ObjectNode metadata) {
    String given = metadata.path("namespace").asString("");
    if (!given.isEmpty() && !given.equals(namespace)) {
      throw Statuses.badRequest(
          "the namespace of the provided object does not match the namespace sent on the request");
    }
    if (resource.type().namespaced()) {
      metadata.put("namespace", namespace);
    }
  }

  private static void checkIdentity(Resource resource, StoredObject current, ObjectNode wanted) {
    ObjectNode metadata = Json.metadata(wanted);
    String name = metadata.path("name").asString(current.name());
    checkName(current.name(), name);
    metadata.put("name", name);
    checkNamespace(resource, current.namespace(), metadata);
    String uid = metadata.path("uid").asString("");
    if (!uid.isEmpty() && !uid.equals(current.uid())) {
      throw Statuses.conflict(resource.type(), name,
          "Precondition failed: UID in precondition: %s, UID in object meta: %s".formatted(uid, current.uid()));
    }
  }

  private static void checkVersion(Resource resource, StoredObject current, ObjectNode wanted, boolean required) {
    String version = Json.metadata(wanted).path("resourceVersion").asString("");
    if (version.isEmpty() && required && !resource.unconditionalUpdate()) {
      throw Statuses.unversioned(resource.type(), current.name());
    }
    if (!version.isEmpty() && !version.equals(Long.toString(current.version()))) {
      throw Statuses.staleVersion(resource.type(), current.name());
    }
  }

  private static void checkFinalizers(Resource resource, String name, ObjectNode before, ObjectNode after) {
    if (!Deletes.isTerminating(before)) {
      return;
    }
    for (JsonNode finalizer : after.at("/metadata/finalizers")) {
      boolean known = before.at("/metadata/finalizers").valueStream().anyMatch(finalizer::equals);
      if (!known) {
        throw Statuses.invalid(resource.type(), name, "metadata.finalizers", ("Forbidden: no new finalizers can be "
            + "added if the object is being deleted, found new finalizers []string{\"%s\"}")
                .formatted(finalizer.asString("")));
      }
    }
  }
}
