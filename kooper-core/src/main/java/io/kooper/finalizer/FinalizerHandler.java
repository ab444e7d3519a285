package io.kooper.finalizer;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.ListOptionsBuilder;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.kooper.handler.Handler;
import io.kooper.handler.HandlerContext;
import io.kooper.internal.Names;
import io.kooper.retrieve.Json;
import io.kooper.retrieve.RetrieveException;
import io.kooper.retrieve.Retriever;
import io.kooper.retrieve.SourceEvent;
import io.kooper.retrieve.Undecodable;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Surrounds a handler so that it misses no delete, not even one that happens while no controller runs: Kubernetes keeps an
 * object that carries a finalizer until whoever put it on has taken it off again.
 *
 * <p><b>Expected flow.</b> An object without the finalizer gets it; that is a change, so the call comes again, and the
 * handler's {@code add} is called with the object that has it. When somebody deletes the object, it stays, with a
 * {@code deletionTimestamp}: the handler's {@code delete} is called to clean up, then the finalizer is taken off, and the
 * object goes as soon as it carries no other. An object that is being deleted without the finalizer is ignored,
 * and so is one that is gone.
 *
 * <p><b>Guarantees.</b> {@code add} is never called with a state that does not carry the finalizer, or that is being
 * deleted. The finalizer is taken off only after a {@code delete} that returned, was not
 * {@linkplain HandlerContext#cancelled cancelled}, and did not {@linkplain HandlerContext#requeueAfter ask to be called
 * again}. No finalizer is put on an object that is being deleted. Every write is a JSON patch that tests what it builds on,
 * so it overwrites neither the finalizers of others nor a newer state.
 *
 * <p><b>Caveats.</b> {@code delete} may be called again after its clean-up, such as when the response to the patch was lost: it
 * must be idempotent. It is not called if a finalizer is removed by hand. An object that is no longer selected keeps the
 * finalizer and cannot be deleted: select only by what does not change. Call {@link #removeFromAll} before an uninstall, or the
 * objects can never be deleted.
 *
 * <p><b>Errors.</b> What the handler throws is passed on: the finalizer stays, and the call is repeated like any other. If the
 * object has changed meanwhile (409, or 422 where a test failed), this throws a {@link KubernetesClientException} with code 409:
 * the call is repeated with the newer state, and logged at debug. An object that is gone (404) is no error. A finalizer that the
 * API server accepts but does not keep is an error, since no change would bring the next call.
 *
 * <p>It needs the permission to {@code patch} the objects.
 *
 * <pre>{@code
 * Handler<Service> records = Handler.of(
 *     (context, service) -> dns.put(service.getMetadata().getName()),
 *     (context, service) -> dns.remove(service.getMetadata().getName()));
 *
 * Controller.sequential(Retriever.of(client, Service.class),
 *     FinalizerHandler.of(client, "example.com/dns-record", records)).run();
 * }</pre>
 *
 * @param <T> the type of the objects
 */
public final class FinalizerHandler<T extends HasMetadata> implements Handler<T> {

  private static final long PAGE = 500;
  private static final int MOST_LISTS = 10;
  private static final int NOT_FOUND = 404;
  private static final int CONFLICT = 409;
  private static final int UNPROCESSABLE = 422;

  private final KubernetesClient client;
  private final String finalizer;
  private final Handler<T> handler;

  private FinalizerHandler(KubernetesClient client, String finalizer, Handler<T> handler) {
    this.client = client;
    this.finalizer = finalizer;
    this.handler = handler;
  }

  /**
   * Surrounds a handler, whose {@code delete} is the clean-up.
   *
   * @param client stays the caller's
   * @param finalizer a qualified name, as {@code example.com/dns-record}; no other controller may use it for these objects
   * @throws IllegalArgumentException when that is no qualified name
   */
  public static <T extends HasMetadata> FinalizerHandler<T> of(
      KubernetesClient client, String finalizer, Handler<T> handler) {
    Objects.requireNonNull(client, "client");
    Objects.requireNonNull(handler, "handler");
    Objects.requireNonNull(finalizer, "finalizer");
    if (finalizer.indexOf('/') < 0 || !Names.isQualified(finalizer)) { // without a domain, only Kubernetes' own are finalizers
      throw new IllegalArgumentException(
          "\"" + finalizer + "\" is not a qualified name of a finalizer, DOMAIN/NAME as in example.com/dns-record");
    }
    return new FinalizerHandler<>(client, finalizer, handler);
  }

  /**
   * Takes the finalizer off all objects without any clean-up, for an uninstall: stop the controller first. It lists them in
   * pages of 500, and again until none carries the finalizer, so what has changed meanwhile is tried again. Needs the right to
   * {@code list} and {@code patch} the objects.
   *
   * @return off how many objects it was taken
   * @throws IllegalStateException when it is still there at the tenth list, since something puts it on again, or when an object
   *     cannot be read; it was taken off the others
   * @throws RetrieveException when a list failed
   */
  public static <T extends HasMetadata> int removeFromAll(KubernetesClient client, String finalizer, Retriever<T> retriever)
      throws RetrieveException, InterruptedException {
    FinalizerHandler<T> handler = of(client, finalizer, (context, object) -> {});
    Set<String> removed = new HashSet<>();
    for (int round = 0; round < MOST_LISTS; round++) {
      List<Undecodable> unreadable = new ArrayList<>();
      List<T> carriers = handler.carriers(retriever, unreadable); // a list must not wait for writes
      if (carriers.isEmpty() && !unreadable.isEmpty()) {
        throw new IllegalStateException("the finalizer " + finalizer + " was taken off " + removed.size()
            + " objects; these could not be read, use kubectl edit: " + unreadable);
      }
      if (carriers.isEmpty()) {
        return removed.size();
      }
      for (T object : carriers) {
        try {
          handler.takeOff(object, object.getMetadata().getFinalizers().indexOf(finalizer));
          removed.add(object.getMetadata().getUid());
        } catch (KubernetesClientException e) {
          if (e.getCode() != CONFLICT) {
            throw e;
          }
        }
      }
    }
    throw new IllegalStateException("the finalizer " + finalizer + " was taken off " + removed.size()
        + " objects, but is put on again: end what does that");
  }

  private List<T> carriers(Retriever<T> retriever, List<Undecodable> unreadable)
      throws RetrieveException, InterruptedException {
    List<T> carriers = new ArrayList<>();
    retriever.listerWatcher().list(new ListOptionsBuilder().withLimit(PAGE).build(), event -> {
      SourceEvent<T> bound = event instanceof Json<T> json ? json.bind() : event;
      if (bound instanceof SourceEvent.Unreadable<T> bad) {
        unreadable.add(bad.object());
      } else if (bound instanceof SourceEvent.Item<T> item && item.object().getMetadata().getFinalizers().contains(finalizer)) {
        carriers.add(item.object());
      }
    });
    return carriers;
  }

  @Override
  public void add(HandlerContext<T> context, T object) throws Exception {
    ObjectMeta meta = object.getMetadata();
    int place = meta.getFinalizers().indexOf(finalizer);
    if (meta.getDeletionTimestamp() != null) {
      if (place >= 0) {
        cleanUp(context, object, place);
      }
    } else if (place < 0) {
      putOn(object);
    } else {
      handler.add(context, object);
    }
  }

  /** Nothing is left to do: the clean-up came before, or the finalizer was removed by hand. */
  @Override
  public void delete(HandlerContext<T> context, T lastState) {}

  private void putOn(T object) {
    boolean first = object.getMetadata().getFinalizers().isEmpty();
    T patched = patch(object, List.of(
        test("/metadata/resourceVersion", object.getMetadata().getResourceVersion()), // it is not being deleted meanwhile
        first
            ? Map.of("op", "add", "path", "/metadata/finalizers", "value", List.of(finalizer))
            : Map.of("op", "add", "path", "/metadata/finalizers/-", "value", finalizer)));
    if (patched != null && !patched.getMetadata().getFinalizers().contains(finalizer)) { // no change would bring the next call
      throw new IllegalStateException("the API server has accepted the finalizer " + finalizer
          + " and not kept it: does an admission webhook take it off?");
    }
  }

  private void cleanUp(HandlerContext<T> context, T object, int place) throws Exception {
    handler.delete(context, object);
    if (!context.requeued() && !context.cancelled()) { // one that was cancelled may have returned half done
      T without = takeOff(object, place);
      if (without != null && without.getMetadata() != null) {
        context.wrote(without); // else a call before that is seen would clean up once more
      }
    }
  }

  /** Without a test of the version: whatever else has changed, the clean-up is done, and should not be done again. */
  private @Nullable T takeOff(T object, int place) {
    String path = "/metadata/finalizers/" + place;
    return patch(object, List.of(
        test("/metadata/uid", object.getMetadata().getUid()),
        test(path, finalizer),
        Map.of("op", "remove", "path", path)));
  }

  private static Map<String, Object> test(String path, String value) {
    return Map.of("op", "test", "path", path, "value", value);
  }

  /** The object as the API server has it then; null when it is gone. */
  private @Nullable T patch(T object, List<Map<String, Object>> operations) {
    try {
      return client.resource(object).patch(
          PatchContext.of(PatchType.JSON), client.getKubernetesSerialization().asJson(operations));
    } catch (KubernetesClientException e) {
      if (e.getCode() == CONFLICT || e.getCode() == UNPROCESSABLE) {
        throw new KubernetesClientException("the finalizer " + finalizer + " waits, the object has changed meanwhile: "
            + e.getMessage(), e, CONFLICT, e.getStatus(), null);
      }
      if (e.getCode() != NOT_FOUND) {
        throw e;
      }
      return null;
    }
  }
}
