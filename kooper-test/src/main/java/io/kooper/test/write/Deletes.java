package io.kooper.test.write;

import io.kooper.test.ResourceType;
import io.kooper.test.admission.Admission;
import io.kooper.test.admission.Change;
import io.kooper.test.json.Json;
import io.kooper.test.json.StatusException;
import io.kooper.test.json.Statuses;
import io.kooper.test.store.ObjectStore;
import io.kooper.test.store.Registry;
import io.kooper.test.store.ResourceCollection;
import io.kooper.test.store.StoredObject;
import io.kooper.test.types.Crds;
import io.kooper.test.types.Resource;
import java.util.List;
import java.util.Set;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Deletion: at once, or when the last finalizer is gone and the time of grace is over. A namespace waits for its objects, a
 * CustomResourceDefinition for its resources.
 */
public final class Deletes {

  private static final Set<String> PROTECTED = Set.of("default", "kube-system", "kube-public");

  private final ObjectStore store;
  private final Registry registry;
  private final boolean controlled;

  /** @param controlled whether namespaces are emptied, and claims and volumes let go, as by a cluster's controllers */
  public Deletes(ObjectStore store, Registry registry, boolean controlled) {
    this.store = store;
    this.registry = registry;
    this.controlled = controlled;
  }

  /** Whether an object has been waiting for its finalizers and its time of grace, and they are gone. */
  static boolean isFinal(Resource resource, ObjectNode object) {
    boolean waits = resource.is("namespaces") ? !object.at("/spec/finalizers").isEmpty() // and for no others, as there
        : Deletion.hasFinalizers(object) || object.at("/metadata/deletionGracePeriodSeconds").asLong(0) > 0;
    return Deletion.isTerminating(object) && !waits;
  }

  /**
   * Deletes one object.
   *
   * @param options the DeleteOptions of the request, empty if there were none
   * @return the object if it stays for its finalizers (and a pod or a definition always, as the API server does), or a success
   */
  public Writes.Written delete(
      Resource resource, String namespace, String name, ObjectNode options, boolean dryRun, Admission admission) {
    return store.locked(() -> {
      ResourceCollection collection = store.of(resource);
      StoredObject current = collection.get(namespace, name);
      if (current == null) {
        throw Statuses.notFound(resource.type(), name);
      }
      checkPreconditions(resource, current, options.path("preconditions"));
      if (resource.is("namespaces") && PROTECTED.contains(name)) {
        throw Statuses.forbidden(resource.type(), name, "this namespace may not be deleted");
      }
      admit(resource, current, name, admission);
      boolean plain = !resource.is("namespaces") && !resource.is(Crds.QUALIFIED_NAME);
      StoredObject left = dryRun ? plain ? next(resource, current, options) : current : delete(resource, current, options);
      boolean gone = dryRun ? plain && isGone(resource, current, options) : collection.get(namespace, name) == null;
      boolean pending = !gone && options.path("orphanDependents").isBoolean() && !options.path("orphanDependents").asBoolean();
      return new Writes.Written(pending ? 202 : 200, gone && plain && !resource.is("pods")
          ? Json.bytes(Statuses.success(resource.type(), name, current.uid())) : left.jsonFor(resource));
    });
  }

  /** Asks the webhooks. */
  private static void admit(Resource resource, StoredObject current, String name, Admission admission) {
    if (admission.mutates(resource, null, "DELETE") || admission.validates(resource, null, "DELETE")) {
      admission.admit(Change.delete(resource, current.namespace(), name, Json.parse(current.jsonFor(resource))));
    }
  }

  private boolean isGone(Resource resource, StoredObject current, ObjectNode options) {
    return Deletion.of(resource, unprotected(resource, current.tree()), options).gone();
  }

  /** The state in which a deletion would leave an object. */
  private StoredObject next(Resource resource, StoredObject current, ObjectNode options) {
    ObjectNode tree = Deletion.of(resource, unprotected(resource, current.tree()), options).tree();
    return current.with(resource, tree, current.version());
  }

  /** Deletes objects that were listed, unless they are gone; under the lock. */
  public void deleteCollection(
      Resource resource, List<StoredObject> objects, ObjectNode options, boolean dryRun, Admission admission) {
    objects.forEach(object -> admit(resource, object, "", admission)); // their names are not told
    for (StoredObject object : objects) {
      StoredObject current = store.of(resource).get(object.namespace(), object.name());
      if (current != null) {
        checkPreconditions(resource, current, options.path("preconditions"));
        if (!dryRun) {
          delete(resource, current, options);
        }
      }
    }
  }

  /** The object is gone; under the lock. */
  void remove(Resource resource, StoredObject last) {
    store.of(resource).remove(last);
    if (resource.is(Crds.QUALIFIED_NAME)) {
      Crds.resources(last.tree()).forEach(registry::unregister);
      establishOthers(resource, last.tree());
    }
    if (resource.type().namespaced()) {
      finishNamespace(last.namespace());
    }
    finishDefinition(resource);
  }

  /** The other definitions of a group. */
  List<ObjectNode> definitions(ObjectNode crd) {
    Resource definitions = registry.require(Crds.GROUP, "v1", "customresourcedefinitions");
    return store.of(definitions).in(null).values().stream().map(StoredObject::tree)
        .filter(other -> other.at("/spec/group").equals(crd.at("/spec/group"))
            && !other.at("/metadata/name").equals(crd.at("/metadata/name"))).toList();
  }

  /** A name that was taken is free now. */
  private void establishOthers(Resource resource, ObjectNode gone) {
    for (ObjectNode other : definitions(gone)) {
      if (!Crds.isEstablished(other)) {
        Crds.establish(other, definitions(other));
        if (Crds.isEstablished(other)) {
          Crds.resources(other).forEach(registry::register);
        }
        store.of(resource).put(
            StoredObject.of(resource, "", other.at("/metadata/name").asString(""), other, store.nextVersion()));
      }
    }
  }

  /** Another state of an object, which may be its last. */
  void write(Resource resource, StoredObject current, ObjectNode tree) {
    StoredObject changed = current.with(resource, tree, store.nextVersion());
    if (isFinal(resource, tree)) {
      remove(resource, changed);
    } else {
      store.of(resource).put(changed);
    }
  }

  /** Deletes an object; returns the state in which that leaves it, or its last. */
  StoredObject delete(Resource resource, StoredObject current, ObjectNode options) {
    if (resource.is("namespaces")) {
      return deleteNamespace(resource, current);
    }
    if (resource.is(Crds.QUALIFIED_NAME)) {
      return deleteDefinition(resource, current);
    }
    Deletion deletion = Deletion.of(resource, unprotected(resource, current.tree()), options);
    if (!deletion.changed()) {
      return current;
    }
    StoredObject changed = current.with(resource, deletion.tree(), store.nextVersion());
    if (deletion.gone()) {
      remove(resource, changed);
    } else {
      store.of(resource).put(changed);
    }
    return changed;
  }

  private StoredObject deleteNamespace(Resource resource, StoredObject current) {
    if (current.terminating()) {
      return current;
    }
    ObjectNode tree = current.tree();
    Json.metadata(tree).put("deletionTimestamp", Writes.now());
    tree.withObjectProperty("status").put("phase", "Terminating");
    StoredObject terminating = current.with(resource, tree, store.nextVersion());
    store.of(resource).put(terminating);
    if (controlled) {
      emptyNamespace(current.name());
    }
    return terminating;
  }

  private StoredObject deleteDefinition(Resource resource, StoredObject current) {
    if (current.terminating()) {
      return current;
    }
    ObjectNode tree = current.tree();
    ObjectNode metadata = Json.metadata(tree);
    metadata.put("deletionTimestamp", Writes.now());
    metadata.withArrayProperty("finalizers").add(Crds.FINALIZER);
    Crds.terminate(tree);
    StoredObject terminating = current.with(resource, tree, store.nextVersion());
    store.of(resource).put(terminating);
    if (Crds.isEstablished(tree)) {
      Crds.resources(tree).forEach(registry::register); // which allow nothing new
    }
    emptyDefinition(tree);
    return terminating;
  }

  /** What a cluster's controllers do about volumes and claims: nobody uses them here. */
  private ObjectNode unprotected(Resource resource, ObjectNode tree) {
    if (controlled && (resource.is("persistentvolumeclaims") || resource.is("persistentvolumes"))) {
      Json.metadata(tree).withArrayProperty("finalizers")
          .removeIf(finalizer -> finalizer.asString("").matches("kubernetes.io/pvc?-protection"));
    }
    return tree;
  }

  private void emptyNamespace(String namespace) {
    ObjectNode options = Json.object().put("propagationPolicy", "Background");
    for (Resource resource : registry.collections()) {
      if (resource.type().namespaced() && store.has(resource)) {
        store.of(resource).select(namespace, object -> true).forEach(object -> delete(resource, object, options));
      }
    }
    finishNamespace(namespace);
  }

  private void emptyDefinition(ObjectNode crd) {
    List<Resource> resources = Crds.resources(crd);
    if (!resources.isEmpty()) {
      Resource resource = resources.get(0);
      store.of(resource).select(null, object -> true).forEach(object -> delete(resource, object, Json.object()));
      finishDefinition(resource);
    }
  }

  private void finishNamespace(String name) {
    Resource namespaces = registry.require("", "v1", "namespaces");
    StoredObject namespace = store.of(namespaces).get("", name);
    if (controlled && namespace != null && namespace.terminating() && isEmpty(name)) {
      ObjectNode tree = namespace.tree();
      tree.withObjectProperty("spec").withArrayProperty("finalizers").removeIf(one -> one.asString("").equals("kubernetes"));
      write(namespaces, namespace, tree);
    }
  }

  private void finishDefinition(Resource resource) {
    Resource definitions = registry.require(Crds.GROUP, "v1", "customresourcedefinitions");
    StoredObject definition = store.of(definitions).get("", resource.collection());
    if (definition == null || !definition.terminating() || !store.of(resource).in(null).isEmpty()) {
      return;
    }
    ObjectNode tree = definition.tree();
    ObjectNode metadata = Json.metadata(tree);
    metadata.withArrayProperty("finalizers").removeIf(finalizer -> finalizer.asString("").equals(Crds.FINALIZER));
    StoredObject changed = StoredObject.of(definitions, "", definition.name(), tree, store.nextVersion());
    if (isFinal(definitions, tree)) {
      remove(definitions, changed);
    } else {
      store.of(definitions).put(changed);
    }
  }

  private boolean isEmpty(String namespace) {
    return registry.collections().stream().filter(resource -> resource.type().namespaced())
        .allMatch(resource -> store.of(resource).in(namespace).isEmpty());
  }

  private static void checkPreconditions(Resource resource, StoredObject current, JsonNode preconditions) {
    String uid = preconditions.path("uid").asString("");
    if (!uid.isEmpty() && !uid.equals(current.uid())) {
      throw stale(resource, current, "UID", uid, String.valueOf(current.uid()), "deleted and then recreated");
    }
    String version = preconditions.path("resourceVersion").asString("");
    if (!version.isEmpty() && !version.equals(Long.toString(current.version()))) {
      throw stale(resource, current, "ResourceVersion", version, Long.toString(current.version()), "modified");
    }
  }

  /** The API server names the kind here, where it names the plural otherwise. */
  private static StatusException stale(
      Resource resource, StoredObject current, String what, String wanted, String found, String how) {
    ResourceType type = resource.type();
    return Statuses.conflict(
        ResourceType.of(type.group(), type.version(), type.kind(), type.kind(), type.namespaced()), current.name(),
        "the %s in the precondition (%s) does not match the %s in record (%s). The object might have been %s"
            .formatted(what, wanted, what, found, how));
  }
}
