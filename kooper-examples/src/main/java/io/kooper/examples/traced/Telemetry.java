package io.kooper.examples.traced;

import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.exporter.otlp.http.trace.OtlpHttpSpanExporter;
import io.opentelemetry.exporter.zipkin.ZipkinSpanExporter;
import io.opentelemetry.opentracingshim.OpenTracingShim;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import io.opentelemetry.sdk.resources.Resource;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.SpanProcessor;
import io.opentelemetry.sdk.trace.export.BatchSpanProcessor;
import io.opentelemetry.sdk.trace.export.SimpleSpanProcessor;
import io.opentelemetry.sdk.trace.export.SpanExporter;
import io.opentracing.Tracer;
import java.io.PrintStream;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import zipkin2.reporter.BytesMessageSender;
import zipkin2.reporter.urlconnection.URLConnectionSender;

/**
 * OpenTracing tracers whose spans the OpenTelemetry SDK takes on their way. A service has a tracer of its own, as it would
 * have in a process of its own; all spans go one way.
 */
public final class Telemetry implements AutoCloseable {

  private final SpanProcessor way;

  private Telemetry(SpanProcessor way) {
    this.way = way;
  }

  /** Gives all spans to this. */
  public static Telemetry of(SpanProcessor way) {
    return new Telemetry(way);
  }

  /** Sends the spans where the flags say, or prints them as trees. */
  public static Telemetry start(TraceFlags flags, PrintStream out) {
    List<SpanExporter> exporters = new ArrayList<>();
    if (flags.otlp() != null) {
      out.println("The traces go to " + flags.otlp());
      exporters.add(OtlpHttpSpanExporter.builder().setEndpoint(flags.otlp().toString()).build());
    }
    if (flags.zipkin() != null) {
      out.println("The traces go to " + flags.zipkin());
      exporters.add(zipkin(flags.zipkin()));
    }
    return new Telemetry(exporters.isEmpty()
        ? SimpleSpanProcessor.create(new SpanTrees(out))
        : BatchSpanProcessor.builder(SpanExporter.composite(exporters)).setScheduleDelay(Duration.ofMillis(500)).build());
  }

  @SuppressWarnings("deprecation") // by OpenTelemetry, since Zipkin has begun to understand OTLP
  private static SpanExporter zipkin(URI url) {
    BytesMessageSender sender = URLConnectionSender.create(url.toString());
    return ZipkinSpanExporter.builder().setSender(sender).build();
  }

  /** A tracer whose spans are found under the name of this service. */
  @SuppressWarnings("deprecation") // the shim, as OpenTracing is complete and has a successor
  public Tracer tracer(String service) {
    SdkTracerProvider provider = SdkTracerProvider.builder()
        .setResource(Resource.create(Attributes.of(AttributeKey.stringKey("service.name"), service)))
        .addSpanProcessor(way)
        .build();
    return OpenTracingShim.createTracerShim(OpenTelemetrySdk.builder().setTracerProvider(provider).build());
  }

  /** Waits, for a while, until the last spans are on their way. */
  @Override
  public void close() {
    way.shutdown().join(10, TimeUnit.SECONDS);
  }
}
