package io.kooper.controller;

import static org.assertj.core.api.Assertions.assertThat;

import io.kooper.metrics.ControllerFigures;
import io.kooper.metrics.ControllerMetrics;
import io.kooper.metrics.EventType;
import io.kooper.metrics.MetricsRecorder;
import io.kooper.queue.RateLimiter;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class ResyncTest {

  private final Rig rig = new Rig();

  @AfterEach
  void stop() {
    rig.close();
  }

  @Test
  @Tag("K5")
  @DisplayName("K5 R9: every object is told again once an interval")
  void everyObjectIsToldAgainOnceAnInterval() {
    rig.put("a", "1").put("b", "1").start(builder -> builder.resync(Duration.ofSeconds(30))).awaitCalls(2);

    rig.advance(Duration.ofMinutes(10), 100);

    assertThat(rig.told("a")).hasSizeBetween(18, 23);
    assertThat(rig.told("b")).hasSizeBetween(18, 23);
  }

  @Test
  void aRoundIsSpreadOverHalfOfTheInterval() {
    for (int i = 0; i < 128; i++) {
      rig.put("o" + i, "1");
    }
    rig.start(builder -> builder.resync(Duration.ofMinutes(10))).awaitCalls(128);
    rig.settle();

    Map<Long, Integer> byMinute = new HashMap<>();
    int before = rig.calls().size();
    for (int half = 0; half < 32; half++) { // the first round starts between 9 and 11 minutes
      rig.advance(Duration.ofSeconds(30), 1);
      byMinute.put(half / 2L, rig.calls().size());
    }
    List<Integer> perMinute = new ArrayList<>();
    for (long minute = 0; minute < 16; minute++) {
      perMinute.add(byMinute.get(minute) - (minute == 0 ? before : byMinute.get(minute - 1)));
    }

    assertThat(perMinute.stream().mapToInt(Integer::intValue).sum()).isEqualTo(128);
    assertThat(perMinute).allMatch(calls -> calls <= 40);
    assertThat(perMinute.stream().filter(calls -> calls > 0)).hasSizeBetween(5, 6);
  }

  @Test
  @DisplayName("K5: a key whose handler asked to be called later is not called before that")
  void aRequestedTimeOutlastsAResync() {
    rig.behave((call, context) -> context.requeueAfter(Duration.ofMinutes(5)));
    rig.put("a", "1").start(builder -> builder.resync(Duration.ofSeconds(30))).awaitCalls(1).settle();

    assertThat(rig.advance(Duration.ofSeconds(290), 29).told("a")).hasSize(1);
    assertThat(rig.advance(Duration.ofSeconds(20), 2).told("a")).hasSize(2);
    rig.put("a", "2").settle();
    assertThat(rig.told("a")).as("a change does not wait").hasSize(3);
    assertThat(rig.advance(Duration.ofSeconds(290), 29).told("a")).hasSize(3);
  }

  @Test
  @DisplayName("K5: an object that goes while a round is under way is not queued for it, nor counted")
  void whatIsGoneIsNotResynced() {
    List<EventType> queued = new CopyOnWriteArrayList<>();
    for (int i = 0; i < 10; i++) {
      rig.put("o" + i, "1");
    }
    rig.start(builder -> builder.resync(Duration.ofMinutes(10)).metrics(new MetricsRecorder() {
      @Override
      public ControllerMetrics controller(String name, ControllerFigures figures) {
        return new ControllerMetrics() {
          @Override
          public void queued(EventType type) {
            queued.add(type);
          }
        };
      }
    })).awaitCalls(10).settle();
    rig.advanceUntil(Duration.ofSeconds(1), () -> queued.contains(EventType.RESYNC));
    rig.settle();
    for (int i = 0; i < 10; i++) {
      rig.source.delete("o" + i);
    }
    rig.settle();
    queued.clear();

    rig.advance(Duration.ofMinutes(6), 36);

    assertThat(queued.stream().filter(EventType.RESYNC::equals).count()).as("the marker alone").isLessThanOrEqualTo(1);
  }

  @Test
  void keysInBackOffAreSkipped() {
    rig.behave((call, context) -> {
      if (call.name().equals("failing")) {
        throw new IllegalStateException("as the test wants it");
      }
    });
    rig.put("failing", "1").put("a", "1").start(builder -> builder.resync(Duration.ofSeconds(30)).retries(100)
        .rateLimiter(RateLimiter.exponential(Duration.ofMinutes(10), Duration.ofHours(10)))).awaitCalls(2);

    rig.advance(Duration.ofMinutes(9), 54);

    assertThat(rig.told("failing")).hasSize(1);
    assertThat(rig.told("a")).hasSizeGreaterThan(10);
  }

  @Test
  @Tag("C10")
  @DisplayName("C10: a fresh change overtakes a backlog of resyncs, which still goes on")
  void aFreshChangeOvertakesABacklogOfResyncs() throws Exception {
    for (int i = 0; i < 100; i++) {
      rig.put("o" + i, "1");
    }
    rig.start(builder -> builder.resync(Duration.ofSeconds(30))).awaitCalls(100).settle();
    var entered = new CountDownLatch(1);
    var go = new CountDownLatch(1);
    rig.behave((call, context) -> {
      if (call.name().equals("busy")) {
        entered.countDown();
        go.await();
      }
    });
    rig.put("busy", "1");
    assertThat(entered.await(10, TimeUnit.SECONDS)).isTrue();
    rig.advanceUntil(Duration.ofSeconds(1), () -> rig.queue().length() >= 100);
    int before = rig.calls().size();
    rig.put("fresh", "1");
    rig.awaitHeard("fresh=1");
    go.countDown();
    rig.awaitCalls(before + 100);

    List<String> since = rig.told().subList(before, before + 100);
    assertThat(since.indexOf("add fresh=1")).as("within the first two").isBetween(0, 1);
  }

  @Test
  void aLongPauseIsFollowedByOneRoundAndNotByAllThatWereMissed() {
    rig.put("a", "1").start(builder -> builder.resync(Duration.ofSeconds(30))).awaitCalls(1).settle();
    Rig.await(() -> rig.clock.waiting() >= 2); // the resync and run()

    rig.clock.advance(Duration.ofHours(10));
    Rig.await(() -> rig.calls().size() == 2);
    rig.advance(Duration.ofSeconds(10), 5);

    assertThat(rig.calls()).hasSize(2);
  }
}
