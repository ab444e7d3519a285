package io.kooper.examples;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.sun.net.httpserver.HttpServer;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.kooper.controller.Controller;
import io.kooper.examples.traced.Telemetry;
import io.kooper.retrieve.ObjectKey;
import io.kooper.test.EmbeddedApiServer;
import io.kooper.tracing.Trace;
import io.kooper.tracing.TracedJob;
import io.kooper.tracing.opentracing.OpenTracing;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.sdk.testing.exporter.InMemorySpanExporter;
import io.opentelemetry.sdk.trace.data.EventData;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.sdk.trace.export.SimpleSpanProcessor;
import io.opentracing.Tracer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class TracedControllerTest {

  /** Through the shim and the SDK, as they leave for wherever they go. */
  @Nested
  class Spans {

    private final InMemorySpanExporter exported = InMemorySpanExporter.create();
    private final Telemetry telemetry = Telemetry.of(SimpleSpanProcessor.create(exported));
    private final EmbeddedApiServer server = EmbeddedApiServer.start();
    private final KubernetesClient client = server.client();
    private Controller controller;
    private Thread run;

    private void start(double fail) {
      controller = TracedController.controller(client, telemetry, fail);
      run = new Thread(controller::run);
      run.start();
    }

    @AfterEach
    void stop() throws InterruptedException {
      controller.close();
      run.join();
      client.close();
      server.close();
      telemetry.close();
    }

    private Pod create() {
      return client.resource(new PodBuilder()
          .withNewMetadata().withNamespace("default").withName("web").endMetadata()
          .withNewSpec().addNewContainer().withName("web").withImage("nginx").endContainer().endSpec()
          .build()).create();
    }

    /** The names of the spans from the root to this one. */
    private String path(SpanData span) {
      String name = span.getResource().getAttribute(AttributeKey.stringKey("service.name")) + ":" + span.getName();
      return exported.getFinishedSpanItems().stream()
          .filter(other -> other.getSpanId().equals(span.getParentSpanId()))
          .map(other -> path(other) + "/" + name)
          .findAny().orElse(name);
    }

    private static @Nullable String tag(SpanData span, String name) {
      return span.getAttributes().get(AttributeKey.stringKey(name));
    }

    private List<SpanData> roots(int attempt) {
      return exported.getFinishedSpanItems().stream()
          .filter(span -> span.getName().equals("processJob"))
          .filter(span -> span.getAttributes()
              .get(AttributeKey.longKey("kubernetes.object.total_processed_times")).equals((long) attempt))
          .toList();
    }

    @Test
    @Tag("K7")
    @DisplayName("K7: the spans of the handler and of the services it calls are in one trace, with its baggage")
    void oneTreeOverFourServices() {
      create();
      start(0);
      await().until(() -> roots(1).size() == 1);

      String handler = "traced-pod-controller:processJob/traced-pod-controller:handleAddObject"
          + "/traced-pod-controller:AddFunc";
      List<SpanData> spans = exported.getFinishedSpanItems();
      assertThat(spans).extracting(this::path).containsExactlyInAnyOrder(
          "traced-pod-controller:processJob",
          "traced-pod-controller:processJob/traced-pod-controller:handleAddObject",
          handler,
          handler + "/redis:getOrg",
          handler + "/github:getOrg",
          handler + "/redis:getEc2List",
          handler + "/aws:ensureAWSResources",
          handler + "/aws:ensureAWSResources/aws:getEc2List",
          handler + "/aws:ensureAWSResources/aws:getALBs",
          handler + "/aws:ensureAWSResources/aws:linkSGInALB",
          handler + "/redis:storeResult");
      assertThat(spans).allSatisfy(span -> {
        assertThat(span.getTraceId()).isEqualTo(roots(1).get(0).getTraceId());
        assertThat(span.getStatus().getStatusCode()).isNotEqualTo(StatusCode.ERROR);
      });
      assertThat(spans).filteredOn(span -> "consumer".equals(tag(span, "span.kind"))).hasSize(2)
          .allSatisfy(span -> assertThat(tag(span, "controller.cfg.resync_interval")).isEqualTo("2m0s"));
      assertThat(spans).filteredOn(span -> "client".equals(tag(span, "span.kind"))).hasSize(8)
          .allSatisfy(span -> assertThat(tag(span, "pod")).isEqualTo("default/web"));
    }

    @Test
    @Tag("K7")
    @DisplayName("K7: a call that fails is an error from the service up to the root, and each retry has a trace of its own")
    void errorsReachTheRoot() {
      create();
      start(1);
      await().until(() -> roots(6).size() == 1);

      for (int attempt = 1; attempt <= 6; attempt++) {
        SpanData root = roots(attempt).get(0);
        assertThat(exported.getFinishedSpanItems()).filteredOn(span -> span.getTraceId().equals(root.getTraceId()))
            .extracting(SpanData::getName)
            .containsExactlyInAnyOrder("processJob", "handleAddObject", "AddFunc", "getOrg");
        assertThat(root.getEvents()).extracting(EventData::getName) // the shim calls an error so
            .containsExactly("process_object", "exception", attempt < 6 ? "reenqueued" : "forget", "log");
      }
      assertThat(exported.getFinishedSpanItems())
          .allSatisfy(span -> assertThat(span.getStatus().getStatusCode()).isEqualTo(StatusCode.ERROR));
    }

    @Test
    void aDeleteIsTracedAsOne() {
      Pod pod = create();
      start(0);
      await().until(() -> roots(1).size() == 1);
      client.resource(pod).delete();
      await().until(() -> roots(1).size() == 2);

      assertThat(exported.getFinishedSpanItems()).extracting(this::path).contains(
          "traced-pod-controller:processJob/traced-pod-controller:handleDeleteObject/traced-pod-controller:DeleteFunc"
              + "/aws:deleteCloudformationStack");
    }
  }

  @Test
  void theShimTakesNoSpanForActiveThatAHandlerLeftSo() {
    InMemorySpanExporter exported = InMemorySpanExporter.create();
    Tracer tracer = Telemetry.of(SimpleSpanProcessor.create(exported)).tracer("test");
    OpenTracing tracing = OpenTracing.of(tracer);
    TracedJob job = new TracedJob("pods", 1, null, 3, new ObjectKey("default", "web"), false, 1, List.of("added"));
    for (int i = 0; i < 3; i++) {
      Trace trace = tracing.begin(job);
      trace.handlerStarted();
      tracer.activateSpan(tracer.buildSpan("left open").start());
      trace.handlerEnded(null);
      tracer.buildSpan("after").start().finish();
      trace.ended(true);
    }

    assertThat(exported.getFinishedSpanItems())
        .filteredOn(span -> List.of("processJob", "after").contains(span.getName())).hasSize(6)
        .allSatisfy(span -> assertThat(span.getParentSpanContext().isValid()).isFalse());
  }

  @Nested
  class Output {

    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    private final PrintStream before = System.out;

    @BeforeEach
    void catchOutput() {
      System.setOut(new PrintStream(bytes, true, StandardCharsets.UTF_8));
    }

    @AfterEach
    void restoreOutput() {
      System.setOut(before);
    }

    @Test
    void printsTrees() {
      TracedController.main(new String[] {"--embedded", "--for=3s", "--fail=0.02"});

      assertThat(bytes.toString(StandardCharsets.UTF_8))
          .containsPattern("""
              Trace [0-9a-f]{32} of default/web-\\d+, attempt 1
                traced-pod-controller: processJob \\d+ ms.*
              (    - .*
              )*    traced-pod-controller: handleAddObject \\d+ ms.*
              (      - .*
              )*      traced-pod-controller: AddFunc \\d+ ms.*
                      redis: getOrg \\d+ ms""".replace("\n", "\\R"));
    }

    /** What an endpoint is sent, and with which type. */
    private List<String> sent(String flag) throws IOException {
      List<String> requests = new CopyOnWriteArrayList<>();
      HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
      server.createContext("/", exchange -> {
        requests.add(exchange.getRequestURI() + " " + exchange.getRequestHeaders().getFirst("Content-Type"));
        exchange.getRequestBody().readAllBytes();
        exchange.sendResponseHeaders(200, -1);
        exchange.close();
      });
      server.start();
      try {
        TracedController.main(new String[] {"--embedded", "--for=1s",
            flag + "=http://localhost:" + server.getAddress().getPort()});
      } finally {
        server.stop(0);
      }
      return requests;
    }

    @Test
    void goesToAnOtlpEndpoint() throws IOException {
      assertThat(sent("--otlp")).contains("/v1/traces application/x-protobuf");
      assertThat(bytes.toString(StandardCharsets.UTF_8)).doesNotContain("Trace ");
    }

    @Test
    void goesToZipkin() throws IOException {
      assertThat(sent("--zipkin")).contains("/api/v2/spans application/json");
    }
  }
}
