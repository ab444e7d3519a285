package io.kooper.controller;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.qos.logback.classic.Level;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.kooper.fake.FakeSource;
import io.kooper.fake.Logs;
import io.kooper.informer.State;
import io.kooper.leaderelection.Leadership;
import io.kooper.metrics.EventType;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(90)
class StoppingTest {

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
  class RunsOnce {

    @Test
    @Tag("K16")
    @DisplayName("K16: run() while it runs is refused and does not disturb the first")
    void runTwiceIsRefused() {
      rig.put("a", "1").start().awaitCalls(1);

      assertThatThrownBy(rig.controller()::run).isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("configmaps").hasMessageContaining("been started").hasMessageContaining("build a new one");
      assertThat(rig.put("b", "1").settle().told()).contains("add b=1");
    }

    @Test
    @Tag("K16")
    @DisplayName("K16: run() after close() is refused, also when it never ran; closing twice or before run() is fine")
    void runAfterCloseIsRefused() {
      Controller controller = rig.build(builder -> builder);
      controller.close();
      controller.close();

      assertThatThrownBy(controller::run).isInstanceOf(IllegalStateException.class).hasMessageContaining("ended");
      assertThat(rig.source.lists()).isEmpty();
    }

    @Test
    @Tag("K16")
    @DisplayName("K16: many threads close at once: all return when run() has ended")
    void manyThreadsCloseAtOnce() throws Exception {
      rig.put("a", "1").start().awaitCalls(1);
      List<Thread> closers = new ArrayList<>();
      for (int i = 0; i < 20; i++) {
        closers.add(new Thread(rig.controller()::close));
      }
      closers.forEach(Thread::start);
      for (Thread closer : closers) {
        closer.join(10_000);
        assertThat(closer.isAlive()).isFalse();
      }
      rig.awaitEnd();
    }

    @Test
    @Tag("K16")
    @DisplayName("K16: close() and run() at the same time: run() ends or is refused")
    void closeAndRunAtTheSameTime() throws Exception {
      for (int i = 0; i < 100; i++) {
        Controller controller = rig.build(builder -> builder);
        var outcome = new AtomicReference<Throwable>();
        var start = new CountDownLatch(1);
        Thread runner = new Thread(() -> {
          start.countDown();
          try {
            controller.run();
          } catch (RuntimeException e) {
            outcome.set(e);
          }
        });
        runner.start();
        start.await();
        controller.close();
        runner.join(10_000);
        assertThat(runner.isAlive()).isFalse();
        if (outcome.get() != null) {
          assertThat(outcome.get()).isInstanceOf(IllegalStateException.class);
        }
      }
    }
  }

  @Nested
  class Drains {

    @Test
    @Tag("K17")
    @DisplayName("K17: run() returns after the handlers in flight, and these still read the store")
    void handlersInFlightFinishBeforeRunReturns() throws Exception {
      var after = new AtomicReference<String>();
      rig.behave((call, context) -> {
        entered.countDown();
        go.await();
        after.set(context.store().get(context.key()).orElseThrow().getData().get("value") + context.cancelled());
      });
      rig.put("a", "1").start();
      entered.await();
      Thread closer = closing();
      rig.put("a", "2");
      assertThat(rig.hasEnded()).isFalse();

      go.countDown();
      rig.awaitEnd();
      closer.join(10_000);

      assertThat(after.get()).isIn("1false", "2false");
    }

    @Test
    @Tag("W10")
    @DisplayName("W10: queued changes and deletes are still handled at the stop, a re-creation in both its parts")
    void queuedChangesAndDeletesAreStillHandled() throws Exception {
      rig.put("changed", "1").put("deleted", "1").put("re-created", "1").put("busy", "1").start().awaitCalls(4).settle();
      rig.behave((call, context) -> enterAndWait(call, context));
      rig.put("busy", "2");
      entered.await();
      rig.put("changed", "2");
      rig.source.delete("deleted");
      rig.source.delete("re-created");
      rig.put("re-created", "2").put("new", "1");
      Rig.await(() -> rig.controller().health().informer().objects() == 5 && queued() == 4);
      closing();
      go.countDown();
      rig.awaitEnd();

      assertThat(rig.told().subList(5, rig.told().size())).containsExactlyInAnyOrder(
          "add changed=2", "delete deleted=1", "delete re-created=1", "add re-created=2", "add new=1");
    }

    private int queued() {
      return rig.queue().length();
    }

    @Test
    @DisplayName("Resyncs and delayed keys are dropped and counted at the stop")
    void resyncsAndDelayedKeysAreDropped() throws Exception {
      rig.behave((call, context) -> {
        if (call.name().equals("failing")) {
          throw new IllegalStateException("as the test wants it");
        }
      });
      rig.put("failing", "1").put("a", "1").put("b", "1")
          .start(builder -> builder.resync(Duration.ofSeconds(30))).awaitCalls(3).settle();
      rig.behave((call, context) -> enterAndWait(call, context));
      rig.put("b", "2");
      entered.await();
      rig.advanceUntil(SECOND, () -> queued() >= 2);
      int before = rig.calls().size();
      closing();
      go.countDown();
      rig.awaitEnd();

      assertThat(rig.told().subList(before, rig.told().size())).doesNotContain("add a=1");
      assertThat(rig.queue().dropped()).isPositive();
    }

    @Test
    void aFailureDuringTheStopIsNotRetried() throws Exception {
      rig.behave((call, context) -> {
        enterAndWait(call, context);
        throw new IllegalStateException("as the test wants it");
      });
      rig.put("a", "1").start();
      entered.await();
      closing();
      go.countDown();
      rig.awaitEnd();

      assertThat(rig.calls()).hasSize(1);
    }
  }

  @Nested
  class Interrupts {

    @Test
    @Tag("K17")
    @DisplayName("K17: a stop says every few seconds what it waits for")
    void aStopSaysWhatItWaitsFor() throws Exception {
      rig.behave(StoppingTest.this::enterAndWait);
      rig.put("a", "1").start();
      entered.await();
      try (Logs logs = new Logs(DefaultController.class.getName(), Level.INFO)) {
        Thread closer = closing();
        rig.advanceUntil(Duration.ofSeconds(1),
            () -> logs.lines().stream().filter(line -> line.contains("stopping")).count() >= 2);
        assertThat(logs.lines().get(0))
            .isEqualTo("INFO controller configmaps: stopping; 0 keys are queued, handlers run for default/a");
        go.countDown();
        closer.join();
      }
    }

    @Test
    @Tag("K17")
    @DisplayName("K17: when the deadline is over the handlers are interrupted and their contexts cancelled")
    void handlersAreInterruptedAtTheDeadline() throws Exception {
      var cancelled = new AtomicReference<Boolean>();
      rig.behave((call, context) -> {
        try {
          enterAndWait(call, context);
        } catch (InterruptedException e) {
          cancelled.set(context.cancelled());
          throw e;
        }
      });
      rig.put("a", "1").start(builder -> builder.stopDeadline(Duration.ofSeconds(30)));
      entered.await();
      closing();
      Rig.await(() -> rig.clock.waiting() > 0);
      rig.clock.advance(Duration.ofSeconds(29));
      assertThat(cancelled.get()).isNull();
      rig.clock.advance(SECOND); // no further: the grace must not be over before the handler has had a turn
      rig.awaitEnd();

      assertThat(cancelled).hasValue(true);
    }

    @Test
    @Tag("K17")
    @DisplayName("K17: a handler that ignores its interrupt makes run() throw after the grace, naming its key")
    void aHandlerThatIgnoresItsInterruptIsNamed() throws Exception {
      rig.behave((call, context) -> {
        if (call.name().equals("stubborn")) {
          entered.countDown();
          awaitUninterruptibly();
        }
      });
      rig.put("stubborn", "1").put("b", "1")
          .start(builder -> builder.workers(2).stopDeadline(Duration.ZERO));
      entered.await();
      closing();

      assertThatThrownBy(() -> rig.advanceToEnd(SECOND)).isInstanceOf(ExecutionException.class).cause()
          .isInstanceOf(ControllerException.class)
          .hasMessageContaining("default/stubborn").hasMessageNotContaining("default/b");
      assertThat(rig.controller().health().live()).isFalse();
      assertThat(rig.controller().health().reasons()).hasSize(1).first().asString().contains("default/stubborn");
    }

    private void awaitUninterruptibly() {
      boolean open = false;
      while (!open) {
        try {
          open = go.await(10, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
          Thread.interrupted(); // as a handler does that swallows it
        }
      }
    }

    @Test
    void theInterruptOfOneKeyDoesNotHitTheNext() {
      var interrupted = new CopyOnWriteArrayList<String>();
      rig.behave((call, context) -> {
        if (Thread.currentThread().isInterrupted()) {
          interrupted.add(call.name());
        }
        Thread.currentThread().interrupt(); // as a handler that was interrupted restores its flag
      });
      for (int i = 0; i < 20; i++) {
        rig.put("o" + i, "1");
      }
      rig.start().awaitCalls(20);

      assertThat(rig.settle().calls()).hasSize(20);
      assertThat(interrupted).isEmpty();
    }

    @Test
    void aCancelledJobIsInterruptedOnlyWhileItsHandlerRuns() throws Exception {
      ConfigMap object = rig.source.put("a", "1");
      var delivery = new Ledger.Delivery<>(State.of(object), object, false, EventType.ADD, 1, null, null, List.of());
      var job = new Job<ConfigMap>("c", FakeSource.key("a"), delivery, null, Leadership.ALWAYS, 0);
      job.begin();
      job.call((context, o) -> {});
      job.cancel();
      assertThat(Thread.interrupted()).as("after its end").isFalse();

      assertThatThrownBy(job::begin).as("cancelled before it began").isInstanceOf(Job.TooLateException.class);

      assertThat(Thread.interrupted()).as("left behind").isFalse();
    }

    @Test
    void anInterruptOfRunIsACloseAndIsKept() throws Exception {
      rig.behave((call, context) -> enterAndWait(call, context));
      var kept = new AtomicBoolean();
      rig.put("a", "1");
      Controller controller = rig.build(builder -> builder);
      Thread run = new Thread(() -> {
        controller.run();
        kept.set(Thread.currentThread().isInterrupted());
      });
      run.start();
      entered.await();
      run.interrupt();
      Rig.await(() -> controller.health().reasons().toString().contains("stops"));
      assertThat(run.isAlive()).as("the handler in flight is waited for").isTrue();
      go.countDown();
      run.join(10_000);

      assertThat(kept).isTrue();
    }

    @Test
    void aSecondInterruptOfRunEndsTheDeadline() throws Exception {
      var interrupted = new CountDownLatch(1);
      rig.behave((call, context) -> {
        try {
          enterAndWait(call, context);
        } catch (InterruptedException e) {
          interrupted.countDown();
        }
      });
      rig.put("a", "1").start();
      entered.await();
      rig.thread().interrupt();
      Rig.await(() -> rig.controller().health().reasons().toString().contains("stops"));
      Rig.await(() -> {
        rig.thread().interrupt();
        return interrupted.getCount() == 0;
      });

      Rig.await(rig::hasEnded);
    }
  }

  @Nested
  class FromInside {

    @Test
    void aHandlerMayClose() throws Exception {
      rig.behave((call, context) -> rig.controller().close());
      rig.put("a", "1").start();

      rig.awaitEnd();
      assertThat(rig.calls()).hasSize(1);
    }

    @Test
    void aTransformMayCloseDuringTheFirstList() throws Exception {
      rig.put("a", "1").start(builder -> builder.transform(object -> {
        Rig.await(() -> rig.controller() != null);
        rig.controller().close();
        return object;
      }));

      rig.awaitEnd();
      assertThat(rig.calls()).isEmpty();
    }
  }
}
