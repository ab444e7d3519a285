package io.kooper.write;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.ManagedFieldsEntry;
import io.fabric8.kubernetes.api.model.Namespaced;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.Status;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.kooper.handler.HandlerContext;
import io.kooper.internal.Throwables;
import java.util.Objects;

/**
 * Brings objects to a wanted state by server-side apply: creates them, changes what differs, takes away what was applied before
 * and is wanted no more, and leaves the fields of others alone. Needs the right to {@code patch}, and to {@code create} what is
 * not there.
 *
 * <p><b>Expected flow.</b> A handler builds the wanted object with the fields that it decides about, and no others, and applies
 * it at each call. An apply that changes nothing makes no new version, so it makes no call.
 *
 * <p><b>Errors.</b> A field that another manager has set otherwise is a conflict, code 409, which names both managers. What the
 * API server says is thrown otherwise, as a {@link KubernetesClientException}.
 *
 * <p>May be used from any thread. The objects given are not modified.
 *
 * <pre>{@code
 * Apply apply = Apply.of(client, "web-apps");
 *
 * Handler<WebApp> handler = (context, app) -> {
 *   Deployment deployment = apply.ownedBy(context, wanted(app));
 * };
 * }</pre>
 */
public final class Apply {

  private static final int LONGEST_MANAGER = 128;
  private static final int FORBIDDEN = 403;
  private static final int CONFLICT = 409;

  private final KubernetesClient client;
  private final String manager;
  private final boolean force;

  private Apply(KubernetesClient client, String manager, boolean force) {
    this.client = client;
    this.manager = manager;
    this.force = force;
  }

  /**
   * Applies as this field manager.
   *
   * @param client stays the caller's
   * @param manager names the program, the same in all its releases, and no other one
   * @throws IllegalArgumentException when the manager's name is blank or has more than 128 characters
   */
  public static Apply of(KubernetesClient client, String manager) {
    if (Objects.requireNonNull(manager, "manager").isBlank() || manager.length() > LONGEST_MANAGER) {
      throw new IllegalArgumentException("a field manager's name has 1 to 128 characters, not \"" + manager + "\"");
    }
    return new Apply(Objects.requireNonNull(client, "client"), manager, false);
  }

  /** The same, but it takes fields from other managers. */
  public Apply force() {
    return new Apply(client, manager, true);
  }

  /**
   * Applies a child of the call's object, which becomes its owner, and tells the context.
   *
   * @param wanted gets the owner's namespace if it has none
   * @return what the server returned
   * @throws IllegalArgumentException as {@link Owner#set} says, and when {@code wanted} has no name
   */
  public <T extends HasMetadata> T ownedBy(HandlerContext<?> context, T wanted) {
    return tell(context, Owner.set(copy(wanted), context.copy()));
  }

  /** Applies an object, and tells the context. */
  public <T extends HasMetadata> T apply(HandlerContext<?> context, T wanted) {
    return tell(context, copy(wanted));
  }

  /** Applies an object. */
  public <T extends HasMetadata> T apply(T wanted) {
    return send(copy(wanted));
  }

  /**
   * Applies, and tells the context if the result is surely of our making: an apply without effect returns what somebody else has
   * written, which must not be taken for our own. So it is sent for the version that the store has: what comes back with another
   * one was made of that by this apply alone. If the store is behind, what it lacks is waited for, and calls.
   */
  private <T extends HasMetadata> T tell(HandlerContext<?> context, T wanted) {
    if (wanted instanceof Namespaced && wanted.getMetadata().getNamespace() == null) {
      wanted.getMetadata().setNamespace(client.getNamespace()); // where it goes anyway
    }
    String asked = wanted.getMetadata().getResourceVersion();
    String seen = asked != null ? asked : context.seenVersion(wanted);
    wanted.getMetadata().setResourceVersion(seen);
    T written;
    boolean own;
    try {
      written = send(wanted);
      own = seen == null ? isLatest(written) : !seen.equals(written.getMetadata().getResourceVersion());
    } catch (KubernetesClientException e) {
      if (asked != null || seen == null || !isOutdated(e)) {
        throw e;
      }
      wanted.getMetadata().setResourceVersion(null);
      written = send(wanted);
      own = false;
    }
    if (own) {
      context.wrote(written);
    } else {
      context.waitFor(written);
    }
    return written;
  }

  /** Whether it is about the version alone. */
  private static boolean isOutdated(KubernetesClientException e) {
    Status status = e.getStatus();
    return e.getCode() == CONFLICT
        && (status == null || status.getDetails() == null || status.getDetails().getCauses().isEmpty());
  }

  /** Whether this state of an object that was not seen before is, by its managed fields, of our making. */
  private boolean isLatest(HasMetadata written) {
    String ours = null;
    String others = "";
    ObjectMeta metadata = Objects.requireNonNullElseGet(written.getMetadata(), ObjectMeta::new);
    if (metadata.getDeletionTimestamp() != null) {
      return false;
    }
    for (ManagedFieldsEntry entry : metadata.getManagedFields()) {
      String time = entry.getTime() == null ? "" : entry.getTime();
      if (manager.equals(entry.getManager()) && "Apply".equals(entry.getOperation())) {
        ours = time;
      } else if (time.compareTo(others) > 0) {
        others = time;
      }
    }
    return ours == null ? others.isEmpty() : ours.compareTo(others) > 0;
  }

  private <T extends HasMetadata> T copy(T wanted) {
    if (wanted.getMetadata() == null || wanted.getMetadata().getName() == null) {
      throw new IllegalArgumentException("cannot apply a " + wanted.getKind() + " without metadata.name: server-side apply"
          + " generates none");
    }
    T copy = client.getKubernetesSerialization().clone(wanted);
    copy.getMetadata().setManagedFields(null); // a server refuses an apply that has some
    return copy;
  }

  private <T extends HasMetadata> T send(T wanted) {
    PatchContext how = PatchContext.of(PatchType.SERVER_SIDE_APPLY);
    how.setFieldManager(manager);
    how.setForce(force);
    try {
      return client.resource(wanted).patch(how);
    } catch (KubernetesClientException e) {
      String advice = switch (e.getCode()) {
        case CONFLICT -> "; leave the fields out that another manager decides about, or take them with force()";
        case FORBIDDEN -> Throwables.message(e).contains(" resource ") // else by a quota, or a namespace that ends
            ? "; an apply needs the verbs \"patch\" and \"create\" on that resource" : "";
        default -> throw e;
      };
      throw new KubernetesClientException("cannot apply " + Owner.words(wanted) + " as field manager \"" + manager + "\": "
          + Throwables.message(e) + advice, e, e.getCode(), e.getStatus(), null);
    }
  }
}
