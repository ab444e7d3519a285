package io.kooper.operator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.kooper.controller.Controller;
import io.kooper.controller.ControllerException;
import io.kooper.fake.FakeSource;
import java.time.Duration;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class OperatorTest extends OperatorRig {

  @Test
  @DisplayName("K9 run() returns normally after close(), when all have ended")
  void stopsAll() throws Exception {
    Foreign a = new Foreign("a");
    Foreign b = new Foreign("b");
    Operator operator = operator(Operator.builder("o").controller(a).controller(b));
    assertThat(operator.health().live()).as("before it is run").isTrue();
    CompletableFuture<Throwable> run = run(operator);
    a.started.await();
    b.started.await();
    assertThat(operator.health().ready()).isTrue();

    operator.close();

    assertThat(ended(run)).isNull();
    assertThat(a.ended).isTrue();
    assertThat(b.ended).isTrue();
    assertThat(operator.health().live()).isFalse();
  }

  @Test
  @DisplayName("K9 one that fails stops the others, and run() throws its cause with the others' suppressed")
  void oneFailureStopsTheOthers() throws Exception {
    Foreign a = new Foreign("a");
    IllegalStateException second = new IllegalStateException("b fails in turn");
    Foreign b = new Foreign("b") {
      @Override
      public void close() {
        end.completeExceptionally(second);
      }
    };
    Operator operator = operator(Operator.builder("o").controller(a).controller(b));
    CompletableFuture<Throwable> run = run(operator);
    a.started.await();
    b.started.await();
    IllegalStateException first = new IllegalStateException("a fails");
    a.end.completeExceptionally(first);

    Throwable thrown = ended(run);

    assertThat(thrown).isInstanceOf(ControllerException.class).hasMessageContaining("a fails").hasCause(first);
    assertThat(thrown.getSuppressed()).containsExactly(second);
    assertThat(b.ended).isTrue();
    assertThat(operator.health().reasons()).anyMatch(reason -> reason.contains("a fails"));
  }

  @Test
  @DisplayName("K9 one that ends without being asked to is a failure")
  void anEarlyEndIsAFailure() throws Exception {
    Foreign a = new Foreign("a");
    Foreign b = new Foreign("b");
    CompletableFuture<Throwable> run = run(operator(Operator.builder("o").controller(a).controller(b)));
    b.started.await();
    a.end.complete(null);

    assertThat(ended(run)).isInstanceOf(ControllerException.class).hasMessageContaining("a ended without being asked to");
    assertThat(b.ended).isTrue();
  }

  @Test
  @DisplayName("K9 one that does not stop is named")
  void namesWhatDoesNotStop() throws Exception {
    Foreign stubborn = new Foreign("stubborn") {
      @Override
      public void close() {}
    };
    Operator operator = operator(Operator.builder("o").controller(stubborn).stopDeadline(Duration.ofMillis(50)));
    CompletableFuture<Throwable> run = run(operator);
    stubborn.started.await();

    operator.close();

    assertThat(ended(run)).isInstanceOf(ControllerException.class).hasMessageContaining("stubborn");
    stubborn.end.complete(null);
  }

  @Test
  @DisplayName("K16 runs once, and not after close()")
  void runsOnce() throws Exception {
    Operator operator = operator(Operator.builder("o").controller(new Foreign("a")));
    operator.close();
    assertThatThrownBy(operator::run).isInstanceOf(IllegalStateException.class).hasMessageContaining("build a new one");
  }

  @Test
  void mayBeClosedByAHandler() throws Exception {
    FakeSource source = new FakeSource();
    source.put("a", "1");
    CompletableFuture<Operator> self = new CompletableFuture<>();
    Operator operator = operator(Operator.builder("o").controller(
        Controller.<ConfigMap>builder(source.retriever(), (context, object) -> self.get().close())));
    self.complete(operator);

    assertThat(ended(run(operator))).isNull();
  }

  @Test
  @DisplayName("K14 refuses what makes no sense, all of it at once")
  void refuses() {
    assertThatThrownBy(() -> Operator.builder(" ").initTimeout(Duration.ZERO).build())
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContainingAll("name is blank", "no controller", "initTimeout");
    assertThatThrownBy(() -> Operator.builder(" ").controller(ConfigMap.class, (context, map) -> {}).build())
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContainingAll("name is blank", "client is null: the controller of ConfigMap needs it");
  }

  @Test
  void aControllerIsFoundByItsNameAndCanBeTriggered() throws Exception {
    FakeSource source = new FakeSource();
    source.put("a", "1");
    Queue<List<String>> calls = new ConcurrentLinkedQueue<>();
    Operator operator = operator(Operator.builder("shops").controller(Controller.<ConfigMap>builder(
        source.retriever(), (context, map) -> calls.add(context.reasons())).name("maps")));
    CompletableFuture<Throwable> run = run(operator);
    await().until(() -> calls.size() == 1);

    assertThat(operator.controller("maps").trigger(FakeSource.key("a"))).isTrue();

    await().untilAsserted(() -> assertThat(calls).containsExactly(List.of("added"), List.of("trigger")));
    assertThatThrownBy(() -> operator.controller("mpas")).isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("\"mpas\"; there are maps");
    operator.close();
    assertThat(ended(run)).isNull();
  }

  @Test
  @DisplayName("K14 two controllers of one name are refused: their figures, threads and log lines would be one's")
  void refusesTwoControllersOfOneName() {
    OperatorBuilder builder = Operator.builder("o").controller(new Foreign("pods")).controller(new Foreign("pods"))
        .controller(new Foreign("nodes"));
    assertThatThrownBy(builder::build).isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("two controllers have the name pods").message().doesNotContain("nodes");
  }
}
