package io.kooper.test.write;

import io.kooper.test.json.Json;
import io.kooper.test.store.ObjectStore;
import io.kooper.test.store.Registry;
import io.kooper.test.store.StoredObject;
import io.kooper.test.types.Resource;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Collects dependents whose owners are gone, as the garbage collector of a cluster's controller manager does; but before the
 * request that caused it is answered. Under the store's lock.
 *
 * <p>Invariant: what changes or goes is looked at, with its dependents and its owners, before the lock is released.
 */
public final class Collector implements ObjectStore.Follower {

  /** An object, whichever state it is in. */
  private record Item(String collection, String namespace, String name) {}

  /** What has become of an owner. */
  private enum Fate { THERE, WAITING, GONE }

  private final ObjectStore store;
  private final Registry registry;
  private final Deletes deletes;
  private final Map<String, Set<Item>> dependents = new HashMap<>(); // by the uid of their owner
  private final Deque<Item> due = new ArrayDeque<>();

  public Collector(ObjectStore store, Registry registry, Deletes deletes) {
    this.store = store;
    this.registry = registry;
    this.deletes = deletes;
  }

  @Override
  public void changed(String collection, @Nullable StoredObject before, @Nullable StoredObject after) {
    StoredObject any = after != null ? after : before;
    if (any == null) {
      return;
    }
    Item item = new Item(collection, any.namespace(), any.name());
    List<String> ownersBefore = before == null ? List.of() : before.owners();
    List<String> ownersAfter = after == null ? List.of() : after.owners();
    ownersBefore.forEach(uid -> dependents.computeIfPresent(uid, (owner, all) -> {
      all.remove(item);
      return all.isEmpty() ? null : all;
    }));
    ownersAfter.forEach(uid -> dependents.computeIfAbsent(uid, owner -> new LinkedHashSet<>()).add(item));
    if (after != null && (after.terminating() || !ownersAfter.isEmpty() && !ownersAfter.equals(ownersBefore))) {
      due.add(item);
    }
    if (before != null && !ownersBefore.isEmpty()) {
      owners(before).forEach(due::add); // one may have waited for this
    }
    if (any.uid() != null && (after == null || after.terminating())) {
      due.addAll(dependents.getOrDefault(any.uid(), Set.of()));
    }
  }

  @Override
  public boolean isDue() {
    return !due.isEmpty();
  }

  @Override
  public void settle() {
    for (Item item; (item = due.poll()) != null; ) {
      Resource resource = registry.ofCollection(item.collection);
      StoredObject object = find(item);
      if (resource != null && object != null) {
        attempt(resource, object);
      }
    }
  }

  /** Begins again with the objects of another state of the store. */
  public void restore() {
    dependents.clear();
    due.clear();
    for (Resource resource : registry.collections()) {
      store.of(resource).in(null).values().forEach(object -> changed(resource.collection(), null, object));
    }
  }

  private void attempt(Resource resource, StoredObject object) {
    ObjectNode tree = object.tree();
    if (Deletion.waitsFor(tree, Deletion.FOREGROUND)) {
      if (dependentsOf(object).stream().noneMatch(dependent -> blocks(dependent, object))) {
        Deletion.unhold(tree, Deletion.FOREGROUND);
        deletes.write(resource, object, tree);
      }
    } else if (Deletion.waitsFor(tree, Deletion.ORPHAN)) {
      for (Item dependent : List.copyOf(dependentsOf(object))) {
        release(dependent, Set.of(String.valueOf(object.uid())));
      }
      Deletion.unhold(tree, Deletion.ORPHAN);
      deletes.write(resource, object, tree);
    } else if (!Deletion.isTerminating(tree)) {
      collect(resource, object, tree);
    }
  }

  private void collect(Resource resource, StoredObject object, ObjectNode tree) {
    Map<String, Fate> fates = new HashMap<>();
    tree.at("/metadata/ownerReferences").forEach(owner -> fates.put(owner.path("uid").asString(""), fate(object, owner)));
    if (fates.isEmpty()) {
      return;
    }
    if (fates.containsValue(Fate.THERE)) {
      fates.values().removeIf(fate -> fate == Fate.THERE);
      if (!fates.isEmpty()) {
        release(new Item(resource.collection(), object.namespace(), object.name()), fates.keySet());
      }
      return;
    }
    ObjectNode options = Json.object();
    if (fates.containsValue(Fate.WAITING) && !dependentsOf(object).isEmpty()) {
      unblock(resource, object, tree);
      options.put("propagationPolicy", "Foreground");
    } else if (tree.at("/metadata/finalizers").valueStream().noneMatch(
        one -> one.asString("").equals(Deletion.ORPHAN) || one.asString("").equals(Deletion.FOREGROUND))) {
      options.put("propagationPolicy", "Background");
    }
    StoredObject now = store.of(resource).get(object.namespace(), object.name());
    if (now != null) {
      deletes.delete(resource, now, options);
    }
  }

  /** In a ring of owners nobody would ever be the first to go. */
  private void unblock(Resource resource, StoredObject object, ObjectNode tree) {
    boolean ring = dependentsOf(object).stream().map(this::find)
        .anyMatch(one -> one != null && Deletion.waitsFor(one.tree(), Deletion.FOREGROUND));
    if (ring) {
      tree.at("/metadata/ownerReferences").forEach(owner -> ((ObjectNode) owner).put("blockOwnerDeletion", false));
      deletes.write(resource, object, tree);
    }
  }

  private @Nullable StoredObject find(Item item) {
    Resource resource = registry.ofCollection(item.collection);
    return resource == null || !store.has(resource) ? null : store.of(resource).get(item.namespace, item.name);
  }

  private Set<Item> dependentsOf(StoredObject object) {
    return object.uid() == null ? Set.of() : dependents.getOrDefault(object.uid(), Set.of());
  }

  /** Whether an owner that is deleted in the foreground has to wait for a dependent. */
  private boolean blocks(Item item, StoredObject owner) {
    StoredObject dependent = find(item);
    return dependent != null && dependent.tree().at("/metadata/ownerReferences").valueStream().anyMatch(
        reference -> reference.path("uid").asString("").equals(owner.uid())
            && reference.path("blockOwnerDeletion").asBoolean(false));
  }

  /** Takes owners away from a dependent. */
  private void release(Item item, Set<String> uids) {
    Resource resource = registry.ofCollection(item.collection);
    StoredObject dependent = find(item);
    if (resource == null || dependent == null) {
      return;
    }
    ObjectNode tree = dependent.tree();
    ArrayNode references = Json.metadata(tree).withArrayProperty("ownerReferences");
    references.removeIf(reference -> uids.contains(reference.path("uid").asString("")));
    if (references.isEmpty()) {
      Json.metadata(tree).remove("ownerReferences");
    }
    deletes.write(resource, dependent, tree);
  }

  /** An owner is who has the name and the uid, in the dependent's namespace or in none. One of an unknown kind is never gone. */
  private Fate fate(StoredObject dependent, JsonNode reference) {
    Resource resource = registry.ofKind(reference.path("apiVersion").asString(""), reference.path("kind").asString(""));
    if (resource == null || resource.type().namespaced() && dependent.namespace().isEmpty()) {
      return Fate.THERE;
    }
    StoredObject owner = owner(dependent, reference, resource);
    return owner == null || !reference.path("uid").asString("").equals(owner.uid()) ? Fate.GONE
        : owner.terminating() && Deletion.waitsFor(owner.tree(), Deletion.FOREGROUND) ? Fate.WAITING : Fate.THERE;
  }

  private @Nullable StoredObject owner(StoredObject dependent, JsonNode reference, Resource resource) {
    return store.of(resource).get(resource.type().namespaced() ? dependent.namespace() : "", reference.path("name").asString(""));
  }

  private List<Item> owners(StoredObject dependent) {
    List<Item> owners = new ArrayList<>();
    for (JsonNode reference : dependent.tree().at("/metadata/ownerReferences")) {
      Resource resource = registry.ofKind(reference.path("apiVersion").asString(""), reference.path("kind").asString(""));
      StoredObject owner = resource == null ? null : owner(dependent, reference, resource);
      if (resource != null && owner != null && owner.terminating()) {
        owners.add(new Item(resource.collection(), owner.namespace(), owner.name()));
      }
    }
    return owners;
  }
}
