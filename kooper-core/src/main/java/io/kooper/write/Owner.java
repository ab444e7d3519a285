package io.kooper.write;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Namespaced;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.OwnerReference;
import io.fabric8.kubernetes.api.model.OwnerReferenceBuilder;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Makes an object the owner of others, its children. Kubernetes deletes them after it, and a controller that {@code owns} them
 * is called when they change.
 *
 * <p>All methods may be called from any thread and send nothing.
 *
 * <pre>{@code
 * Owner.set(deployment, app); // a child without a namespace gets the owner's
 * }</pre>
 */
public final class Owner {

  private Owner() {}

  /**
   * A controller reference to this owner, which blocks the owner's foreground deletion until the child is gone.
   *
   * @throws IllegalArgumentException when the owner has no uid, name, kind or version, as before it was created
   */
  public static OwnerReference of(HasMetadata owner) {
    return of(owner, true);
  }

  /**
   * As {@link #of(HasMetadata)}.
   *
   * @param block whether a foreground deletion of the owner waits for the child. Where the admission plugin
   *     OwnerReferencesPermissionEnforcement is on, as in OpenShift, that needs the right to update the owner's finalizers
   */
  public static OwnerReference of(HasMetadata owner, boolean block) {
    ObjectMeta meta = owner.getMetadata();
    if (meta == null || isEmpty(meta.getUid()) || isEmpty(meta.getName())
        || isEmpty(owner.getKind()) || isEmpty(owner.getApiVersion())) {
      throw new IllegalArgumentException(words(owner) + " cannot own anything without apiVersion, kind, name and uid: give the"
          + " object as the API server returned it");
    }
    return new OwnerReferenceBuilder().withApiVersion(owner.getApiVersion()).withKind(owner.getKind())
        .withName(meta.getName()).withUid(meta.getUid()).withController(true).withBlockOwnerDeletion(block).build();
  }

  /**
   * Makes {@code owner} the controller of {@code child}. Setting it again changes nothing.
   *
   * @return {@code child}
   * @throws IllegalArgumentException when Kubernetes would refuse the reference or delete the child: the owner has no uid, lives
   *     in another namespace, lives in a namespace while the child is cluster-scoped, or the child has another controller or no
   *     metadata
   */
  public static <C extends HasMetadata> C set(C child, HasMetadata owner) {
    OwnerReference reference = of(owner);
    if (child.getMetadata() == null) {
      throw new IllegalArgumentException("a " + child.getKind() + " without metadata cannot be owned");
    }
    ObjectMeta meta = child.getMetadata();
    String namespace = owner.getMetadata().getNamespace();
    if (!isEmpty(namespace)) {
      if (isEmpty(meta.getNamespace()) && child instanceof Namespaced) {
        meta.setNamespace(namespace);
      }
      if (isEmpty(meta.getNamespace())) {
        throw new IllegalArgumentException(words(owner) + " lives in a namespace, and cannot own the cluster-scoped "
            + words(child) + ": use a cluster-scoped owner, a finalizer, or set the child's namespace if its kind has one");
      }
      if (!namespace.equals(meta.getNamespace())) {
        throw new IllegalArgumentException(words(owner) + " cannot own " + words(child)
            + ", which lives in another namespace: use a label and a finalizer instead");
      }
    }
    List<OwnerReference> owners = new ArrayList<>(meta.getOwnerReferences());
    owners.removeIf(other -> reference.getUid().equals(other.getUid()));
    for (OwnerReference other : owners) {
      if (Boolean.TRUE.equals(other.getController())) {
        throw new IllegalArgumentException(words(child) + " has a controller already, " + other.getKind() + " "
            + other.getName() + (Objects.equals(other.getName(), reference.getName()) ? " of another uid" : "")
            + ": choose another name for the child, or wait until that owner is gone");
      }
    }
    owners.add(reference);
    meta.setOwnerReferences(owners);
    return child;
  }

  static String words(HasMetadata object) {
    ObjectMeta meta = object.getMetadata();
    return object.getKind() + (meta == null ? "" : " " + (isEmpty(meta.getNamespace()) ? "" : meta.getNamespace() + "/")
        + meta.getName());
  }

  private static boolean isEmpty(@Nullable String text) {
    return text == null || text.isEmpty();
  }
}
