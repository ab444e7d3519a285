package io.kooper.tracing.opentracing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.entry;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.Mockito.doThrow;
import static org.mockito.Mockito.spy;

import io.kooper.retrieve.ObjectKey;
import io.kooper.tracing.Trace;
import io.kooper.tracing.TracedJob;
import io.opentracing.Scope;
import io.opentracing.Span;
import io.opentracing.mock.MockSpan;
import io.opentracing.mock.MockSpan.LogEntry;
import io.opentracing.mock.MockTracer;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What the tracer is told when a controller calls as {@link Trace} says. */
class OpenTracingTest {

  private static final ObjectKey KEY = new ObjectKey("shop", "web");
  private static final int RETRIES = 3;
  private static final IOException FAILURE = new IOException("no route");

  private final MockTracer tracer = new MockTracer();

  private static TracedJob job(ObjectKey key, boolean delete, int attempt) {
    return new TracedJob("pods", 4, Duration.ofSeconds(30), RETRIES, key, delete, attempt, List.of("changed", "retry"));
  }

  private Trace begin(boolean delete, int attempt) {
    return OpenTracing.of(tracer).begin(job(KEY, delete, attempt));
  }

  private void succeed(boolean delete) {
    Trace trace = begin(delete, 1);
    trace.handlerStarted();
    trace.handlerEnded(null);
    trace.forgotten(true);
    trace.ended(true);
  }

  private void fail(int attempt) {
    Trace trace = begin(false, attempt);
    trace.handlerStarted();
    trace.handlerEnded(FAILURE);
    if (attempt <= RETRIES) {
      trace.requeued(RETRIES - attempt, attempt);
    } else {
      trace.forgotten(false);
    }
    trace.ended(false);
  }

  private MockSpan span(String name) {
    List<MockSpan> spans = tracer.finishedSpans().stream().filter(s -> s.operationName().equals(name)).toList();
    assertThat(spans).as("%s in %s", name, tracer.finishedSpans()).hasSize(1);
    assertThat(spans.get(0).generatedErrors()).isEmpty();
    return spans.get(0);
  }

  private MockSpan root() {
    return span("processJob");
  }

  private static List<Map<String, ?>> logs(MockSpan span) {
    return span.logEntries().stream().<Map<String, ?>>map(LogEntry::fields).toList();
  }

  @Nested
  class Spans {

    @Test
    @Tag("K7")
    @DisplayName("K7: 2 spans, handleAddObject a child of the root processJob")
    void addIsAChildOfTheRoot() {
      succeed(false);

      assertThat(tracer.finishedSpans()).hasSize(2);
      MockSpan child = span("handleAddObject");
      assertThat(root().parentId()).isZero();
      assertThat(child.parentId()).isEqualTo(root().context().spanId());
      assertThat(child.context().traceId()).isEqualTo(root().context().traceId());
      assertThat(child.references()).extracting(MockSpan.Reference::getReferenceType).containsExactly("child_of");
    }

    @Test
    @Tag("K7")
    @DisplayName("K7: a delete is handleDeleteObject")
    void deleteIsAChildOfTheRoot() {
      succeed(true);

      assertThat(span("handleDeleteObject").parentId()).isEqualTo(root().context().spanId());
      assertThat(logs(span("handleDeleteObject"))).containsExactly(
          Map.of("event", "delete", "kubernetes.object.key", "shop/web"));
    }

    @Test
    void aJobWhoseHandlerWasNotCalledHasARootOnlyAndIsNoError() {
      begin(false, 1).ended(false);

      assertThat(tracer.finishedSpans()).hasSize(1);
      assertThat(root().tags()).doesNotContainKey("error");
      assertThat(logs(root())).last().isEqualTo(Map.of("success", false));
    }

    @Test
    void theRootIsARootThoughTheThreadHasAnActiveSpan() {
      try (Scope scope = tracer.activateSpan(tracer.buildSpan("other").start())) {
        assertThat(scope).isNotNull();
        succeed(false);
      }

      assertThat(root().parentId()).isZero();
    }
  }

  @Nested
  class TagsAndBaggage {

    @Test
    @Tag("K7")
    @DisplayName("K7: the root's tags are Kooper's")
    void rootTags() {
      succeed(false);

      assertThat(root().tags()).containsOnly(
          entry("kubernetes.object.namespace", "shop"),
          entry("kubernetes.object.name", "web"),
          entry("kubernetes.object.key", "shop/web"),
          entry("kubernetes.object.total_processed_times", 1),
          entry("kubernetes.object.processing_retry", false),
          entry("kooper.reasons", "changed, retry"),
          entry("component", "kooper"),
          entry("kooper.controller", "pods"),
          entry("controller.cfg.name", "pods"),
          entry("controller.cfg.resync_interval", "30s"),
          entry("controller.cfg.max_retries", 3),
          entry("controller.cfg.concurrent_workers", 4),
          entry("span.kind", "consumer"));
    }

    @Test
    @Tag("K7")
    @DisplayName("K7: the child's tags are Kooper's")
    void childTags() {
      succeed(false);

      assertThat(span("handleAddObject").tags()).containsOnly(
          entry("kubernetes.object.key", "shop/web"),
          entry("component", "kooper"),
          entry("kooper.controller", "pods"),
          entry("controller.cfg.name", "pods"),
          entry("controller.cfg.resync_interval", "30s"),
          entry("controller.cfg.max_retries", 3),
          entry("controller.cfg.concurrent_workers", 4),
          entry("span.kind", "consumer"));
    }

    @Test
    void aRetryIsTaggedAsOne() {
      fail(3);

      assertThat(root().tags())
          .containsEntry("kubernetes.object.total_processed_times", 3)
          .containsEntry("kubernetes.object.processing_retry", true);
    }

    @Test
    @Tag("K7")
    @DisplayName("K7: the error flag is on both spans when the handler failed")
    void bothSpansAreMarkedWhenTheHandlerFailed() {
      fail(1);

      assertThat(root().tags()).containsEntry("error", true);
      assertThat(span("handleAddObject").tags()).containsEntry("error", true);
    }

    @Test
    void theKeyIsBaggageOfEveryDescendant() {
      Trace trace = begin(false, 1);
      trace.handlerStarted();
      assertThat(tracer.buildSpan("of the handler").start().getBaggageItem("kubernetes.object.key")).isEqualTo("shop/web");
      trace.handlerEnded(null);
      trace.ended(true);

      assertThat(root().getBaggageItem("kubernetes.object.key")).isEqualTo("shop/web");
    }

    @Test
    void aClusterScopedObjectHasAnEmptyNamespace() {
      OpenTracing.of(tracer).begin(job(new ObjectKey("", "node-1"), false, 1)).ended(false);

      assertThat(root().tags())
          .containsEntry("kubernetes.object.namespace", "")
          .containsEntry("kubernetes.object.key", "node-1");
    }

    @ParameterizedTest
    @CsvSource({"PT30S,30s", "PT2M,2m0s", "PT90S,1m30s", "PT1H,1h0m0s", "PT49H0.5S,49h0m0.5s", "PT0.25S,0.25s", "PT0S,0s"})
    void durationsReadAsInGo(Duration duration, String text) {
      assertThat(JobTrace.asInGo(duration)).isEqualTo(text);
    }

    @Test
    void noResyncIsZero() {
      assertThat(JobTrace.asInGo(null)).isEqualTo("0s");
    }
  }

  @Nested
  class Logs {

    @Test
    @Tag("K7")
    @DisplayName("K7: a success is logged as object processed correctly")
    void success() {
      succeed(false);

      assertThat(logs(root())).containsExactly(
          Map.of("event", "process_object", "kubernetes.object.key", "shop/web"),
          Map.of("event", "forget", "message", "object processed correctly", "kubernetes.object.key", "shop/web"),
          Map.of("success", true));
      assertThat(logs(span("handleAddObject"))).containsExactly(
          Map.of("event", "add", "kubernetes.object.key", "shop/web"));
    }

    @Test
    @Tag("K7")
    @DisplayName("K7: a failure that is tried again is logged as reenqueued, with retries remaining and consumed")
    void reenqueued() {
      fail(1);

      Map<String, ?> error = Map.of("event", "error", "message", "java.io.IOException: no route");
      assertThat(logs(root())).containsExactly(
          Map.of("event", "process_object", "kubernetes.object.key", "shop/web"),
          error,
          Map.of("event", "reenqueued", "kubernetes.object.retries_remaining", 2,
              "kubernetes.object.retries_consumed", 1, "kubernetes.object.key", "shop/web"),
          Map.of("success", false));
      assertThat(logs(span("handleAddObject"))).last().isEqualTo(error);
    }

    @Test
    @Tag("K7")
    @DisplayName("K7: giving up is logged as max number of retries reached after failing, forgetting object key")
    void givingUp() {
      fail(4);

      assertThat(logs(root())).endsWith(
          Map.of("event", "forget", "message", "max number of retries reached after failing, forgetting object key",
              "kubernetes.object.key", "shop/web"),
          Map.of("success", false));
    }

    @Test
    void aJobThatIsLeftUndoneIsStillMarked() {
      Trace trace = begin(false, 1);
      trace.handlerStarted();
      trace.handlerEnded(null);
      trace.ended(false);

      assertThat(root().tags()).containsEntry("error", true);
      assertThat(logs(root())).last().isEqualTo(Map.of("success", false));
    }
  }

  @Nested
  class TheActiveSpan {

    @Test
    @Tag("K7")
    @DisplayName("K7: the handler's span is active while it runs: its own spans are children of it")
    void theHandlersSpansAreChildrenOfItsSpan() {
      Trace trace = begin(false, 1);
      assertThat(tracer.activeSpan()).isNull();
      trace.handlerStarted();
      tracer.buildSpan("of the handler").start().finish();
      trace.handlerEnded(null);
      assertThat(tracer.activeSpan()).isNull();
      trace.ended(true);

      assertThat(span("of the handler").parentId()).isEqualTo(span("handleAddObject").context().spanId());
    }

    @Test
    void isNoneAfterAHandlerThatFailed() {
      fail(1);

      assertThat(tracer.activeSpan()).isNull();
    }

    @Test
    void isNoneThoughTheHandlerLeftScopesOpen() {
      for (int i = 0; i < 3; i++) {
        tracer.reset();
        Trace trace = begin(false, 1);
        trace.handlerStarted();
        tracer.activateSpan(tracer.buildSpan("left").start());
        tracer.activateSpan(tracer.buildSpan("open").start());
        trace.handlerEnded(null);

        assertThat(tracer.activeSpan()).isNull();
        trace.ended(true);
        assertThat(root().parentId()).isZero();
        assertThat(span("handleAddObject").parentId()).isEqualTo(root().context().spanId());
      }
    }

    @Test
    void isAgainTheOneBefore() {
      Span before = tracer.buildSpan("before").start();
      try (Scope scope = tracer.activateSpan(before)) {
        assertThat(scope).isNotNull();
        succeed(false);
        assertThat(tracer.activeSpan()).isSameAs(before);

        Trace trace = begin(false, 1);
        trace.handlerStarted();
        tracer.activateSpan(tracer.buildSpan("left").start());
        trace.handlerEnded(null);
        assertThat(tracer.activeSpan()).isSameAs(before);
        trace.ended(true);
      }
    }

    @Test
    void isNoneThoughTheEndOfTheHandlerWasNotTold() {
      Trace trace = begin(false, 1);
      trace.handlerStarted();
      trace.ended(false);

      assertThat(tracer.activeSpan()).isNull();
      assertThat(tracer.finishedSpans()).hasSize(2);
    }
  }

  @Nested
  class ATracerThatThrows {

    private final MockTracer throwing = spy(new MockTracer());

    private Trace begin() {
      return OpenTracing.of(throwing).begin(job(KEY, false, 1));
    }

    @Test
    void atTheChildLeavesTheRootToBeFinished() {
      Trace trace = begin();
      doThrow(new IllegalStateException("broken")).when(throwing).buildSpan("handleAddObject");
      assertThatThrownBy(trace::handlerStarted).hasMessage("broken");
      trace.handlerEnded(FAILURE);
      trace.ended(false);

      assertThat(throwing.finishedSpans()).extracting(MockSpan::operationName).containsExactly("processJob");
      assertThat(throwing.finishedSpans().get(0).tags()).containsEntry("error", true);
    }

    @Test
    void atActivationLeavesNothingUnfinished() {
      doThrow(new IllegalStateException("broken")).when(throwing).activateSpan(any());
      Trace trace = begin();
      assertThatThrownBy(trace::handlerStarted).hasMessage("broken");
      trace.handlerEnded(null);
      trace.ended(true);

      assertThat(throwing.activeSpan()).isNull();
      assertThat(throwing.finishedSpans()).hasSize(2);
    }

    @Test
    void atTheErrorsMessageLeavesNothingActive() {
      Trace trace = begin();
      trace.handlerStarted();
      trace.handlerEnded(new Unprintable());
      assertThat(throwing.activeSpan()).isNull();
      trace.ended(false);

      assertThat(throwing.finishedSpans()).hasSize(2)
          .allSatisfy(span -> assertThat(span.tags()).containsEntry("error", true));
    }

    private static final class Unprintable extends Exception {

      private static final long serialVersionUID = 1L;

      @Override
      public String toString() {
        throw new IllegalStateException("unprintable");
      }
    }
  }

  @Test
  void aTracerIsNeeded() {
    assertThatThrownBy(() -> OpenTracing.of(null)).isInstanceOf(NullPointerException.class).hasMessage("tracer");
  }
}
