package io.kooper.controller;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.entry;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.ArgumentMatchers.anyString;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.when;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.kooper.fake.ManualTerm;
import io.kooper.handler.TerminalException;
import io.kooper.tracing.Tracing;
import io.kooper.tracing.opentracing.OpenTracing;
import io.opentracing.Span;
import io.opentracing.Tracer;
import io.opentracing.mock.MockSpan;
import io.opentracing.mock.MockSpan.LogEntry;
import io.opentracing.mock.MockTracer;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A controller as a tracer sees it. */
@Timeout(60)
@Tag("K7")
class OpenTracedTest {

  private static final Duration SECOND = Duration.ofSeconds(1);

  private final Rig rig = new Rig();
  private final MockTracer tracer = new MockTracer();

  @AfterEach
  void stop() {
    rig.close();
  }

  private Rig start(UnaryOperator<ControllerBuilder<ConfigMap>> options) {
    return rig.start(builder -> options.apply(builder.name("traced").tracing(OpenTracing.of(tracer))));
  }

  private static void fail() {
    throw new IllegalStateException("as the test wants it");
  }

  /** The roots of an object's jobs, in the order they ended, once there are so many. */
  private List<MockSpan> roots(String name, int count) {
    rig.advanceUntil(SECOND, () -> roots(name).size() >= count);
    assertThat(roots(name)).hasSize(count);
    return roots(name);
  }

  private List<MockSpan> roots(String name) {
    return tracer.finishedSpans().stream()
        .filter(span -> span.operationName().equals("processJob"))
        .filter(span -> name.equals(span.tags().get("kubernetes.object.name"))).toList();
  }

  private List<MockSpan> children(MockSpan parent) {
    return tracer.finishedSpans().stream().filter(span -> span.parentId() == parent.context().spanId())
        .peek(span -> assertThat(span.context().traceId()).isEqualTo(parent.context().traceId())).toList();
  }

  private MockSpan child(MockSpan parent) {
    assertThat(children(parent)).hasSize(1);
    return children(parent).get(0);
  }

  private static List<Map<String, ?>> logs(MockSpan span) {
    return span.logEntries().stream().<Map<String, ?>>map(LogEntry::fields).toList();
  }

  @Test
  @DisplayName("K7: an add makes 2 linked spans with tags of object and controller, and is logged as processed correctly")
  void addIsTraced() {
    rig.put("a", "1");
    start(builder -> builder.workers(2).retries(7).resync(Duration.ofMinutes(90)));

    MockSpan root = roots("a", 1).get(0);
    assertThat(root.parentId()).isZero();
    assertThat(root.tags()).contains(
        entry("kubernetes.object.namespace", "default"),
        entry("kubernetes.object.key", "default/a"),
        entry("kubernetes.object.total_processed_times", 1),
        entry("kubernetes.object.processing_retry", false),
        entry("kooper.reasons", "added"),
        entry("kooper.controller", "traced"),
        entry("controller.cfg.resync_interval", "1h30m0s"),
        entry("controller.cfg.max_retries", 7),
        entry("controller.cfg.concurrent_workers", 2)).doesNotContainKey("error");
    assertThat(child(root).operationName()).isEqualTo("handleAddObject");
    assertThat(child(root).tags()).containsEntry("kubernetes.object.key", "default/a").doesNotContainKey("error");
    assertThat(logs(root)).endsWith(
        Map.of("event", "forget", "message", "object processed correctly", "kubernetes.object.key", "default/a"),
        Map.of("success", true));
  }

  @Test
  @DisplayName("K7: a delete is a trace of its own with handleDeleteObject")
  void deleteIsTraced() {
    rig.put("a", "1");
    start(builder -> builder);
    roots("a", 1);

    rig.source.delete("a");

    assertThat(child(roots("a", 2).get(1)).operationName()).isEqualTo("handleDeleteObject");
  }

  @Test
  @DisplayName("K7: each retry has a trace with the error flag on both spans, reenqueued until the retries are used up")
  void retriesAreTraced() {
    rig.behave((call, context) -> fail()).put("a", "1");
    start(builder -> builder.retries(2).resync(Duration.ofHours(10)));

    List<MockSpan> roots = roots("a", 3);
    for (MockSpan root : roots) {
      assertThat(root.tags()).containsEntry("error", true);
      assertThat(child(root).tags()).containsEntry("error", true);
      assertThat(logs(root)).contains(
          Map.of("event", "error", "message", "java.lang.IllegalStateException: as the test wants it"),
          Map.of("success", false));
    }
    assertThat(roots).extracting(root -> root.tags().get("kubernetes.object.total_processed_times"))
        .containsExactly(1, 2, 3);
    assertThat(roots).extracting(root -> root.tags().get("kubernetes.object.processing_retry"))
        .containsExactly(false, true, true);
    assertThat(logs(roots.get(0))).contains(Map.of("event", "reenqueued", "kubernetes.object.key", "default/a",
        "kubernetes.object.retries_remaining", 1, "kubernetes.object.retries_consumed", 1));
    assertThat(logs(roots.get(1))).contains(Map.of("event", "reenqueued", "kubernetes.object.key", "default/a",
        "kubernetes.object.retries_remaining", 0, "kubernetes.object.retries_consumed", 2));
    assertThat(logs(roots.get(2))).contains(Map.of("event", "forget", "kubernetes.object.key", "default/a",
        "message", "max number of retries reached after failing, forgetting object key"));
  }

  @Test
  void anErrorThatIsNotRetriedIsNeitherReenqueuedNorTheEndOfRetries() {
    rig.behave((call, context) -> {
      throw new TerminalException("never");
    }).put("a", "1");
    start(builder -> builder);

    MockSpan root = roots("a", 1).get(0);
    assertThat(root.tags()).containsEntry("error", true);
    assertThat(logs(root)).hasSize(3).last().isEqualTo(Map.of("success", false));
  }

  @Test
  void aCallThatReturnedTooLateIsAnError() {
    rig.behave((call, context) -> {
      try {
        if (call.attempt() == 1) {
          new CountDownLatch(1).await();
        }
      } catch (InterruptedException e) {
        // and returns as if all were well
      }
    }).put("a", "1");
    Duration limit = Duration.ofHours(1); // which the second call does not reach while the clock moves
    start(builder -> builder.handlerTimeout(limit)).awaitCalls(1);
    rig.clock.advance(limit);
    Rig.await(() -> roots("a").size() == 1);

    MockSpan first = roots("a", 2).get(0);
    assertThat(first.tags()).containsEntry("error", true);
    assertThat(child(first).tags()).containsEntry("error", true);
  }

  @Test
  @DisplayName("K7: a job that was cancelled before the handler was called has a root only, which is no error")
  void aJobThatWasCancelledBeforeHasARootOnly() {
    var election = new ManualRunner();
    ManualTerm term = election.lead();
    Tracing tracing = job -> {
      term.end(); // at the last moment at which it can
      return OpenTracing.of(tracer).begin(job);
    };
    rig.put("a", "1").start(builder -> builder.election(election).tracing(tracing));

    MockSpan root = roots("a", 1).get(0);
    assertThat(children(root)).isEmpty();
    assertThat(root.tags()).doesNotContainKey("error");
    assertThat(logs(root)).hasSize(2).last().isEqualTo(Map.of("success", false));
    assertThat(rig.calls()).isEmpty();
  }

  @Test
  @DisplayName("K7: the handler's own span is a child of handleAddObject, and has the key as baggage")
  void theHandlersSpanIsAChild() {
    Set<String> keys = ConcurrentHashMap.newKeySet();
    rig.behave((call, context) -> {
      Span own = tracer.buildSpan("own").start();
      keys.add(own.getBaggageItem("kubernetes.object.key"));
      own.finish();
    }).put("a", "1");
    start(builder -> builder);

    assertThat(child(child(roots("a", 1).get(0))).operationName()).isEqualTo("own");
    assertThat(keys).containsExactly("default/a");
  }

  @Test
  @DisplayName("K7: no span is active after a job, whether it succeeded, threw, or left scopes of its own open")
  void nothingIsActiveAfterwards() throws Exception {
    Set<Object> after = ConcurrentHashMap.newKeySet();
    rig.behave((call, context) -> {
      if (!call.name().equals("well")) {
        tracer.activateSpan(tracer.buildSpan("left open").start());
      }
      if (call.name().equals("throws") && call.attempt() == 1) {
        fail();
      }
    });
    rig.put("well", "1").put("leaves", "1").put("throws", "1");
    var ended = new CountDownLatch(1);
    start(builder -> builder.executor(worker -> new Thread(() -> {
      worker.run();
      Span active = tracer.activeSpan();
      after.add(active == null ? "none" : active);
      ended.countDown();
    }).start()));

    List<MockSpan> roots = List.of(roots("well", 1).get(0), roots("leaves", 1).get(0), roots("throws", 2).get(0),
        roots("throws", 2).get(1));
    assertThat(roots).allSatisfy(root -> assertThat(root.parentId()).isZero());
    rig.close();
    assertThat(ended.await(30, TimeUnit.SECONDS)).isTrue();
    assertThat(after).containsExactly("none");
  }

  @Test
  @DisplayName("K7: the spans of parallel workers do not mix")
  void parallelWorkersDoNotMix() {
    var together = new CyclicBarrier(4);
    rig.behave((call, context) -> {
      together.await(30, TimeUnit.SECONDS);
      Span own = tracer.buildSpan("own of " + call.name()).start();
      together.await(30, TimeUnit.SECONDS);
      own.finish();
    });
    for (int i = 0; i < 20; i++) {
      rig.put("o" + i, "1");
    }
    start(builder -> builder.workers(4)).awaitCalls(20);

    for (int i = 0; i < 20; i++) {
      MockSpan child = child(roots("o" + i, 1).get(0));
      assertThat(child.tags()).containsEntry("kubernetes.object.key", "default/o" + i);
      assertThat(child(child).operationName()).isEqualTo("own of o" + i);
    }
  }

  @Test
  void aTracerThatAlwaysThrowsDisturbsNoCall() {
    Tracer broken = mock();
    when(broken.buildSpan(anyString())).thenThrow(new IllegalStateException("broken"));
    rig.put("a", "1").start(builder -> builder.tracing(OpenTracing.of(broken)));

    assertThat(rig.awaitCalls(1).told()).containsExactly("add a=1");
  }

  @Test
  void aTracerThatCannotActivateDisturbsNoCall() {
    Tracer broken = mock();
    when(broken.buildSpan(anyString())).thenAnswer(call -> tracer.buildSpan(call.getArgument(0)));
    when(broken.activateSpan(any())).thenThrow(new IllegalStateException("broken"));
    rig.put("a", "1").start(builder -> builder.tracing(OpenTracing.of(broken)));

    MockSpan root = roots("a", 1).get(0);
    assertThat(child(root).operationName()).isEqualTo("handleAddObject");
    assertThat(rig.told()).containsExactly("add a=1");
  }
}
