package io.kooper.controller;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.kooper.clock.Clock;
import io.kooper.controller.ManualShards.ManualHolding;
import io.kooper.fake.FailingClock;
import io.kooper.fake.FakeSource;
import io.kooper.handler.Handler;
import io.kooper.leaderelection.Runner;
import io.kooper.leaderelection.Shards;
import io.kooper.metrics.ControllerFigures;
import io.kooper.metrics.ControllerMetrics;
import io.kooper.metrics.MetricsRecorder;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What failed half-way, as without memory: it is done again, and nothing is given back before its calls have ended. */
@Timeout(60)
class HalfDoneTest {

  private final FakeSource source = new FakeSource();
  private final CountDownLatch entered = new CountDownLatch(1);
  private final CountDownLatch go = new CountDownLatch(1);
  private final AtomicInteger interrupts = new AtomicInteger();
  private final AtomicInteger failures = new AtomicInteger();
  private volatile String failing = "";
  private volatile boolean ended;

  private final Clock clock = new FailingClock(() -> !failing.isEmpty() && isBelow(failing) && failures.incrementAndGet() > 0);

  private static boolean isBelow(String method) {
    return StackWalker.getInstance().walk(all -> all.anyMatch(
        frame -> (frame.getClassName() + "." + frame.getMethodName()).endsWith("." + method)));
  }

  private final Handler<ConfigMap> handler = (context, object) -> {
    entered.countDown();
    for (boolean over = false; !over; ) {
      try {
        go.await();
        over = true;
      } catch (InterruptedException e) {
        interrupts.incrementAndGet();
      }
    }
  };

  private Controller start(Controller controller) {
    Thread thread = new Thread(() -> {
      try {
        controller.run();
      } catch (ControllerException e) {
        // the tests look at what it did
      }
      ended = true;
    });
    thread.setDaemon(true);
    thread.start();
    return controller;
  }

  private ControllerBuilder<ConfigMap> builder() {
    return Controller.builder(source.retriever(), handler).clock(clock).noResync();
  }

  private void awaitFailures() {
    int before = failures.get();
    Rig.await(() -> failures.get() >= before + 3);
  }

  private static void close(Controller controller) {
    Thread closing = new Thread(controller::close);
    closing.setDaemon(true);
    closing.start();
    Rig.await(() -> !closing.isAlive());
  }

  @AfterEach
  void end() {
    go.countDown();
    failing = "";
    Rig.await(() -> ended);
  }

  @Test
  void aShardThatHasHalfBegunIsGivenBackWithItsLastCall() throws InterruptedException {
    ManualShards shards = new ManualShards();
    source.put("a", "1");
    Controller controller = start(builder().shards(shards).build());
    Rig.await(() -> !shards.said.isEmpty());
    failing = "Workers.begin";
    ManualHolding a = shards.gain('a');
    awaitFailures();
    source.put("ab", "1"); // its event begins a call: the term has begun
    entered.await();

    int looks = shards.looks.get();
    a.give();

    Rig.await(() -> {
      shards.changed.run();
      return shards.looks.get() >= looks + 3;
    });
    assertThat(a.ended).as("while its call runs").isFalse();
    failing = "";
    go.countDown();
    Rig.await(() -> a.ended);
    close(controller);
  }

  @Test
  void aStopIsHeardWhileAShardCannotBegin() {
    ManualShards shards = new ManualShards();
    Controller controller = start(builder().shards(shards).build());
    Rig.await(() -> !shards.said.isEmpty());
    failing = "Workers.begin";
    shards.gain('a');
    awaitFailures();

    close(controller);
  }

  @Test
  void aCallLeavesItsShardThoughNothingSaysWhichItIs() throws InterruptedException {
    ManualShards manual = new ManualShards();
    Shards shards = new Shards() {
      @Override
      public int count() {
        return manual.count();
      }

      @Override
      public int of(String namespace, String name) {
        if (isBelow("Gate.leave")) {
          throw new OutOfMemoryError("as asked");
        }
        return manual.of(namespace, name);
      }

      @Override
      public Member join(Runnable changed) {
        return manual.join(changed);
      }
    };
    source.put("a", "1");
    Controller controller = start(builder().shards(shards).build());
    Rig.await(() -> !manual.said.isEmpty());
    ManualHolding a = manual.gain('a');
    entered.await();
    go.countDown();

    a.give();

    Rig.await(() -> a.ended);
    close(controller);
  }

  @Test
  void aDrainThatFailsCancelsWhatRuns() throws InterruptedException {
    source.put("a", "1");
    Controller controller = start(builder().build());
    entered.await();
    failing = "Engine.awaitDrained";

    close(controller);

    Rig.await(() -> interrupts.get() > 0);
  }

  @Test
  void aStopIsHeardThoughARecorderSwallowsTheInterrupt() throws InterruptedException {
    CountDownLatch asked = new CountDownLatch(1);
    MetricsRecorder recorder = new MetricsRecorder() {
      @Override
      public ControllerMetrics controller(String name, ControllerFigures figures) {
        asked.countDown();
        try {
          new CountDownLatch(1).await();
        } catch (InterruptedException e) {
          // as careless code does
        }
        return ControllerMetrics.NONE;
      }
    };
    Runner standby = task -> new CountDownLatch(1).await(); // somebody else leads
    Controller controller = start(builder().metrics(recorder).election(standby).build());
    asked.await();

    close(controller);
  }
}
