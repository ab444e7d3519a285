package io.kooper.retrieve;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import java.util.Objects;

/**
 * An object's namespace and name: the key of the store and of the work queue.
 *
 * @param namespace empty for a cluster-scoped object; null, as metadata has it, is taken for empty
 * @param name the object's name
 */
public record ObjectKey(String namespace, String name) {

  /** @throws IllegalArgumentException when there is no name */
  public ObjectKey {
    namespace = Objects.requireNonNullElse(namespace, "");
    if (name == null || name.isEmpty()) {
      throw new IllegalArgumentException("an object has a name, this one (namespace \"" + namespace + "\") has none");
    }
  }

  /**
   * The key of an object.
   *
   * @throws IllegalArgumentException when the object has no name
   */
  public static ObjectKey of(HasMetadata object) {
    ObjectMeta meta = object.getMetadata();
    if (meta == null || meta.getName() == null) {
      throw new IllegalArgumentException("a " + object.getKind() + " without metadata.name has no key");
    }
    return new ObjectKey(meta.getNamespace(), meta.getName());
  }

  /** {@code NAMESPACE/NAME}, or the name alone for a cluster-scoped object, as everywhere in Kubernetes. */
  @Override
  public String toString() {
    return namespace.isEmpty() ? name : namespace + "/" + name;
  }
}
