package io.kooper.controller;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.Mockito.mock;

import io.kooper.tracing.Trace;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
@Tag("K17")
class TimeoutsTest {

  private static final Duration SECOND = Duration.ofSeconds(1);

  private final Rig rig = new Rig();
  private final CountDownLatch go = new CountDownLatch(1);

  @AfterEach
  void stop() {
    go.countDown();
    rig.close();
  }

  @Test
  @DisplayName("K17: a call that takes too long is cancelled and interrupted, and is a failure however it ends")
  void aLongCallIsCancelledAndFails() throws Exception {
    var cancelled = new CompletableFuture<Boolean>();
    rig.behave((call, context) -> {
      if (call.attempt() == 1) {
        try {
          go.await();
        } catch (InterruptedException e) {
          cancelled.complete(context.cancelled()); // and returns as if all were well
        }
      }
    });
    rig.put("a", "1").start(builder -> builder.handlerTimeout(Duration.ofSeconds(10))).awaitCalls(1);
    rig.clock.advance(Duration.ofSeconds(9));
    assertThat(cancelled).isNotDone();

    rig.advanceUntil(SECOND, () -> rig.calls().size() == 2);

    assertThat(cancelled.get(30, TimeUnit.SECONDS)).isTrue();
    assertThat(rig.calls()).extracting(Rig.Call::attempt).containsExactly(1, 2);
  }

  @Test
  @DisplayName("K17: a call that ignores its timeout keeps its key until it has really ended; others are handled")
  void theKeyIsKept() throws Exception {
    var interrupted = new CountDownLatch(1);
    rig.behave((call, context) -> {
      for (boolean open = !call.toString().equals("add a=1"); !open; ) {
        try {
          open = go.await(30, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
          interrupted.countDown();
        }
      }
    });
    rig.put("a", "1").start(builder -> builder.workers(2).handlerTimeout(SECOND)).awaitCalls(1);
    rig.advanceUntil(SECOND, () -> interrupted.getCount() == 0);
    rig.put("a", "2").put("b", "1").awaitCalls(2);
    assertThat(rig.told()).containsExactly("add a=1", "add b=1");

    go.countDown();

    rig.advanceUntil(Duration.ofMillis(10), () -> rig.told().contains("add a=2")); // less than would time the next one out
    assertThat(rig.told()).containsExactly("add a=1", "add b=1", "add a=2");
  }

  @Test
  @DisplayName("K17: what comes before the handler is not its time: it is called however long that takes")
  void whatComesBeforeTheHandlerIsNotItsTime() throws Exception {
    var time = new CompletableFuture<Duration>();
    rig.behave((call, context) -> {
      long begun = rig.clock.nanoTime();
      try {
        go.await();
      } catch (InterruptedException e) {
        time.complete(Duration.ofNanos(rig.clock.nanoTime() - begun));
      }
    });
    rig.put("a", "1").start(builder -> builder.handlerTimeout(SECOND).tracing(job -> {
      rig.clock.advance(SECOND);
      return mock(Trace.class);
    })).awaitCalls(1);

    rig.advanceUntil(Duration.ofMillis(100), time::isDone);

    assertThat(time.get()).isGreaterThanOrEqualTo(SECOND);
  }

  @Test
  @DisplayName("K17: a call that ends in time is not disturbed, and neither is the next")
  void aShortCallIsLeftAlone() {
    rig.put("a", "1").start(builder -> builder.handlerTimeout(SECOND)).awaitCalls(1).settle();
    rig.clock.advance(Duration.ofSeconds(2));
    rig.put("a", "2").settle();

    assertThat(rig.calls()).extracting(Rig.Call::attempt).containsExactly(1, 1);
  }
}
