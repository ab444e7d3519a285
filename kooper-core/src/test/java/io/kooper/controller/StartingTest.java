package io.kooper.controller;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ListOptions;
import io.kooper.retrieve.ListerWatcher;
import io.kooper.retrieve.ObjectKey;
import io.kooper.retrieve.RetrieveException;
import io.kooper.retrieve.RetrieveException.Reason;
import io.kooper.retrieve.Retriever;
import io.kooper.retrieve.SourceEvent;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(90)
class StartingTest {

  private static final Duration SECOND = Duration.ofSeconds(1);

  private final Rig rig = new Rig();
  private final CountDownLatch entered = new CountDownLatch(1);
  private final CountDownLatch go = new CountDownLatch(1);

  @AfterEach
  void stop() {
    go.countDown();
    rig.close();
  }

  /** Calls close() on a thread of its own, and waits until the controller takes nothing more. */
  private Thread closing() {
    Thread closer = new Thread(rig.controller()::close, "closing");
    closer.start();
    Rig.await(() -> rig.queue().isShutDown());
    return closer;
  }

  private void enterAndWait(Rig.Call call, Object context) throws InterruptedException {
    entered.countDown();
    go.await();
  }

  @Nested
  class FirstSync {

    private final CountDownLatch listing = new CountDownLatch(1);

    private final ListerWatcher<ConfigMap> hanging = new ListerWatcher<>() {
      @Override
      public String list(ListOptions options, Consumer<SourceEvent<ConfigMap>> sink) throws InterruptedException {
        listing.countDown();
        new CountDownLatch(1).await();
        throw new AssertionError();
      }

      @Override
      public void watch(ListOptions options, Consumer<SourceEvent<ConfigMap>> sink) {
        throw new AssertionError();
      }
    };

    private Retriever<ConfigMap> retriever() {
      return new Retriever<>() {
        @Override
        public ListerWatcher<ConfigMap> listerWatcher() {
          return hanging;
        }

        @Override
        public Class<ConfigMap> objectType() {
          return ConfigMap.class;
        }
      };
    }

    @Test
    @Tag("C3")
    @DisplayName("C3: a stop during the first list returns at once and is no error")
    void aStopDuringTheFirstListReturnsAtOnce() throws Exception {
      Controller controller = Controller.builder(retriever(), rig.handler).clock(rig.clock).build();
      Thread run = new Thread(controller::run);
      run.start();
      listing.await();
      assertThat(controller.health().ready()).isFalse();
      assertThat(controller.health().live()).isTrue();

      controller.close();

      run.join(10_000);
      assertThat(run.isAlive()).isFalse();
      assertThat(controller.health().reasons()).containsExactly("configmaps has ended");
    }

    @Test
    @Tag("C3")
    @DisplayName("C3: a sync that takes too long fails run() with what the API server said")
    void aSyncThatTakesTooLongFailsWithTheCause() {
      for (int i = 0; i < 100; i++) {
        rig.source.failList(new RetrieveException(Reason.FORBIDDEN, "configmaps is forbidden: no rbac"));
      }
      rig.start(builder -> builder.syncTimeout(Duration.ofSeconds(20)));

      assertThatThrownBy(() -> rig.advanceToEnd(Duration.ofMillis(500))).cause()
          .isInstanceOf(ControllerException.class).hasMessageContaining("PT20S").hasMessageContaining("no rbac")
          .cause().isInstanceOf(RetrieveException.class);
      assertThat(rig.controller().health().live()).isFalse();
    }

    @Test
    @Tag("C3")
    @DisplayName("C3: a standby that does not sync in time fails as a leader does")
    void aStandbyThatDoesNotSyncFailsToo() {
      for (int i = 0; i < 100; i++) {
        rig.source.failList(new RetrieveException(Reason.FORBIDDEN, "configmaps is forbidden: no rbac"));
      }
      rig.start(builder -> builder.syncTimeout(Duration.ofSeconds(20)).election(new ManualRunner()));

      assertThatThrownBy(() -> rig.advanceToEnd(Duration.ofMillis(500))).cause()
          .isInstanceOf(ControllerException.class).hasMessageContainingAll("did not sync", "PT20S", "no rbac");
    }

    @Test
    @Tag("C3")
    @DisplayName("C3: the wait for the leadership does not count")
    void aSyncedStandbyWaitsForEver() {
      ManualRunner runner = new ManualRunner();
      rig.put("a", "1").start(builder -> builder.syncTimeout(Duration.ofSeconds(20)).election(runner));
      Rig.await(() -> rig.controller().health().ready());
      rig.awaitApplied();
      for (int i = 0; i < 10; i++) {
        rig.clock.advance(Duration.ofMinutes(1));
      }
      assertThat(rig.hasEnded()).isFalse();
      assertThat(rig.controller().health().live()).isTrue();
    }

    @Test
    @Tag("C3")
    @DisplayName("C3: without a timeout it tries for ever and says in its health what is wrong")
    void withoutATimeoutItTriesForEver() {
      for (int i = 0; i < 20; i++) {
        rig.source.failList(new RetrieveException(Reason.FORBIDDEN, "configmaps is forbidden: no rbac"));
      }
      rig.put("a", "1").start();
      rig.advanceUntil(SECOND, () -> rig.source.lists().size() == 10);
      Rig.await(() -> rig.controller().health().reasons().toString().contains("no rbac"));
      assertThat(rig.controller().health().reasons()).hasSize(1).first().asString()
          .contains("has not seen all objects yet");

      rig.advanceUntil(SECOND, () -> rig.calls().size() == 1);
      Rig.await(() -> rig.controller().health().reasons().isEmpty());
      assertThat(rig.controller().health().ready()).isTrue();
    }
  }

  @Nested
  class OnAnExecutor {

    private final ExecutorService pool = Executors.newCachedThreadPool();

    @AfterEach
    void shutDown() {
      pool.shutdownNow();
    }

    @Test
    void workersRunOnTheExecutorAndLeaveIt() throws Exception {
      var names = new CopyOnWriteArrayList<String>();
      rig.behave((call, context) -> names.add(Thread.currentThread().getName()));
      rig.put("a", "1").start(builder -> builder.executor(pool).workers(2)).awaitCalls(1);
      Rig.await(() -> rig.controller().health().ready());
      rig.controller().close();
      rig.awaitEnd();
      pool.shutdown();

      assertThat(pool.awaitTermination(10, TimeUnit.SECONDS)).isTrue();
      assertThat(names).allMatch(name -> name.startsWith("pool-"));
    }

    @Test
    void anInterruptOfAnIdleWorkerEndsNothing() {
      var worker = new AtomicReference<Thread>();
      rig.behave((call, context) -> worker.set(Thread.currentThread()));
      rig.put("a", "1").start(builder -> builder.executor(pool)).awaitCalls(1);
      Rig.await(() -> rig.queue().inFlight() == 0);

      worker.get().interrupt();

      assertThat(rig.put("b", "1").settle().told()).contains("add b=1");
      assertThat(rig.controller().health().ready()).isTrue();
    }

    @Test
    void whatThereIsIsQueuedBeforeItCanBeReady() {
      AtomicReference<List<QueuedKey>> queued = new AtomicReference<>();
      rig.put("a", "1").start(builder -> builder.executor(worker -> {
        queued.set(rig.controller().queue());
        Thread thread = new Thread(worker);
        thread.setDaemon(true);
        thread.start();
      })).awaitCalls(1);

      assertThat(queued.get()).extracting(QueuedKey::key).containsExactly(new ObjectKey("default", "a"));
    }

    @Test
    void virtualThreadsWillDo() throws Exception {
      ExecutorService virtual;
      try {
        virtual = (ExecutorService) Executors.class.getMethod("newVirtualThreadPerTaskExecutor").invoke(null);
      } catch (NoSuchMethodException e) {
        Assumptions.abort("this JDK has no virtual threads");
        return;
      }
      rig.behave((call, context) -> assertThat(Thread.currentThread().toString()).contains("VirtualThread"));
      for (int i = 0; i < 100; i++) {
        rig.put("o" + i, "1");
      }
      rig.start(builder -> builder.executor(virtual).workers(8)).awaitCalls(100);
      rig.controller().close();
      rig.awaitEnd();
      virtual.shutdown();

      assertThat(virtual.awaitTermination(10, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void anExecutorThatRejectsFailsRunAtOnce() {
      pool.shutdown();
      rig.put("a", "1").start(builder -> builder.executor(pool));

      assertFailsWith(RejectedExecutionException.class);
    }

    @Test
    void anExecutorThatRejectsOneWorkerFailsRunAndEndsTheOther() {
      var taken = new AtomicBoolean();
      Executor one = task -> {
        if (taken.getAndSet(true)) {
          throw new RejectedExecutionException("only one");
        }
        pool.execute(task);
      };
      rig.start(builder -> builder.executor(one).workers(2));

      assertFailsWith(RejectedExecutionException.class);
      assertThat(rig.controller().health().live()).isFalse();
    }

    @Test
    @DisplayName("An executor that runs its tasks on the calling thread is refused: run() would never see a close()")
    void anExecutorOfTheCallingThreadIsRefused() {
      rig.put("a", "1").start(builder -> builder.executor(Runnable::run));

      assertFailsWith(RejectedExecutionException.class);
    }

    @Test
    void anErrorOfTheExecutorFailsRunAtOnce() {
      rig.put("a", "1").start(builder -> builder.executor(task -> {
        throw new OutOfMemoryError("unable to create native thread");
      }));

      assertFailsWith(OutOfMemoryError.class);
    }

    private void assertFailsWith(Class<? extends Throwable> cause) {
      assertThatThrownBy(rig::awaitEnd).as("without moving the clock").cause()
          .isInstanceOf(ControllerException.class).hasMessageContaining("could not start")
          .cause().isInstanceOf(cause);
    }

    @Test
    void anExecutorWithTooFewThreadsIsToldInTheHealth() {
      ExecutorService single = Executors.newSingleThreadExecutor();
      rig.put("a", "1").start(builder -> builder.executor(single).workers(3)).awaitCalls(1);
      Rig.await(() -> rig.controller().health().reasons().contains("configmaps has 1 of 3 workers running"));
      assertThat(rig.controller().health().ready()).isFalse();

      rig.close();
      single.shutdown();
      assertThatCode(() -> assertThat(single.awaitTermination(10, TimeUnit.SECONDS)).isTrue())
          .doesNotThrowAnyException();
    }
  }

  @Nested
  class ItsHealth {

    @Test
    void isLiveButNotReadyBeforeItRuns() {
      Health health = rig.build(builder -> builder).health();

      assertThat(health.live()).isTrue();
      assertThat(health.ready()).isFalse();
      assertThat(health.reasons()).containsExactly("configmaps was not run yet");
    }

    @Test
    void tellsThatTheWatchIsBroken() {
      rig.put("a", "1").start().awaitCalls(1).settle();
      for (int i = 0; i < 10; i++) {
        rig.source.failWatch(new RetrieveException(Reason.UNAUTHORIZED, "token expired"));
      }
      rig.source.endWatch(null);

      Rig.await(() -> rig.controller().health().reasons().toString().contains("is not watching since"));
      Rig.await(() -> rig.controller().health().reasons().toString().contains("token expired"));
      assertThat(rig.controller().health().live()).isTrue();
      rig.advanceUntil(SECOND, () -> rig.controller().health().reasons().isEmpty());
    }

    @Test
    void isLiveButNotReadyWhileItStops() throws Exception {
      rig.behave((call, context) -> enterAndWait(call, context));
      rig.put("a", "1").start();
      entered.await();
      closing();

      assertThat(rig.controller().health().live()).isTrue();
      assertThat(rig.controller().health().ready()).isFalse();
    }
  }
}
