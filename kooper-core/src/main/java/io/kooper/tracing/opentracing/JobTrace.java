package io.kooper.tracing.opentracing;

import io.kooper.internal.Log;
import io.kooper.internal.Throwables;
import io.kooper.retrieve.ObjectKey;
import io.kooper.tracing.Trace;
import io.kooper.tracing.TracedController;
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
  private final TracedController controller;
  private final AtomicBoolean warned;
  private final ObjectKey key;
  private final boolean delete;
  private final Span root;

  private @Nullable Span handling; // while the handler runs
  private @Nullable Scope scope; // in which it is active
  private @Nullable Span before; // what was active when it began
  private boolean handled;
  private boolean failed;

  /** @param warned whether it was said that a handler of this controller leaves scopes open */
  JobTrace(Tracer tracer, TracedController controller, AtomicBoolean warned, ObjectKey key, boolean delete, int attempt) {
    this.tracer = tracer;
    this.controller = controller;
    this.warned = warned;
    this.key = key;
    this.delete = delete;
    root = span("processJob")
        .ignoreActiveSpan()
        .withTag("kubernetes.object.namespace", key.namespace())
        .withTag("kubernetes.object.name", key.name())
        .withTag("kubernetes.object.total_processed_times", attempt)
        .withTag("kubernetes.object.processing_retry", attempt > 1)
        .start();
    root.setBaggageItem(KEY, key.toString());
    root.log(Map.of(Fields.EVENT, "process_object", KEY, key.toString()));
  }

  /** With what both spans say; given to the builder, since some tracers decide by it what to do with the span. */
  private SpanBuilder span(String name) {
    return tracer.buildSpan(name)
        .withTag(Tags.SPAN_KIND.getKey(), Tags.SPAN_KIND_CONSUMER)
        .withTag(Tags.COMPONENT.getKey(), "kooper")
        .withTag(KEY, key.toString())
        .withTag("kooper.controller", controller.name())
        .withTag("controller.cfg.name", controller.name())
        .withTag("controller.cfg.resync_interval", asInGo(controller.resync()))
        .withTag("controller.cfg.max_retries", controller.retries())
        .withTag("controller.cfg.concurrent_workers", controller.workers());
  }

  @Override
  public void handlerStarted() {
    handled = true;
    before = tracer.activeSpan();
    Span span = span(delete ? "handleDeleteObject" : "handleAddObject").asChildOf(root).start();
    handling = span;
    scope = tracer.activateSpan(span);
    span.log(Map.of(Fields.EVENT, delete ? "delete" : "add", KEY, key.toString()));
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
          log.warn("{}: the handler of {} left a tracing scope open; further ones are not logged", controller.name(), key);
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
        KEY, key.toString()));
  }

  @Override
  public void forgotten(boolean succeeded) {
    String message = succeeded
        ? "object processed correctly"
        : "max number of retries reached after failing, forgetting object key";
    root.log(Map.of(Fields.EVENT, "forget", Fields.MESSAGE, message, KEY, key.toString()));
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
    if (duration == null || duration.isZero()) {
      return "0s";
    }
    if (duration.compareTo(Duration.ofSeconds(1)) < 0) {
      return decimal(duration.toNanos(), 6) + "ms";
    }
    String hours = duration.toHours() > 0 ? duration.toHours() + "h" : "";
    String minutes = duration.toMinutes() > 0 ? duration.toMinutesPart() + "m" : "";
    return hours + minutes + decimal(duration.toSecondsPart() * 1_000_000_000L + duration.getNano(), 9) + "s";
  }

  private static String decimal(long nanos, int scale) {
    return BigDecimal.valueOf(nanos, scale).stripTrailingZeros().toPlainString();
  }
}
