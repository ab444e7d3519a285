package io.kooper.controller;

import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Namespaced;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.OwnerReference;
import io.kooper.retrieve.ObjectKey;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The keys that the controller owner of an object may have. Equal if they give the same keys.
 *
 * @param kind of the owners; null for any
 * @param group of the owners
 * @param namespaced whether the owners are known to be in the object's namespace
 */
record Owners(@Nullable String kind, @Nullable String group, boolean namespaced)
    implements Function<ObjectMeta, List<ObjectKey>> {

  static Owners of(Class<? extends HasMetadata> type) {
    boolean generic = GenericKubernetesResource.class.isAssignableFrom(type);
    return new Owners(generic ? null : HasMetadata.getKind(type), generic ? null : HasMetadata.getGroup(type),
        Namespaced.class.isAssignableFrom(type) && !generic);
  }

  @Override
  public List<ObjectKey> apply(ObjectMeta child) {
    String namespace = child.getNamespace();
    for (OwnerReference owner : child.getOwnerReferences()) {
      if (Boolean.TRUE.equals(owner.getController())
          && (kind == null || kind.equals(owner.getKind()) && groupOf(owner).equals(group))) {
        ObjectKey clusterScoped = new ObjectKey("", owner.getName());
        if (namespace == null) {
          return List.of(clusterScoped);
        }
        ObjectKey inNamespace = new ObjectKey(namespace, owner.getName());
        return namespaced ? List.of(inNamespace) : List.of(inNamespace, clusterScoped);
      }
    }
    return List.of();
  }

  private static String groupOf(OwnerReference owner) {
    int slash = owner.getApiVersion().indexOf('/');
    return slash < 0 ? "" : owner.getApiVersion().substring(0, slash);
  }
}
