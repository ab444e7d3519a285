package io.kooper.test.write;

import io.kooper.test.ResourceType;
import io.kooper.test.json.Json;
import io.kooper.test.json.StatusException;
import io.kooper.test.json.Statuses;
import io.kooper.test.store.ObjectStore;
import io.kooper.test.store.Registry;
import io.kooper.test.store.ResourceCollection;
import io.kooper.test.store.StoredObject;
import io.kooper.test.types.Crds;
import io.kooper.test.types.Resource;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Deletion: at once, or when the last finalizer is gone. A namespace waits for its objects, a
 * CustomResourceDefinition for its resources.
 */
public final class Deletes {

  private static final Set<String> PROTECTED = Set.of("default", "kube-system", "kube-public");

  private final ObjectStore store;
  private final Registry registry;

  public Deletes(ObjectStore store, Registry registry) {
    this.store = store;
    this.registry = registry;
  }

  static boolean isTerminating(ObjectNode object) {
    return object.at("/metadata/deletionTimestamp").isString();
  }

  private static boolean hasFinalizers(ObjectNode object) {
    return !object.at("/metadata/finalizers").isEmpty();
  }

  /** Whether an object has been waiting for its finalizers, and they are gone. */
  boolean isFinal(Resource resource, ObjectNode object) {
    boolean namespaceWaits = resource.is("namespaces") && !isEmpty(object.at("/metadata/name").asString());
    return isTerminating(object) && !hasFinalizers(object) && !namespaceWaits;
  }

  /**
   * Deletes one object.
   *
   * @param options the DeleteOptions of the request, empty if there were none
   * @return the object if it stays for its finalizers (and a pod or a definition always, as the API server does), or a success
   */
  public byte[] delete(Resource resource, String namespace, String name, ObjectNode options, boolean dryRun) {
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
      if (dryRun) {
        boolean gone = !hasFinalizers(unprotected(resource, current.tree())) && !resource.is("namespaces") && !resource.is("pods")
            && !resource.is(Crds.QUALIFIED_NAME);
        return gone ? Json.bytes(Statuses.success(resource.type(), name, current.uid())) : current.jsonFor(resource);
      }
      StoredObject left = delete(resource, current);
      return resource.is("pods") || resource.is(Crds.QUALIFIED_NAME) || collection.get(namespace, name) != null
          ? left.jsonFor(resource)
          : Json.bytes(Statuses.success(resource.type(), name, current.uid()));
    });
  }

  /** Deletes what a selector selects; the answer lists it. */
  public List<StoredObject> deleteCollection(
      Resource resource, @Nullable String namespace, Predicate<StoredObject> selector, boolean dryRun) {
    return store.locked(() -> {
      List<StoredObject> deleted = new ArrayList<>();
      for (StoredObject object : store.of(resource).select(namespace, selector)) {
        deleted.add(dryRun ? object : delete(resource, object));
      }
      return deleted;
    });
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

  private StoredObject delete(Resource resource, StoredObject current) {
    ObjectNode tree = unprotected(resource, current.tree());
    boolean namespace = resource.is("namespaces");
    boolean definition = resource.is(Crds.QUALIFIED_NAME);
    if (!hasFinalizers(tree) && !namespace && !definition) {
      StoredObject last = current.at(resource, store.nextVersion());
      remove(resource, last);
      return last;
    }
    if (isTerminating(tree)) {
      return current;
    }
    ObjectNode metadata = Json.metadata(tree);
    metadata.put("deletionTimestamp", Writes.now());
    if (!definition && !namespace) {
      metadata.put("deletionGracePeriodSeconds", 0);
    }
    if (resource.generation() && !definition) {
      metadata.put("generation", metadata.path("generation").asLong(0) + 1);
    }
    if (namespace) {
      tree.withObjectProperty("status").put("phase", "Terminating");
    }
    if (definition) {
      metadata.withArrayProperty("finalizers").add(Crds.FINALIZER);
      Crds.terminate(tree);
    }
    StoredObject terminating = current.with(resource, tree, store.nextVersion());
    store.of(resource).put(terminating);
    if (namespace) {
      emptyNamespace(current.name());
    }
    if (definition) {
      emptyDefinition(tree);
    }
    return terminating;
  }

  /** What a cluster's controllers do about volumes and claims: nobody uses them here. */
  private static ObjectNode unprotected(Resource resource, ObjectNode tree) {
    if (resource.is("persistentvolumeclaims") || resource.is("persistentvolumes")) {
      Json.metadata(tree).withArrayProperty("finalizers")
          .removeIf(finalizer -> finalizer.asString("").matches("kubernetes.io/pvc?-protection"));
    }
    return tree;
  }

  private void emptyNamespace(String namespace) {
    for (Resource resource : collections()) {
      if (resource.type().namespaced() && store.has(resource)) {
        store.of(resource).select(namespace, object -> true).forEach(object -> delete(resource, object));
      }
    }
    finishNamespace(namespace);
  }

  private void emptyDefinition(ObjectNode crd) {
    List<Resource> resources = Crds.resources(crd);
    if (!resources.isEmpty()) {
      Resource resource = resources.get(0);
      store.of(resource).select(null, object -> true).forEach(object -> delete(resource, object));
      finishDefinition(resource);
    }
  }

  private void finishNamespace(String name) {
    Resource namespaces = registry.require("", "v1", "namespaces");
    StoredObject namespace = store.of(namespaces).get("", name);
    if (namespace != null && isFinal(namespaces, namespace.tree())) {
      remove(namespaces, namespace.at(namespaces, store.nextVersion()));
    }
  }

  private void finishDefinition(Resource resource) {
    Resource definitions = registry.require(Crds.GROUP, "v1", "customresourcedefinitions");
    StoredObject definition = store.of(definitions).get("", resource.collection());
    if (definition == null || !isTerminating(definition.tree()) || !store.of(resource).in(null).isEmpty()) {
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
    return collections().stream().filter(resource -> resource.type().namespaced())
        .allMatch(resource -> store.of(resource).in(namespace).isEmpty());
  }

  /** One version of each type. */
  private List<Resource> collections() {
    List<Resource> distinct = new ArrayList<>();
    for (Resource resource : registry.all()) {
      if (distinct.stream().noneMatch(other -> other.collection().equals(resource.collection()))) {
        distinct.add(resource);
      }
    }
    return distinct;
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
