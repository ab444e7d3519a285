package io.kooper.test.write;

import io.kooper.test.admission.Admission;
import io.kooper.test.admission.Change;
import io.kooper.test.json.Json;
import io.kooper.test.json.StatusException;
import io.kooper.test.json.Statuses;
import io.kooper.test.patch.Apply;
import io.kooper.test.patch.FieldOwners;
import io.kooper.test.patch.Fields;
import io.kooper.test.store.ObjectStore;
import io.kooper.test.store.Registry;
import io.kooper.test.store.ResourceCollection;
import io.kooper.test.store.StoredObject;
import io.kooper.test.types.Conversions;
import io.kooper.test.types.Crds;
import io.kooper.test.types.Resource;
import io.kooper.test.types.Shape;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.UUID;
import java.util.function.BiFunction;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Create, update and patch, with the rules of the API server. */
public final class Writes {

  private final ObjectStore store;
  private final Registry registry;
  private final Deletes deletes;
  private final Claims claims;
  private final Services services = new Services();
  private final NewObjects news = new NewObjects(services);

  public Writes(ObjectStore store, Registry registry, Deletes deletes) {
    this.store = store;
    this.registry = registry;
    this.deletes = deletes;
    this.claims = new Claims(store, registry);
  }

  /** The answer to a write that may create. */
  public record Written(int code, byte[] json) {}

  /** Says of an object that is answered and not stored who has written it. */
  public static void track(Resource resource, ObjectNode object, FieldOwners.Manager manager) {
    manage(object, Ownership.created(resource, object, manager).write(now()));
  }

  /** The created object. */
  public byte[] create(Resource resource, String namespace, ObjectNode object, boolean dryRun, FieldOwners.Manager manager,
      Admission admission) {
    return create(resource, namespace, object, dryRun, () -> Ownership.created(resource, object, manager), admission);
  }

  private byte[] create(Resource resource, String namespace, ObjectNode sent, boolean dryRun, Supplier<FieldOwners> owned,
      Admission admission) {
    WriteChecks.checkType(resource, sent);
    WriteChecks.checkNamespace(resource, namespace, Json.metadata(sent));
    NewObjects.label(resource, Json.metadata(sent).path("name").asString(""), sent);
    ObjectNode object = mutated(resource, namespace, sent, owned, admission);
    ObjectNode metadata = Json.metadata(object);
    String name = news.name(metadata, admission);
    if (!metadata.path("resourceVersion").asString("").isEmpty()) {
      throw new StatusException(Statuses.unreasoned(500, "resourceVersion should not be set on objects to be created"));
    }
    metadata.put("uid", admission.once("uid", () -> UUID.randomUUID().toString()))
        .put("creationTimestamp", admission.once("time", Writes::now));
    metadata.remove(List.of("deletionTimestamp", "deletionGracePeriodSeconds", "selfLink"));
    if (resource.generation()) {
      metadata.put("generation", 1);
    }
    NewObjects.label(resource, name, object);
    FieldOwners owners = resource.is(Crds.QUALIFIED_NAME) ? null : owned.get();
    news.begin(resource, name, object, admission);
    manage(object, (owners == null ? owned.get() : owners).write(now())); // a definition is completed first
    return store.locked(() -> {
      if (resource.type().namespaced()) {
        requireActiveNamespace(resource, namespace, name);
      }
      if (resource.terminating()) {
        throw Statuses.forbidden(
            resource.type(), name, "create not allowed while custom resource definition is terminating");
      }
      Validation.created(resource, name, object);
      admission.warn(Validation.warnings(resource, null, object));
      if (admission.validates(resource, null, "CREATE")) {
        admission.validate(Change.create(resource, namespace, name, seen(resource, namespace, name, object)));
      }
      ResourceCollection collection = store.of(resource);
      if (collection.get(namespace, name) != null) {
        throw Statuses.alreadyExists(resource.type(), name, metadata.has("generateName"));
      }
      if (dryRun) {
        return Json.bytes(seen(resource, namespace, name, object));
      }
      StoredObject created =
          StoredObject.of(resource, namespace, name, Validation.store(resource, object), store.nextVersion());
      collection.put(created);
      if (resource.is(Crds.QUALIFIED_NAME)) {
        establish(resource, created);
      }
      return created.jsonFor(resource);
    });
  }

  /** What the webhooks make of an object that somebody has sent. */
  private ObjectNode mutated(
      Resource resource, String namespace, ObjectNode sent, Supplier<FieldOwners> owned, Admission admission) {
    boolean asked = admission.mutates(resource, null, "CREATE");
    if (!asked && !admission.validates(resource, null, "CREATE")) {
      return sent;
    }
    String name = sent.at("/metadata/name").asString("");
    if (resource.type().namespaced()) {
      store.locked(() -> requireActiveNamespace(resource, namespace, name)); // as there, before anybody is asked
    }
    if (!asked) {
      return sent;
    }
    ObjectNode told = sent.deepCopy();
    manage(told, owned.get().write(now()));
    ObjectNode mutated = store.locked(() ->
        admission.mutate(Change.create(resource, namespace, name, told), object -> Validation.reshape(resource, null, object)));
    return mutated == null || mutated.equals(told) ? sent : mutated;
  }

  /** An object as clients see it before it is stored. */
  private static ObjectNode seen(Resource resource, String namespace, String name, ObjectNode object) {
    ObjectNode seen = Json.parse(StoredObject.of(resource, namespace, name, object.deepCopy(), 0).jsonFor(resource));
    Json.metadata(seen).remove("resourceVersion");
    return seen;
  }

  /**
   * Changes an object, or nothing if the change makes no difference.
   *
   * @param manager who writes it, and where
   * @param change makes the wanted state of the present one
   */
  public byte[] update(Resource resource, String namespace, String name, FieldOwners.Manager manager, boolean dryRun,
      boolean versionRequired, Admission admission, UnaryOperator<ObjectNode> change) {
    return store.locked(() -> change(resource, namespace, name, manager.subresource(), dryRun, versionRequired, change,
        (before, after) -> Ownership.updated(resource, manager, before, after), admission));
  }

  /** Server-side apply: creates an object, or changes it as {@link #update} does. */
  public Written apply(
      Resource resource, String namespace, String name, Apply apply, boolean dryRun, Admission admission) {
    String subresource = apply.manager().subresource();
    Shape shape = resource.shapeAt(subresource);
    return store.locked(() -> {
      StoredObject present = store.of(resource).get(namespace, name);
      ObjectNode part = apply.checkedPart(resource);
      if (present == null && subresource == null) {
        checkNew(resource, namespace, name, part);
        FieldOwners owners = FieldOwners.read(Json.array());
        owners.apply(apply, Json.object(), part, shape);
        Validation.applied(resource, null, part);
        return new Written(201, create(resource, namespace, part, dryRun, () -> owners, admission));
      }
      ObjectNode tree = present == null ? Json.object() : present.tree();
      FieldOwners owners = FieldOwners.read(tree.at("/metadata/managedFields"));
      owners.begin(Fields.created(tree, resource.shape()), apply.manager());
      return new Written(200, change(resource, namespace, name, subresource, dryRun, false,
          object -> Validation.applied(resource, subresource,
              identify(resource, owners.apply(apply, object, part, shape), apply.object(), tree)),
          (before, after) -> owners.write(now()), admission));
    });
  }

  /** An object as it is, or what a subresource shows of it. */
  public static byte[] view(Resource resource, @Nullable String subresource, StoredObject object) {
    return "scale".equals(subresource) && resource.scale() != null
        ? Json.bytes(resource.scale().read(object.tree()))
        : object.jsonFor(resource);
  }

  private byte[] change(Resource resource, String namespace, String name, @Nullable String subresource,
      boolean dryRun, boolean versionRequired, UnaryOperator<ObjectNode> change,
      BiFunction<ObjectNode, ObjectNode, @Nullable ArrayNode> managed, Admission admission) {
    ResourceCollection collection = store.of(resource);
    StoredObject current = collection.get(namespace, name);
    if (current == null) {
      throw Statuses.notFound(resource.type(), name);
    }
    ObjectNode before = Json.parse(current.jsonFor(resource)).put("apiVersion", resource.storedApiVersion());
    ObjectNode shown = Json.parse(view(resource, subresource, current));
    boolean mutating = admission.mutates(resource, subresource, "UPDATE");
    boolean validating = admission.validates(resource, subresource, "UPDATE");
    ObjectNode old = mutating || validating ? shown.deepCopy() : shown;
    ObjectNode wanted = change.apply(shown);
    WriteChecks.checkType(resource, subresource, wanted);
    WriteChecks.checkIdentity(resource, current, wanted);
    if (resource.kind() != null && subresource == null) {
      WriteChecks.checkDeletion(resource, current, wanted);
    }
    if (!mutating) {
      WriteChecks.checkVersion(resource, current, wanted, versionRequired && !"scale".equals(subresource));
    }
    ObjectNode sent = mutating ? wanted.deepCopy() : wanted;
    ObjectNode asBefore = mutating ? before.deepCopy() : before;
    ObjectNode after = Updates.next(resource, subresource, current, before, wanted);
    Conversions.stored(resource, before);
    if (!isReset(after)) {
      keepUnless(after, before);
    }
    if (!after.equals(current.tree())) {
      manage(after, isReset(after) ? null : managed.apply(before, after));
    } else {
      manage(after, managed.apply(before, after)); // an apply may change no more than who owns what
    }
    if (mutating) {
      ArrayNode owners = after.path("metadata").get("managedFields") instanceof ArrayNode array ? array : null;
      if (!"scale".equals(subresource)) {
        manage(sent, owners);
      }
      ObjectNode mutated = admission.mutate(Change.update(resource, subresource, namespace, name, sent, old),
          object -> Validation.reshape(resource, subresource, object));
      WriteChecks.checkVersion(resource, current, sent, versionRequired && !"scale".equals(subresource)); // as late as there
      if (mutated != null && !mutated.equals(sent)) {
        after = Updates.next(resource, subresource, current, asBefore, mutated);
        manage(after, owners); // of what the client has sent
      }
    }
    if (resource.is("services")) {
      services.change(after.withObjectProperty("spec"), before.path("spec"), admission);
    }
    boolean last = Deletes.isFinal(resource, after);
    boolean same = after.equals(current.tree());
    boolean redefined = !same && resource.is(Crds.QUALIFIED_NAME) && subresource == null;
    if (redefined) {
      Crds.changed(resource, name, after, before);
    }
    if (!same) {
      Validation.updated(resource, name, subresource, after, before);
      WriteChecks.checkFinalizers(resource, name, before, after);
      if (resource.is("persistentvolumeclaims")) {
        claims.check(resource, before, after);
      }
    }
    admission.warn(Validation.warnings(resource, subresource, after));
    if (validating) {
      StoredObject next = StoredObject.of(resource, namespace, name, after.deepCopy(), current.version());
      admission.validate(
          Change.update(resource, subresource, namespace, name, Json.parse(view(resource, subresource, next)), old));
    }
    if (same) {
      return view(resource, subresource, current);
    }
    if (dryRun) {
      return view(resource, subresource, StoredObject.of(resource, namespace, name, after, current.version()));
    }
    StoredObject changed = StoredObject.of(resource, namespace, name, after, store.nextVersion());
    if (last) {
      deletes.remove(resource, changed);
    } else {
      collection.put(changed);
      if (redefined) {
        redefine(resource, before, after);
      }
    }
    return view(resource, subresource, changed);
  }

  /** Whether a client wants nobody to own anything. */
  private static boolean isReset(ObjectNode object) {
    JsonNode given = object.path("metadata").get("managedFields");
    return given != null && given.isArray() && (given.isEmpty() || given.size() == 1 && given.get(0).isEmpty());
  }

  /** What a client does not say of managed fields stays as it is. */
  private static void keepUnless(ObjectNode after, ObjectNode before) {
    JsonNode known = before.path("metadata").get("managedFields");
    if (known != null && !after.path("metadata").path("managedFields").isArray()) {
      Json.metadata(after).set("managedFields", known);
    }
  }

  private static void manage(ObjectNode object, @Nullable ArrayNode managedFields) {
    if (managedFields == null || managedFields.isEmpty()) {
      Json.metadata(object).remove("managedFields");
    } else {
      Json.metadata(object).set("managedFields", managedFields);
    }
  }

  /** An applied object may say which one it means, and in which version. */
  private static ObjectNode identify(Resource resource, ObjectNode merged, ObjectNode applied, ObjectNode present) {
    WriteChecks.checkUid(resource.type(), present, applied);
    for (String member : new String[] {"name", "namespace", "uid", "resourceVersion"}) {
      JsonNode value = applied.path("metadata").get(member);
      if (value != null) {
        Json.metadata(merged).set(member, value);
      }
    }
    return merged;
  }

  private static void checkNew(Resource resource, String namespace, String name, ObjectNode object) {
    ObjectNode metadata = Json.metadata(object);
    WriteChecks.checkNamespace(resource, namespace, metadata);
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
    WriteChecks.checkName(name, given);
    metadata.remove("resourceVersion"); // accepted and ignored, as by the API server
  }

  /** An object that is to be created at a path: with the name that it has there. */
  public static ObjectNode named(ObjectNode object, String name) {
    ObjectNode metadata = Json.metadata(object);
    WriteChecks.checkName(name, metadata.path("name").asString(name));
    metadata.put("name", name);
    return object;
  }

  /** Pre-creates a namespace. */
  public void createNamespace(String name) {
    Resource namespaces = registry.require("", "v1", "namespaces");
    ObjectNode namespace = Json.object();
    namespace.putObject("metadata").put("name", name);
    namespace.putObject("spec");
    create(namespaces, "", namespace, false, new FieldOwners.Manager("kube-apiserver", false, "v1", null), Admission.none());
  }

  static String now() {
    return Instant.now().truncatedTo(ChronoUnit.SECONDS).toString();
  }

  /** What the API server's controllers do with a new definition. */
  private void establish(Resource resource, StoredObject created) {
    ObjectNode before = created.tree();
    before.withObjectProperty("status").withArrayProperty("conditions"); // as its Go type has them
    ObjectNode crd = created.tree();
    Crds.establish(crd, deletes.definitions(crd));
    var server = new FieldOwners.Manager("kube-apiserver", false, resource.type().apiVersion(), "status");
    manage(crd, Ownership.updated(resource, server, before, crd));
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

  private void requireActiveNamespace(Resource resource, String namespace, String name) {
    Resource namespaces = registry.require("", "v1", "namespaces");
    StoredObject found = store.of(namespaces).get("", namespace);
    if (found == null) {
      throw Statuses.notFound(namespaces.type(), namespace);
    }
    if (Deletion.isTerminating(found.tree())) {
      throw Statuses.namespaceTerminating(resource.type(), name, namespace);
    }
  }
}
