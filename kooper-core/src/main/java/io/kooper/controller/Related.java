package io.kooper.controller;

import io.fabric8.kubernetes.api.model.HasMetadata;
import java.util.Objects;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * What is special about a related kind; the last argument of {@link ControllerBuilder#owns},
 * {@link ControllerBuilder#watches} and {@link ControllerBuilder#references}.
 *
 * <pre>{@code
 * .owns(Retriever.of(client, Deployment.class), r -> r.onlyWhenChanged(Deployment::getSpec))
 * }</pre>
 *
 * @param <R> the type of the related objects
 */
public final class Related<R extends HasMetadata> {

  @Nullable String name;
  @Nullable Function<? super R, ?> projection;
  boolean optional;

  Related() {}

  /** For {@link io.kooper.handler.HandlerContext#related(String, Class)}, logs and health. Default: the resource's plural. */
  public Related<R> name(String name) {
    this.name = Objects.requireNonNull(name, "name");
    return this;
  }

  /**
   * Skips a change of a related object if {@code projection} returns the same as before, and the object maps to the same keys. A
   * creation or a delete always calls. If the projection throws, the call is made. It runs on the informer's thread.
   */
  public Related<R> onlyWhenChanged(Function<? super R, ?> projection) {
    this.projection = Objects.requireNonNull(projection, "projection");
    return this;
  }

  /**
   * The controller works although these objects cannot be listed, such as while their kind is not installed. Default: it waits
   * for them, and its health says so.
   */
  public Related<R> optional() {
    this.optional = true;
    return this;
  }
}
