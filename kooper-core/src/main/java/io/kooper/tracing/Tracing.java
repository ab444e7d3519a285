package io.kooper.tracing;

/**
 * Follows what controllers do with each key. For any OpenTracing tracer there is {@code OpenTracing}:
 *
 * <pre>{@code
 * Controller.builder(retriever, handler).tracing(OpenTracing.of(tracer)).build().run();
 * }</pre>
 */
@FunctionalInterface
public interface Tracing {

  /** A worker begins with a key, on its thread; several do so at once. */
  Trace begin(TracedJob job);
}
