package io.kooper.tracing.opentracing;

import io.kooper.internal.Log;
import io.kooper.internal.Throwables;
import io.kooper.tracing.Trace;
import io.kooper.tracing.TracedJob;
import io.opentracing.Scope;
import io.opentracing.Span;
import io.opentracing.Tracer;
import io.opentracing.Tracer.SpanBuilder;
import io.opentracing.log.Fields;
import io.opentracing.tag.Tags;
import java.math.BigDecimal;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * The two spans of one job. All names and messages are Kooper's. The fields are set before the next call of the tracer, so
 * that whatever it throws, {@link #handlerEnded} and {@link #ended} find what there is to close.
 */
final class JobTrace implements Trace {

  private static final Log log = Log.of(OpenTracing.class);

  private static final String KEY = "kubernetes.object.key";

  private final Tracer tracer;
  private final TracedJob job;
  private final AtomicBoolean warned;
  private final String key;
  private final Span root;

  private @Nullable Span handling; // while the handler runs
  private @Nullable Scope scope; // in which it is active
  private @Nullable Span before; // what was active when it began
  private boolean handled;
  private boolean failed;

  /** @param warned whether it was said that a handler leaves scopes open */
  JobTrace(Tracer tracer, TracedJob job, AtomicBoolean warned) {
    this.tracer = tracer;
    this.job = job;
    this.warned = warned;
    key = job.key().toString();
    root = span("processJob")
        .ignoreActiveSpan()
        .withTag("kubernetes.object.namespace", job.key().namespace())
        .withTag("kubernetes.object.name", job.key().name())
        .withTag("kubernetes.object.total_processed_times", job.attempt())
        .withTag("kubernetes.object.processing_retry", job.attempt() > 1)
        .withTag("kooper.reasons", String.join(", ", job.reasons()))
        .start();
    root.setBaggageItem(KEY, key);
    root.log(Map.of(Fields.EVENT, "process_object", KEY, key));
  }

  /** With what both spans say; given to the builder, since some tracers decide by it what to do with the span. */
  private SpanBuilder span(String name) {
    return tracer.buildSpan(name)
        .withTag(Tags.SPAN_KIND.getKey(), Tags.SPAN_KIND_CONSUMER)
        .withTag(Tags.COMPONENT.getKey(), "kooper")
        .withTag(KEY, key)
        .withTag("kooper.controller", job.controller())
        .withTag("controller.cfg.name", job.controller())
        .withTag("controller.cfg.resync_interval", asInGo(job.resync()))
        .withTag("controller.cfg.max_retries", job.retries())
        .withTag("controller.cfg.concurrent_workers", job.workers());
  }

  @Override
  public void handlerStarted() {
    handled = true;
    before = tracer.activeSpan();
    Span span = span(job.delete() ? "handleDeleteObject" : "handleAddObject").asChildOf(root).start();
    handling = span;
    scope = tracer.activateSpan(span);
    span.log(Map.of(Fields.EVENT, job.delete() ? "delete" : "add", KEY, key));
  }

  @Override
  public void handlerEnded(@Nullable Throwable failure) {
    try {
      if (failure != null && handling != null) {
        fail(handling, failure);
      }
    } finally {
      leave();
    }
    if (failure != null) {
      failed = true;
      fail(root, failure);
    }
  }

  private static void fail(Span span, Throwable failure) {
    span.setTag(Tags.ERROR, true);
    span.log(Map.of(Fields.EVENT, "error", Fields.MESSAGE, Throwables.text(failure)));
  }

  /** Ends the handler's span, and makes that active which was so before. */
  private void leave() {
    Span span = handling;
    handling = null;
    try {
      deactivate();
    } finally {
      if (span != null) {
        span.finish();
      }
    }
  }

  private void deactivate() {
    Scope open = scope;
    scope = null;
    if (open == null) {
      return;
    }
    try {
      open.close();
    } finally {
      if (!same(before, tracer.activeSpan())) { // a scope that is not the innermost one does not close
        if (warned.compareAndSet(false, true)) {
          log.warn("{}: the handler of {} left a tracing scope open; further ones are not logged", job.controller(), key);
        }
        tracer.activateSpan(before); // for good: there is no way to close what others have opened
      }
    }
  }

  /** Tracers may wrap one span twice. */
  private static boolean same(@Nullable Span a, @Nullable Span b) {
    return a == b || a != null && b != null && Objects.equals(a.context().toSpanId(), b.context().toSpanId());
  }

  @Override
  public void requeued(int retriesRemaining, int retriesConsumed) {
    root.log(Map.of(
        Fields.EVENT, "reenqueued",
        "kubernetes.object.retries_remaining", retriesRemaining,
        "kubernetes.object.retries_consumed", retriesConsumed,
        KEY, key));
  }

  @Override
  public void forgotten(boolean succeeded) {
    String message = succeeded
        ? "object processed correctly"
        : "max number of retries reached after failing, forgetting object key";
    root.log(Map.of(Fields.EVENT, "forget", Fields.MESSAGE, message, KEY, key));
  }

  @Override
  public void ended(boolean succeeded) {
    try {
      leave(); // already done, unless handlerEnded() was not called
      if (!succeeded && handled && !failed) {
        root.setTag(Tags.ERROR, true);
      }
      root.log(Map.of("success", succeeded));
    } finally {
      root.finish();
    }
  }

  /** For instance {@code 30s} or {@code 1m30s}: the same query finds the spans of both Koopers. {@code 0s} for none. */
  static String asInGo(@Nullable Duration duration) {
    if (duration == null) {
      return "0s";
    }
    String hours = duration.toHours() > 0 ? duration.toHours() + "h" : "";
    String minutes = duration.toMinutes() > 0 ? duration.toMinutesPart() + "m" : "";
    BigDecimal seconds = BigDecimal.valueOf(duration.toSecondsPart() * 1_000_000_000L + duration.getNano(), 9);
    return hours + minutes + seconds.stripTrailingZeros().toPlainString() + "s";
  }
}
