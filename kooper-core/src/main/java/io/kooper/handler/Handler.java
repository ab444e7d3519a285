package io.kooper.handler;

import io.fabric8.kubernetes.api.model.HasMetadata;
import java.util.Objects;
import org.slf4j.Logger;

/**
 * What to do with an object: the domain logic of a controller.
 *
 * <p><b>Expected flow.</b> {@link #add} is called with the current state of each object: when it is first seen, after it
 * changed, and again at each resync. Calls are level triggered: one call may stand for several changes. So a handler makes the
 * world fit the state it is given, and does nothing when it fits already. {@link #delete} is called once an
 * object that was given to {@code add} is gone.
 *
 * <p><b>Guarantees.</b> Never two calls at once for objects of one namespace and name, not even across delete and
 * re-creation. Every change is followed by a call that sees it or a later state. What was given to {@code add} is told to
 * {@code delete} once it is gone, before an object that takes its name is given to {@code add}.
 *
 * <p><b>Caveats.</b> What is deleted while no controller runs is never told: use a finalizer or owner references for what
 * must be cleaned up. An object from an API server is the handler's own. One of a source that hands over Java objects, or of
 * a bound store, is shared: do not modify it, take a {@link HandlerContext#copy() copy}.
 *
 * <p><b>Errors.</b> Whatever a call throws, an {@code Error} included, is a failure: the call is repeated after a
 * growing delay, as the controller is configured, then again at a resync. A {@link TerminalException} is not repeated before
 * the object changes.
 *
 * <p>Called on the controller's worker threads; different objects at once when there are several workers.
 *
 * <pre>{@code
 * Handler<Pod> addsAlone = (context, pod) -> System.out.println("Pod added: " + context.key());
 *
 * Handler<Pod> both = Handler.of(
 *     (context, pod) -> System.out.println("Pod added: " + context.key()),
 *     (context, pod) -> System.out.println("Pod deleted: " + context.key()));
 * }</pre>
 *
 * @param <T> the type of the objects
 */
@FunctionalInterface
public interface Handler<T extends HasMetadata> {

  /**
   * An object was created, has changed, or is seen again at a resync.
   *
   * @param object its current state
   */
  void add(HandlerContext<T> context, T object) throws Exception;

  /**
   * An object that was given to {@link #add} is gone, or no longer selected. Does nothing unless overridden. A
   * {@link TerminalException} means that it shall not be told again.
   *
   * @param lastState the last state that was seen of it
   */
  default void delete(HandlerContext<T> context, T lastState) throws Exception {}

  /**
   * One half of a handler, to be written as a lambda.
   *
   * @param <T> the type of the objects
   */
  @FunctionalInterface
  interface Function<T extends HasMetadata> {

    /** As {@link Handler#add} or {@link Handler#delete}. */
    void handle(HandlerContext<T> context, T object) throws Exception;
  }

  /**
   * A handler of two lambdas.
   *
   * @throws NullPointerException when one of them is null
   */
  static <T extends HasMetadata> Handler<T> of(Function<T> add, Function<T> delete) {
    Objects.requireNonNull(add, "the add function of a handler cannot be null");
    Objects.requireNonNull(delete, "the delete function of a handler cannot be null; leave it out if deletes do not matter");
    return new Handler<>() {
      @Override
      public void add(HandlerContext<T> context, T object) throws Exception {
        add.handle(context, object);
      }

      @Override
      public void delete(HandlerContext<T> context, T lastState) throws Exception {
        delete.handle(context, lastState);
      }
    };
  }

  /** A handler that logs, at INFO, that it was called and with which version of which object, never its content. */
  static <T extends HasMetadata> Handler<T> logging(Logger logger) {
    Objects.requireNonNull(logger, "logger");
    return of(
        (context, object) -> logger.info("{}: add {} at version {}", context.controller(), context.key(),
            object.getMetadata().getResourceVersion()),
        (context, object) -> logger.info("{}: delete {} last seen at version {}", context.controller(), context.key(),
            object.getMetadata().getResourceVersion()));
  }
}
