package io.kooper.operator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;
import static org.mockito.Mockito.doAnswer;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.when;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.kooper.controller.Controller;
import io.kooper.controller.ControllerException;
import io.kooper.controller.Health;
import io.kooper.crd.CRD;
import io.kooper.fake.FakeSource;
import io.kooper.leaderelection.Leadership;
import io.kooper.leaderelection.Runner;
import io.kooper.metrics.MetricsRecorder;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class OperatorTest {

  private final List<Operator> operators = new ArrayList<>();

  /** A controller of somebody else's: runs until it is closed or told to end. */
  private static class Foreign implements Controller {

    final String name;
    final CountDownLatch started = new CountDownLatch(1);
    final CompletableFuture<Void> end = new CompletableFuture<>();
    final AtomicBoolean ended = new AtomicBoolean();

    Foreign(String name) {
      this.name = name;
    }

    @Override
    public String name() {
      return name;
    }

    @Override
    public void run() {
      started.countDown();
      try {
        end.get();
      } catch (ExecutionException e) {
        throw (RuntimeException) e.getCause();
      } catch (InterruptedException e) {
        throw new IllegalStateException(e);
      } finally {
        ended.set(true);
      }
    }

    @Override
    public void close() {
      end.complete(null);
    }

    @Override
    public Health health() {
      return new Health(true, true, null, List.of());
    }
  }

  private Operator operator(OperatorBuilder builder) {
    Operator operator = builder.build();
    operators.add(operator);
    return operator;
  }

  /** Runs it on a thread of its own; the future is completed with what run() threw, or null. */
  private static CompletableFuture<Throwable> run(Operator operator) {
    CompletableFuture<Throwable> result = new CompletableFuture<>();
    new Thread(() -> {
      try {
        operator.run();
        result.complete(null);
      } catch (Throwable t) {
        result.complete(t);
      }
    }, "operator-test").start();
    return result;
  }

  private static Throwable ended(CompletableFuture<Throwable> run) throws Exception {
    return run.get(30, TimeUnit.SECONDS);
  }

  @AfterEach
  void closeAll() {
    operators.forEach(Operator::close);
  }

  @Nested
  class Definitions {

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

  @Nested
  class Controllers {

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
  }

  @Nested
  class Election {

    /** Leads when the test says so. */
    private static final class ManualRunner implements Runner {

      final CountDownLatch lead = new CountDownLatch(1);
      final AtomicBoolean valid = new AtomicBoolean(true);
      final List<Runnable> onEnd = new ArrayList<>();
      final AtomicInteger tasks = new AtomicInteger();

      @Override
      public void run(Task task) throws InterruptedException {
        lead.await();
        tasks.incrementAndGet();
        try {
          task.run(new Leadership() {
            @Override
            public boolean isValid() {
              return valid.get();
            }

            @Override
            public long token() {
              return 7;
            }

            @Override
            public Duration remaining() {
              return Duration.ofSeconds(valid.get() ? 10 : 0);
            }

            @Override
            public void onEnd(Runnable action) {
              synchronized (onEnd) {
                if (valid.get()) {
                  onEnd.add(action);
                  return;
                }
              }
              action.run(); // the task may have begun to work before it asks to be told
            }
          });
        } finally {
          tasks.decrementAndGet();
        }
      }

      void lose() {
        synchronized (onEnd) {
          valid.set(false);
        }
        onEnd.forEach(Runnable::run);
      }
    }

    private final ManualRunner election = new ManualRunner();
    private final FakeSource source = new FakeSource();

    @Test
    @DisplayName("K6 nothing is handled before this process leads, foreign controllers included")
    void waitsForTheLeadership() throws Exception {
      source.put("a", "1");
      CompletableFuture<Long> token = new CompletableFuture<>();
      Foreign foreign = new Foreign("foreign");
      Operator operator = operator(Operator.builder("o").election(election).controller(foreign).controller(
          Controller.<ConfigMap>builder(source.retriever(),
              (context, object) -> token.complete(context.leadership().token()))));
      CompletableFuture<Throwable> run = run(operator);
      await().until(() -> source.watching() == 1); // a warm standby
      await().until(() -> operator.health().ready());
      assertThat(token).isNotDone();
      assertThat(foreign.started.getCount()).isOne();

      election.lead.countDown();

      assertThat(token.get(30, TimeUnit.SECONDS)).isEqualTo(7);
      foreign.started.await();
      operator.close();
      assertThat(ended(run)).isNull();
      assertThat(election.tasks).hasValue(0);
    }

    @Test
    @DisplayName("K6 a standby stops at once")
    void aStandbyStopsAtOnce() throws Exception {
      Foreign foreign = new Foreign("foreign");
      Operator operator = operator(Operator.builder("o").election(election).controller(foreign).controller(
          Controller.<ConfigMap>builder(source.retriever(), (context, object) -> {})));
      CompletableFuture<Throwable> run = run(operator);
      await().until(() -> source.watching() == 1);

      operator.close();

      assertThat(ended(run)).isNull();
      assertThat(foreign.started.getCount()).as("not started").isOne();
    }

    @Test
    @DisplayName("K6 a lost leadership cancels the calls and ends run() with that cause")
    void losesTheLeadership() throws Exception {
      source.put("a", "1");
      election.lead.countDown();
      CountDownLatch handling = new CountDownLatch(1);
      CompletableFuture<Boolean> cancelled = new CompletableFuture<>();
      Foreign foreign = new Foreign("foreign");
      Operator operator = operator(Operator.builder("o").election(election).controller(foreign).controller(
          Controller.<ConfigMap>builder(source.retriever(), (context, object) -> {
            handling.countDown();
            try {
              new CountDownLatch(1).await();
            } finally {
              cancelled.complete(context.cancelled());
            }
          })));
      CompletableFuture<Throwable> run = run(operator);
      handling.await();
      foreign.started.await();

      election.lose();

      assertThat(cancelled.get(30, TimeUnit.SECONDS)).isTrue();
      assertThat(ended(run)).isInstanceOf(ControllerException.class).hasMessageContaining("lost the leadership");
      assertThat(foreign.ended).isTrue();
      assertThat(election.tasks).hasValue(0);
    }
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
