package io.kooper.examples.traced;

import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.sdk.common.CompletableResultCode;
import io.opentelemetry.sdk.trace.data.EventData;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.sdk.trace.export.SpanExporter;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/** Prints each trace as a tree when its root has ended, which in this example is the last span to end. */
final class SpanTrees implements SpanExporter {

  private static final AttributeKey<String> SERVICE = AttributeKey.stringKey("service.name");
  private static final AttributeKey<String> KEY = AttributeKey.stringKey("kubernetes.object.key");
  private static final AttributeKey<Long> ATTEMPT = AttributeKey.longKey("kubernetes.object.total_processed_times");
  private static final AttributeKey<String> MESSAGE = AttributeKey.stringKey("message");
  private static final AttributeKey<String> ERROR = AttributeKey.stringKey("exception.message"); // the shim renames it

  private final PrintStream out;
  private final Map<String, List<SpanData>> unfinished = new ConcurrentHashMap<>(); // by trace; one thread each

  SpanTrees(PrintStream out) {
    this.out = out;
  }

  @Override
  public CompletableResultCode export(Collection<SpanData> spans) {
    for (SpanData span : spans) {
      unfinished.computeIfAbsent(span.getTraceId(), id -> new ArrayList<>()).add(span);
      if (!span.getParentSpanContext().isValid()) {
        out.print(tree(span, unfinished.remove(span.getTraceId())));
      }
    }
    return CompletableResultCode.ofSuccess();
  }

  private static String tree(SpanData root, List<SpanData> spans) {
    spans.sort(Comparator.comparingLong(SpanData::getStartEpochNanos));
    StringBuilder text = new StringBuilder()
        .append("Trace ").append(root.getTraceId())
        .append(" of ").append(root.getAttributes().get(KEY))
        .append(", attempt ").append(root.getAttributes().get(ATTEMPT)).append(System.lineSeparator());
    append(text, "  ", root, spans);
    return text.toString();
  }

  private static void append(StringBuilder text, String indent, SpanData span, List<SpanData> spans) {
    long millis = TimeUnit.NANOSECONDS.toMillis(span.getEndEpochNanos() - span.getStartEpochNanos());
    boolean failed = span.getStatus().getStatusCode() == StatusCode.ERROR;
    text.append(indent).append(span.getResource().getAttribute(SERVICE)).append(": ").append(span.getName())
        .append(' ').append(millis).append(" ms").append(failed ? " FAILED" : "").append(System.lineSeparator());
    for (EventData event : span.getEvents()) {
      Attributes logged = event.getAttributes();
      String message = logged.get(MESSAGE) != null ? logged.get(MESSAGE) : logged.get(ERROR);
      if (message != null || event.getName().equals("reenqueued")) {
        text.append(indent).append("  - ").append(event.getName()).append(message == null ? "" : ": " + message)
            .append(System.lineSeparator());
      }
    }
    spans.stream().filter(other -> other.getParentSpanId().equals(span.getSpanId()))
        .forEach(child -> append(text, indent + "  ", child, spans));
  }

  @Override
  public CompletableResultCode flush() {
    return CompletableResultCode.ofSuccess();
  }

  @Override
  public CompletableResultCode shutdown() {
    return CompletableResultCode.ofSuccess();
  }
}
