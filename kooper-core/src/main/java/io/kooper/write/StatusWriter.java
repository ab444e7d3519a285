package io.kooper.write;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import io.kooper.handler.HandlerContext;
import io.kooper.internal.Throwables;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Writes the status of an object if it differs from the server's. Needs the right to {@code patch} the status subresource.
 *
 * <p><b>Guarantees.</b> Nothing is sent if nothing differs. The write is refused with code 409 if the object has changed since
 * {@code after} was read, since a status describes that state. Only the difference is sent, so fields that the class does not
 * know stay.
 *
 * <p><b>Caveats.</b> An object that was written in the same call has a version that the store does not have yet. Then the whole
 * status is sent, also if nothing differs.
 *
 * <p>May be used from any thread.
 *
 * <pre>{@code
 * StatusWriter status = StatusWriter.of(client);
 *
 * Handler<WebApp> handler = (context, app) -> {
 *   app.getStatus().setReplicas(3); // app is the handler's own; of a shared one take context.copy()
 *   status.patch(context, app);
 * };
 * }</pre>
 */
public final class StatusWriter {

  private static final int FORBIDDEN = 403;
  private static final int NOT_FOUND = 404;

  private final KubernetesClient client;

  private StatusWriter(KubernetesClient client) {
    this.client = client;
  }

  /** @param client stays the caller's */
  public static StatusWriter of(KubernetesClient client) {
    return new StatusWriter(Objects.requireNonNull(client, "client"));
  }

  /**
   * Writes what differs between the status in the controller's store and that of {@code after}, and tells the context.
   *
   * @param after the call's object, a copy of it, or what an earlier write of this call returned; with the status that it should
   *     have. It is not modified
   * @return what the server returned, or {@code after} when nothing differed
   * @throws KubernetesClientException with code 409 when the object has changed meanwhile: the call is repeated with the newer
   *     state; with code 404 when it is gone, or its definition has no status subresource
   */
  public <T extends HasMetadata> T patch(HandlerContext<T> context, T after) {
    T written = write(context.store().get(context.key()).orElse(null), after);
    if (!Objects.equals(written.getMetadata().getResourceVersion(), after.getMetadata().getResourceVersion())) {
      context.wrote(written);
    }
    return written;
  }

  /** As {@link #patch(HandlerContext, HasMetadata)} without a controller: {@code before} is the object as it was read. */
  public <T extends HasMetadata> T patch(T before, T after) {
    return write(before, after);
  }

  private <T extends HasMetadata> T write(@Nullable T before, T after) {
    String version = after.getMetadata().getResourceVersion();
    if (version == null) {
      throw new IllegalArgumentException(Owner.words(after) + " has no resourceVersion: give the object as the API server"
          + " returned it, with another status");
    }
    Object wanted = status(after);
    if (before == null || !Objects.equals(version, before.getMetadata().getResourceVersion())) {
      // what is there is not known: all of it is replaced
      Object all = wanted == null ? Map.of() : wanted;
      return send(after, PatchType.JSON, List.of(
          Map.of("op", "add", "path", "/metadata/resourceVersion", "value", version), // refused with 409 if it is another
          Map.of("op", "add", "path", "/status", "value", all)));
    }
    Object there = status(before);
    if (Objects.equals(there, wanted)) {
      return after;
    }
    Map<String, @Nullable Object> patch = new LinkedHashMap<>();
    patch.put("metadata", Map.of("resourceVersion", version));
    patch.put("status", difference(there, wanted));
    return send(after, PatchType.JSON_MERGE, patch);
  }

  private <T extends HasMetadata> T send(T object, PatchType type, Object patch) {
    try {
      return client.resource(object).subresource("status")
          .patch(PatchContext.of(type), client.getKubernetesSerialization().asJson(patch));
    } catch (KubernetesClientException e) {
      String advice = switch (e.getCode()) {
        case FORBIDDEN -> "; it needs the verb \"patch\" on the subresource \"status\"";
        case NOT_FOUND -> "; it is gone, or its definition has no status subresource: \"subresources: {status: {}}\"";
        default -> throw e;
      };
      throw new KubernetesClientException("cannot write the status of " + Owner.words(object) + ": " + Throwables.message(e)
          + advice, e, e.getCode(), e.getStatus(), null);
    }
  }

  private @Nullable Object status(HasMetadata object) {
    KubernetesSerialization json = client.getKubernetesSerialization();
    return json.unmarshal(json.asJson(object), Map.class).get("status"); // by JSON, so that numbers are of one type
  }

  /** A merge patch (RFC 7386) that makes the second of the first. */
  private static @Nullable Object difference(@Nullable Object before, @Nullable Object after) {
    if (!(before instanceof Map<?, ?> there && after instanceof Map<?, ?> wanted)) {
      return after;
    }
    Map<Object, @Nullable Object> patch = new LinkedHashMap<>();
    wanted.forEach((field, value) -> {
      if (!Objects.equals(there.get(field), value)) {
        patch.put(field, difference(there.get(field), value));
      }
    });
    there.keySet().stream().filter(field -> !wanted.containsKey(field)).forEach(field -> patch.put(field, null));
    return patch;
  }
}
