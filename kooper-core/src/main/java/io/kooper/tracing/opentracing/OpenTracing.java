package io.kooper.tracing.opentracing;

import io.kooper.tracing.Trace;
import io.kooper.tracing.TracedJob;
import io.kooper.tracing.Tracing;
import io.opentracing.Tracer;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Makes a trace of each job, with spans, tags, logs and baggage as Kooper's: a root span {@code processJob}, and in it
 * {@code handleAddObject} or {@code handleDeleteObject}, which is the tracer's active span while the handler runs. A span
 * that the handler starts on its own thread is thus a child of it; for another thread, hand it {@code tracer.activeSpan()}.
 *
 * <pre>{@code
 * Controller.builder(pods, handler).tracing(OpenTracing.of(tracer)).build().run();
 * }</pre>
 *
 * <p>One instance serves any number of controllers. The tracer is called by their workers, several at once, and is not
 * closed with them: after {@code run()} has returned, no span is started any more. What a tracer throws does not disturb the
 * handler, and no span stays active after the job, even if the handler left some so.
 */
public final class OpenTracing implements Tracing {

  private final Tracer tracer;
  private final AtomicBoolean warned = new AtomicBoolean(); // that a handler leaves scopes open

  private OpenTracing(Tracer tracer) {
    this.tracer = tracer;
  }

  /**
   * Traces that go to this tracer; its service name is the one the spans are found under.
   *
   * @throws NullPointerException when there is no tracer
   */
  public static OpenTracing of(Tracer tracer) {
    return new OpenTracing(Objects.requireNonNull(tracer, "tracer"));
  }

  @Override
  public Trace begin(TracedJob job) {
    return new JobTrace(tracer, job, warned);
  }
}
