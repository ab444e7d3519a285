package io.kooper.tracing;

/**
 * Follows what controllers do with each key. For any OpenTracing tracer there is {@code OpenTracing}:
 *
 * <pre>{@code
 * Controller.builder(retriever, handler).tracing(OpenTracing.of(tracer)).build().run();
 * }</pre>
 */
public interface Tracing {

  /** A controller was built; what is returned is called by its workers. */
  ControllerTracing controller(TracedController controller);
}
