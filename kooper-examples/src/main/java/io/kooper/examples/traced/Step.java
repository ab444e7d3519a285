package io.kooper.examples.traced;

import io.opentracing.Scope;
import io.opentracing.Span;
import io.opentracing.Tracer;
import io.opentracing.tag.Tags;

/** Something to do within a span. */
@FunctionalInterface
interface Step {

  void run() throws Exception;

  /** Does it with this span active, and ends the span; what is thrown marks it. */
  @SuppressWarnings("try") // the scope is there to be closed
  default void runIn(Span span, Tracer tracer) throws Exception {
    try (Scope scope = tracer.activateSpan(span)) {
      run();
    } catch (Exception e) {
      span.setTag(Tags.ERROR, true);
      throw e;
    } finally {
      span.finish();
    }
  }
}
