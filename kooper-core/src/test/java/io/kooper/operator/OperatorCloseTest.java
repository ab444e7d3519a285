package io.kooper.operator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;
import static org.mockito.Mockito.doAnswer;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.never;
import static org.mockito.Mockito.verify;
import static org.mockito.Mockito.when;

import ch.qos.logback.classic.Level;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.kooper.controller.Controller;
import io.kooper.controller.ControllerBuilder;
import io.kooper.controller.ControllerException;
import io.kooper.controller.Health;
import io.kooper.crd.CRD;
import io.kooper.fake.FakeSource;
import io.kooper.fake.Logs;
import io.kooper.fake.NoThread;
import io.kooper.handler.Handler;
import io.kooper.leaderelection.Runner;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Who calls {@link Operator#close()}, and when; the tests end by what happens and not by a time. */
@Timeout(60)
class OperatorCloseTest {

  private static final Duration LONG = Duration.ofMinutes(2); // longer than a test may take: it must not be what ends it

  private final List<Operator> operators = new ArrayList<>();
  private final CompletableFuture<Operator> self = new CompletableFuture<>();

  private Operator build(OperatorBuilder builder) {
    Operator operator = builder.build();
    operators.add(operator);
    self.complete(operator);
    return operator;
  }

  private static CompletableFuture<Void> start(Runnable run) {
    CompletableFuture<Void> result = new CompletableFuture<>();
    new Thread(() -> {
      try {
        run.run();
        result.complete(null);
      } catch (Throwable t) {
        result.completeExceptionally(t);
      }
    }, "operator-test").start();
    return result;
  }

  @Test
  void theLimitOnThreadsKeepsNoControllerFromBeingStopped() throws Exception {
    FakeSource source = new FakeSource();
    Controller working = Controller.builder(source.retriever(), (context, object) -> {}).name("working").build();
    CompletableFuture<Void> running = new CompletableFuture<>();
    CompletableFuture<Void> fails = new CompletableFuture<>();
    Controller failing = mock();
    when(failing.name()).thenReturn("failing");
    doAnswer(call -> {
      running.complete(null);
      return fails.join();
    }).when(failing).run();
    Operator operator = build(Operator.builder("op").controller(working).controller(failing));
    CompletableFuture<Void> run = start(() -> {
      NoThread.limit();
      operator.run();
    });
    running.get(30, TimeUnit.SECONDS);
    await().until(() -> working.health().ready());

    NoThread.failOnce();
    fails.completeExceptionally(new IllegalStateException("as asked"));

    assertThatThrownBy(() -> run.get(30, TimeUnit.SECONDS)).hasStackTraceContaining("as asked");
    assertThat(working.health().live()).isFalse();
    start(operator::close).get(30, TimeUnit.SECONDS);
  }

  @AfterEach
  void closeAll() {
    operators.forEach(Operator::close);
  }

  /** Two handlers that call close() at the same time, and go on only when both calls have returned. */
  @Nested
  class ByTwoHandlers {

    private final CyclicBarrier both = new CyclicBarrier(2);
    private final AtomicInteger returned = new AtomicInteger();

    private final Handler<ConfigMap> handler = (context, object) -> {
      Operator operator = self.get();
      both.await();
      operator.close();
      both.await();
      if (!context.cancelled()) {
        returned.incrementAndGet();
      }
    };

    private ControllerBuilder<ConfigMap> controller(String name) {
      FakeSource source = new FakeSource();
      source.put(name, "1");
      return Controller.builder(source.retriever(), handler).name(name).retries(0).stopDeadline(LONG);
    }

    private void close(OperatorBuilder operator) throws Exception {
      start(build(operator.stopDeadline(LONG))::run).get();

      assertThat(returned).as("returned before anything was cancelled").hasValue(2);
    }

    @Test
    @DisplayName("K9 close() returns at once when handlers of two controllers call it")
    void doesNotWaitForItself() throws Exception {
      close(Operator.builder("o").controller(controller("a")).controller(controller("b")));
    }

    @Test
    @DisplayName("K9 close() returns at once when the handlers are called on somebody else's threads")
    void doesNotWaitOnThreadsOfAnExecutor() throws Exception {
      ExecutorService executor = Executors.newCachedThreadPool();
      try {
        close(Operator.builder("o")
            .controller(controller("a").executor(executor)).controller(controller("b").executor(executor)));
      } finally {
        executor.shutdownNow();
      }
    }

    @Test
    @DisplayName("K9 close() returns at once when the controllers are in an operator of this one, or elected")
    void doesNotWaitForControllersThatAreWrapped() throws Exception {
      close(Operator.builder("o").election(Runner.ALWAYS)
          .controller(Operator.builder("inner").controller(controller("a")).build())
          .controller(controller("b").build()));
    }
  }

  @Test
  @DisplayName("K9 close() waits for the end in every other thread")
  void waitsForTheHandlers() throws Exception {
    FakeSource source = new FakeSource();
    source.put("a", "1");
    CountDownLatch handling = new CountDownLatch(1);
    CountDownLatch goOn = new CountDownLatch(1);
    Operator operator = build(Operator.builder("o").stopDeadline(LONG).controller(
        Controller.<ConfigMap>builder(source.retriever(), (context, object) -> {
          handling.countDown();
          goOn.await();
        }).stopDeadline(LONG)));
    CompletableFuture<Void> run = start(operator::run);
    handling.await();
    Thread closer = new Thread(operator::close);
    closer.start();
    await().until(() -> closer.getState() == Thread.State.WAITING);
    assertThat(run).isNotDone();

    goOn.countDown();

    closer.join();
    run.get();
  }

  @Test
  @DisplayName("K9 a foreign controller that hangs in close() is waited for for the stop's deadline, though nothing was run")
  void doesNotWaitForEverForAForeignController() {
    CountDownLatch never = new CountDownLatch(1);
    Controller foreign = mock();
    doAnswer(call -> {
      never.await();
      return null;
    }).when(foreign).close();

    Operator.builder("o").controller(foreign).stopDeadline(Duration.ofMillis(50)).build().close();

    verify(foreign).close();
    never.countDown();
  }

  @Test
  @DisplayName("K14 deadlines may be for ever")
  void mayHaveDeadlinesForEver() throws Exception {
    Duration forever = ChronoUnit.FOREVER.getDuration();
    CRD<?> crd = mock();
    when(crd.plural()).thenReturn("shops");
    Operator operator = build(Operator.builder("o").crd(crd).initTimeout(forever).stopDeadline(forever).controller(
        Controller.<ConfigMap>builder(new FakeSource().retriever(), (context, object) -> {})
            .stopDeadline(forever).syncTimeout(forever).handlerTimeout(forever).stuckAfter(forever.plusSeconds(-1))
            .handlerTimeout(forever.dividedBy(2)).resync(forever)));
    CompletableFuture<Void> run = start(operator::run);
    await().until(() -> operator.health().ready());

    operator.close();

    run.get();
  }

  @Test
  @DisplayName("K9 a foreign controller that closes its operator in run() does not wait for itself")
  void mayBeClosedByAForeignController() throws Exception {
    Controller foreign = mock();
    doAnswer(call -> {
      self.get().close();
      return null;
    }).when(foreign).run();

    start(build(Operator.builder("o").controller(foreign).stopDeadline(LONG))::run).get();
  }

  @Nested
  class DuringTheInitialization {

    private final Controller controller = mock();
    private final CountDownLatch begun = new CountDownLatch(1);
    private final CountDownLatch interrupted = new CountDownLatch(1);
    private final CountDownLatch goOn = new CountDownLatch(1);

    private CRD<?> definition(String plural, CRDInitializer initializer) throws InterruptedException {
      CRD<?> crd = mock();
      when(crd.plural()).thenReturn(plural);
      doAnswer(call -> {
        initializer.initialize();
        return null;
      }).when(crd).initialize();
      return crd;
    }

    private interface CRDInitializer {
      void initialize() throws InterruptedException;
    }

    /** Takes note of its interrupt, and goes on until the test ends. */
    private CRD<?> stubborn() throws InterruptedException {
      return definition("stubborns", () -> {
        begun.countDown();
        while (goOn.getCount() > 0) {
          try {
            goOn.await();
          } catch (InterruptedException e) {
            interrupted.countDown();
          }
        }
      });
    }

    @AfterEach
    void letGo() {
      goOn.countDown();
    }

    @Test
    @DisplayName("K8 close() interrupts the initializers, waits for the end of run(), and no controller is run")
    void endsIt() throws Exception {
      CRD<?> slow = definition("slows", () -> {
        begun.countDown();
        try {
          goOn.await();
        } catch (InterruptedException e) {
          interrupted.countDown();
          throw e;
        }
      });
      Operator operator = build(Operator.builder("o").crd(slow).controller(controller).stopDeadline(LONG));
      CompletableFuture<Void> run = start(operator::run);
      begun.await();

      operator.close();

      run.get();
      assertThat(interrupted.getCount()).isZero();
      verify(controller, never()).run();
      verify(controller).close();
    }

    @Test
    @DisplayName("K8 an initializer that ignores its interrupt is named by run(), which ends at the stop's deadline")
    void namesOneThatIgnoresTheStop() throws Exception {
      CompletableFuture<Thread> first = new CompletableFuture<>();
      CRD<?> fine = definition("fines", () -> first.complete(Thread.currentThread()));
      when(controller.health()).thenReturn(new Health(false, false, null, List.of()));
      Operator operator = build(Operator.builder("o").crd(fine).crd(stubborn()).controller(controller)
          .initTimeout(LONG).stopDeadline(Duration.ofMillis(50)));
      CompletableFuture<Void> run = start(operator::run);
      begun.await();
      first.get().join();

      operator.close();

      interrupted.await();
      assertThatThrownBy(run::get).hasCauseInstanceOf(ControllerException.class)
          .hasMessageContainingAll("PT0.05S", "stubborns").message().doesNotContain("fines");
      assertThat(operator.health().reasons()).anyMatch(reason -> reason.contains("stubborns"));
    }

    @Test
    @DisplayName("K8 an initializer that ignores its interrupt does not prolong the time for the initialization")
    void namesOneThatTakesTooLong() throws Exception {
      Operator operator = build(Operator.builder("o").crd(stubborn()).controller(controller)
          .initTimeout(Duration.ofMillis(50)).stopDeadline(LONG));

      assertThatThrownBy(start(operator::run)::get).hasCauseInstanceOf(ControllerException.class)
          .hasMessageContainingAll("1 of 1", "PT0.05S", "stubborns");
      interrupted.await();
    }

    @Test
    @DisplayName("K8 health and log name the definitions that are waited for, and why")
    void saysWhatItWaitsFor() throws Exception {
      CRD<?> stubborn = stubborn();
      when(stubborn.pending()).thenReturn("no connection to https://example.com");
      Operator operator = build(Operator.builder("o").crd(definition("fines", () -> {})).crd(stubborn).controller(controller));
      try (Logs logs = new Logs(DefaultOperator.class.getName(), Level.INFO)) {
        CompletableFuture<Void> run = start(operator::run);
        String words = "initializes its definitions";
        await().until(() -> operator.health().reasons().equals(
            List.of("operator o " + words, "no connection to https://example.com")));
        await().untilAsserted(() -> assertThat(logs.lines()).contains("WARN operator o: " + words + ": stubborns"));
        goOn.countDown();
        operator.close();
        run.exceptionally(thrown -> null).get();
      }
    }

    @Test
    @DisplayName("K8 close() by an initializer does not wait for itself")
    void mayBeClosedByAnInitializer() throws Exception {
      CRD<?> closing = definition("closings", () -> self.join().close());

      start(build(Operator.builder("o").crd(closing).controller(controller).stopDeadline(LONG))::run).get();

      verify(controller, never()).run();
    }

    @Test
    @DisplayName("K8 initialize() says that the operator was closed, before or meanwhile")
    void refusesWhenClosed() throws Exception {
      Operator operator = build(Operator.builder("o").crd(definition("slows", () -> {
        begun.countDown();
        goOn.await();
      })).controller(controller));
      CompletableFuture<Void> initialized = start(() -> {
        try {
          operator.initialize();
        } catch (InterruptedException e) {
          throw new AssertionError(e);
        }
      });
      begun.await();

      operator.close();

      assertThatThrownBy(() -> initialized.get(30, TimeUnit.SECONDS))
          .hasCauseInstanceOf(ControllerException.class).hasMessageContaining("was closed");
      assertThatThrownBy(operator::initialize).isInstanceOf(ControllerException.class).hasMessageContaining("was closed");
    }
  }
}
