package io.kooper.operator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;
import static org.mockito.Mockito.doAnswer;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.when;

import io.kooper.controller.ControllerException;
import io.kooper.crd.CRD;
import io.kooper.metrics.MetricsRecorder;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class OperatorDefinitionsTest extends OperatorRig {

  @Test
  void theTimeOfEachDefinitionIsMeasuredAndWhetherItSucceeded() throws Exception {
    CRD<?> good = mock();
    CRD<?> bad = mock();
    when(good.plural()).thenReturn("goods");
    when(bad.plural()).thenReturn("bads");
    CountDownLatch first = new CountDownLatch(1);
    doAnswer(call -> {
      first.await();
      throw new IllegalStateException("as asked");
    }).when(bad).initialize();
    List<String> told = new CopyOnWriteArrayList<>();
    MetricsRecorder recorder = new MetricsRecorder() {
      @Override
      public void crdInitialized(String crd, Duration took, boolean succeeded) {
        told.add(crd + " " + !took.isNegative() + " " + succeeded);
        first.countDown();
        throw new IllegalStateException("what metrics throw disturbs nobody");
      }
    };
    Operator operator = operator(
        Operator.builder("o").crd(good).crd(bad).controller(new Foreign("a")).metrics(recorder));

    assertThatThrownBy(operator::initialize).hasMessageContaining("as asked");

    await().until(() -> told.size() == 2);
    assertThat(told).containsExactly("goods true true", "bads true false");
  }

  @Test
  @DisplayName("K8 initializes each definition once, before any controller starts")
  void initializesOnceAndFirst() throws Exception {
    Foreign controller = new Foreign("a");
    AtomicInteger initialized = new AtomicInteger();
    CRD<?> first = mock();
    CRD<?> second = mock();
    for (CRD<?> crd : List.of(first, second)) {
      doAnswer(call -> {
        assertThat(controller.started.getCount()).isOne();
        return initialized.incrementAndGet();
      }).when(crd).initialize();
    }
    Operator operator = operator(Operator.builder("o").crd(first).crd(second).controller(controller));

    operator.initialize();
    operator.initialize();
    CompletableFuture<Throwable> run = run(operator);
    controller.started.await();
    operator.close();

    assertThat(ended(run)).isNull();
    assertThat(initialized).hasValue(2);
  }

  @Test
  @DisplayName("K8 initializes them side by side")
  void initializesInParallel() throws Exception {
    CountDownLatch both = new CountDownLatch(2);
    CRD<?> first = mock();
    CRD<?> second = mock();
    for (CRD<?> crd : List.of(first, second)) {
      doAnswer(call -> {
        both.countDown();
        both.await();
        return null;
      }).when(crd).initialize();
    }
    operator(Operator.builder("o").crd(first).crd(second).controller(new Foreign("a"))).initialize();
    assertThat(both.getCount()).isZero();
  }

  @Test
  @DisplayName("K8 a definition that fails ends run() with its cause, and interrupts the others")
  void failsWithTheCause() throws Exception {
    Foreign controller = new Foreign("a");
    CountDownLatch interrupted = new CountDownLatch(1);
    CountDownLatch waits = new CountDownLatch(1);
    CRD<?> failing = mock();
    CRD<?> slow = mock();
    IllegalStateException cause = new IllegalStateException("no permission");
    doAnswer(call -> {
      waits.await();
      throw cause;
    }).when(failing).initialize();
    doAnswer(call -> {
      waits.countDown();
      try {
        new CountDownLatch(1).await();
      } catch (InterruptedException e) {
        interrupted.countDown();
      }
      return null;
    }).when(slow).initialize();

    Throwable thrown = ended(run(operator(Operator.builder("o").crd(slow).crd(failing).controller(controller))));

    assertThat(thrown).isInstanceOf(ControllerException.class).hasMessageContaining("no permission").hasCause(cause);
    interrupted.await();
    assertThat(controller.started.getCount()).as("not started").isOne();
  }

  @Test
  @DisplayName("K8 gives up after the timeout")
  void givesUp() throws Exception {
    CRD<?> slow = mock();
    doAnswer(call -> {
      new CountDownLatch(1).await();
      return null;
    }).when(slow).initialize();
    Operator operator = operator(
        Operator.builder("o").crd(slow).controller(new Foreign("a")).initTimeout(Duration.ofMillis(50)));

    assertThatThrownBy(operator::initialize).isInstanceOf(ControllerException.class).hasMessageContaining("PT0.05S");
  }

  @Test
  @DisplayName("K8 close() ends the initialization, and run() without a failure")
  void isCancelledByClose() throws Exception {
    CountDownLatch begun = new CountDownLatch(1);
    CRD<?> slow = mock();
    doAnswer(call -> {
      begun.countDown();
      new CountDownLatch(1).await();
      return null;
    }).when(slow).initialize();
    Operator operator = operator(Operator.builder("o").crd(slow).controller(new Foreign("a")));
    CompletableFuture<Throwable> run = run(operator);
    begun.await();

    operator.close();

    assertThat(ended(run)).isNull();
  }
}
