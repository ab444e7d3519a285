package io.kooper.controller;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.OwnerReference;
import io.kooper.controller.OwnWrites.Write;
import io.kooper.informer.Informer;
import io.kooper.informer.Store;
import io.kooper.retrieve.ObjectKey;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The kinds that a controller's objects are related to.
 *
 * @param type of the controller's own objects
 */
record Relations<T extends HasMetadata>(Class<T> type, Informer<T> primary, List<Relation<T, ?>> all) {

  /** Those whose objects must have been seen before a handler is called, and the name of what they inform of. */
  Map<String, Informer<?>> required() {
    Map<String, Informer<?>> required = new LinkedHashMap<>();
    required.put("objects", primary);
    all.stream().filter(relation -> !relation.optional()).forEach(relation -> required.put(relation.name(), relation.informer()));
    return required;
  }

  /** Whether all that must have been seen for this key was seen. */
  boolean ready(ObjectKey key) {
    return all.stream().allMatch(relation -> relation.optional() || relation.informer().synced(key));
  }

  /** Whether some objects are handled before all have been seen, since each namespace is listed on its own. */
  boolean byNamespace() {
    return informers().anyMatch(Informer::byNamespace);
  }

  Stream<Informer<?>> informers() {
    return Stream.concat(Stream.of(primary), all.stream().map(Relation::informer));
  }

  /** Of the relation of this name, or the only one of this type. */
  <R extends HasMetadata> List<R> related(ObjectKey key, @Nullable String name, Class<R> wanted, Predicate<R> which) {
    List<Relation<T, ?>> found = all.stream()
        .filter(relation -> name == null ? relation.type() == wanted : relation.name().equals(name)).toList();
    if (found.size() != 1 || found.get(0).type() != wanted) {
      throw new IllegalArgumentException((found.isEmpty() ? "no relation" : found.size() > 1 ? "more than one relation"
          : "the relation is of another type than") + " " + wanted.getSimpleName() + (name == null ? "" : " \"" + name + '"')
          + "; there are " + all.stream().map(relation -> relation.name() + " of " + relation.type().getSimpleName()).toList());
    }
    @SuppressWarnings("unchecked") // its type is the one that is wanted
    Relation<T, R> relation = (Relation<T, R>) found.get(0);
    return relation.of(key, which);
  }

  /** All keys that a state references. */
  Set<ObjectKey> referenced(T object) {
    Set<ObjectKey> keys = new HashSet<>();
    all.forEach(relation -> keys.addAll(relation.referenced(object)));
    return keys;
  }

  /** Notes what the object references, before the handler reads the related stores. */
  void refer(ObjectKey key, T object) {
    all.forEach(relation -> relation.refer(key, object));
  }

  void forget(ObjectKey key) {
    all.forEach(relation -> relation.forget(key));
  }

  /** What has to be seen of an object that a call has written; null if nobody watches its kind. */
  @Nullable Write write(HasMetadata written) {
    ObjectKey key = ObjectKey.of(written);
    String version = written.getMetadata().getResourceVersion();
    Informer<?> informer = type.isInstance(written) ? primary : all.stream()
        .filter(relation -> relation.type().isInstance(written)).<Informer<?>>map(Relation::informer).findFirst().orElse(null);
    if (informer == null || version == null) {
      return null;
    }
    Store<?> store = informer.store();
    return new Write(store, informer::hasSeen, key, written.getMetadata().getUid(), version, store.state(key).isPresent());
  }

  static boolean isOwnedBy(HasMetadata child, @Nullable String uid) {
    return uid != null && child.getMetadata().getOwnerReferences().stream()
        .anyMatch(owner -> Boolean.TRUE.equals(owner.getController()) && uid.equals(owner.getUid()));
  }

  /** The keys that the controller owner of an object may have: its scope is not known. Of any kind if {@code kind} is null. */
  static List<ObjectKey> owners(HasMetadata child, @Nullable String kind, @Nullable String group) {
    String namespace = child.getMetadata().getNamespace();
    for (OwnerReference owner : child.getMetadata().getOwnerReferences()) {
      if (Boolean.TRUE.equals(owner.getController())
          && (kind == null || kind.equals(owner.getKind()) && groupOf(owner).equals(group))) {
        ObjectKey clusterScoped = new ObjectKey("", owner.getName());
        return namespace == null ? List.of(clusterScoped) : List.of(new ObjectKey(namespace, owner.getName()), clusterScoped);
      }
    }
    return List.of();
  }

  private static String groupOf(OwnerReference owner) {
    int slash = owner.getApiVersion().indexOf('/');
    return slash < 0 ? "" : owner.getApiVersion().substring(0, slash);
  }
}
