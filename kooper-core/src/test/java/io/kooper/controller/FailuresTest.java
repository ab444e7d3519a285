package io.kooper.controller;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import io.kooper.controller.Rig.Call;
import io.kooper.fake.Logs;
import io.kooper.handler.TerminalException;
import io.kooper.queue.RateLimiter;
import io.kooper.retrieve.ObjectKey;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FailuresTest {

  private static final Duration SECOND = Duration.ofSeconds(1);

  private final Rig rig = new Rig();

  @AfterEach
  void stop() {
    rig.close();
  }

  private List<Integer> attempts(String name) {
    return rig.calls().stream().filter(call -> call.name().equals(name)).map(Call::attempt).toList();
  }

  private static void fail() {
    throw new IllegalStateException("as the test wants it");
  }

  @Nested
  class Retries {

    @Test
    @Tag("K3")
    @DisplayName("K3: always failing: 11 objects and 3 retries make 44 calls, then they are given up")
    void alwaysFailingMakesOneAndThreeCallsEach() {
      rig.behave((call, context) -> fail());
      for (int i = 0; i < 11; i++) {
        rig.put("o" + i, "1");
      }
      rig.start(builder -> builder.retries(3).resync(Duration.ofHours(10))).awaitCalls(11);

      rig.advance(Duration.ofMinutes(10), 60);

      assertThat(rig.calls()).hasSize(44);
      assertThat(attempts("o0")).containsExactly(1, 2, 3, 4);
    }

    @Test
    void withoutALimitAFailingKeyIsCalledAtLeastOnceAMinuteForEverAndAlarmsOnce() {
      try (Logs log = new Logs("io.kooper.controller.FailureLog", Level.ERROR)) {
        rig.behave((call, context) -> fail());
        rig.put("a", "1").start(builder -> builder.noResync()).awaitCalls(1);

        rig.advance(Duration.ofMinutes(2), 120);
        int early = rig.calls().size();
        rig.advance(Duration.ofMinutes(30), 120);

        assertThat(rig.calls().size() - early).isBetween(30, 45);
        assertThat(log.lines()).singleElement().asString().contains("attempt 10").contains("tenth time in a row");
      }
    }

    @Test
    @Tag("K3")
    @DisplayName("K3: what was given up is seen again at the next resync, once")
    void whatWasGivenUpIsSeenAgainAtTheNextResync() {
      rig.behave((call, context) -> fail());
      rig.put("a", "1").start(builder -> builder.resync(Duration.ofMinutes(10)).retries(2)).awaitCalls(1);
      rig.advance(Duration.ofMinutes(8), 48);
      assertThat(rig.calls()).hasSize(3);

      rig.advance(Duration.ofMinutes(8), 48);

      assertThat(attempts("a")).containsExactly(1, 2, 3, 4);
    }

    @Test
    @Tag("K4")
    @DisplayName("K4: a success renews the budget")
    void aSuccessRenewsTheBudget() {
      rig.behave((call, context) -> {
        if (!call.value().equals("good")) {
          fail();
        }
      });
      rig.put("a", "bad").start(builder -> builder.resync(Duration.ofHours(10)).retries(2)).awaitCalls(1);
      rig.advance(SECOND, 10);
      rig.put("a", "good").advance(SECOND, 10);
      rig.put("a", "bad again").advance(SECOND, 10);

      assertThat(attempts("a")).containsExactly(1, 2, 3, 4, 1, 2, 3);
    }

    @Test
    @Tag("K4")
    @DisplayName("K4: a change does not renew the budget: one more call, then it is given up again")
    void aChangeDoesNotRenewTheBudget() {
      rig.behave((call, context) -> fail());
      rig.put("a", "1").start(builder -> builder.resync(Duration.ofHours(10)).retries(1)).awaitCalls(1);
      rig.advance(SECOND, 10);

      rig.put("a", "2").advance(Duration.ofMinutes(1), 10);

      assertThat(rig.told()).containsExactly("add a=1", "add a=1", "add a=2");
    }

    @Test
    @Tag("K5")
    @DisplayName("K5: without retries a failed call is not repeated before the next resync")
    void withoutRetriesAFailedCallIsNotRepeated() {
      rig.behave((call, context) -> fail());
      rig.put("a", "1").start(builder -> builder.resync(Duration.ofMinutes(10)).retries(0)).awaitCalls(1);
      assertThat(rig.advance(Duration.ofMinutes(8), 48).calls()).hasSize(1);

      assertThat(rig.advance(Duration.ofMinutes(8), 48).calls()).hasSize(2);
    }

    @Test
    @Tag("K5")
    @DisplayName("K5: without resync what was given up is parked and tried again about once a minute")
    void withoutResyncWhatWasGivenUpIsParked() {
      rig.behave((call, context) -> fail());
      rig.put("a", "1").start(builder -> builder.retries(0)).awaitCalls(1).settle();
      assertThat(rig.advance(Duration.ofSeconds(53), 10).calls()).hasSize(1);
      assertThat(rig.advance(Duration.ofSeconds(14), 10).calls()).hasSize(2);

      rig.advance(Duration.ofMinutes(60), 360);

      assertThat(rig.calls()).hasSizeBetween(50, 69);
    }

    @Test
    @Tag("K5")
    @DisplayName("K5: without resync an object that is fine is told once")
    void withoutResyncAnObjectThatIsFineIsToldOnce() {
      rig.put("a", "1").start().awaitCalls(1);

      assertThat(rig.advance(Duration.ofHours(10), 100).told()).containsExactly("add a=1");
    }

    @Test
    void aFailedDeleteIsRetriedInItsLastState() {
      rig.behave((call, context) -> {
        if (!call.isAdd() && call.attempt() < 3) {
          fail();
        }
      });
      rig.put("a", "1").start().awaitCalls(1).settle();
      rig.source.delete("a");
      rig.advance(SECOND, 10);

      assertThat(rig.told()).containsExactly("add a=1", "delete a=1", "delete a=1", "delete a=1");
      assertThat(attempts("a")).containsExactly(1, 1, 2, 3);
    }

    @Test
    @Tag("C6")
    @DisplayName("C6: a retry waits as long as the rate limiter says")
    void aRetryWaitsAsLongAsTheRateLimiterSays() {
      rig.behave((call, context) -> fail());
      rig.put("a", "1").start(builder -> builder.retries(2)
          .rateLimiter(RateLimiter.exponential(Duration.ofSeconds(10), Duration.ofHours(1)))).awaitCalls(1).settle();

      assertThat(rig.advance(Duration.ofMillis(9_999), 3).calls()).hasSize(1);
      assertThat(rig.advance(Duration.ofMillis(1), 1).calls()).hasSize(2);
      assertThat(rig.advance(Duration.ofMillis(19_999), 1).calls()).hasSize(2);
      assertThat(rig.advance(Duration.ofMillis(1), 1).calls()).hasSize(3);
    }

    @Test
    void aRateLimiterThatThrowsLosesNoKey() {
      rig.behave((call, context) -> fail());
      rig.put("a", "1").start(builder -> builder.rateLimiter(BROKEN)).awaitCalls(1).settle();

      rig.advanceUntil(Duration.ofMillis(500), () -> rig.calls().size() >= 3);
    }

    @Test
    void aRateLimiterThatThrowsTellsNoDeleteTwice() {
      rig.put("a", "1").start(builder -> builder.rateLimiter(BROKEN)).awaitCalls(1).settle();
      rig.source.delete("a");

      rig.advance(Duration.ofSeconds(10), 20);

      assertThat(rig.told()).containsOnlyOnce("delete a=1");
    }
  }

  private static final RateLimiter<ObjectKey> BROKEN = (key, failures) -> {
    throw new IllegalStateException("broken limiter");
  };

  @Nested
  class WhateverIsThrown {

    @ParameterizedTest(name = "K18: {0} in a handler is isolated, retried and counted")
    @Tag("K18")
    @ValueSource(classes = {
      RuntimeException.class, IOException.class, InterruptedException.class, StackOverflowError.class,
      AssertionError.class, NoClassDefFoundError.class, OutOfMemoryError.class, ThreadDeathLike.class
    })
    void isIsolatedRetriedAndCounted(Class<? extends Throwable> type) {
      rig.behave((call, context) -> {
        if (call.name().equals("bad") && call.attempt() < 3) {
          throw type.getDeclaredConstructor().newInstance();
        }
      });
      rig.put("bad", "1").put("good", "1").start().awaitCalls(2);

      rig.advance(SECOND, 10);

      assertThat(rig.told("good")).containsExactly("add good=1");
      assertThat(attempts("bad")).containsExactly(1, 2, 3);
      assertThat(rig.controller().health().ready()).isTrue();
    }

    @Test
    @Tag("K18")
    @DisplayName("K18: a real stack overflow leaves the worker alive")
    void aRealStackOverflowLeavesTheWorkerAlive() {
      rig.behave((call, context) -> {
        if (call.attempt() < 3) {
          endless(0);
        }
      });
      rig.put("a", "1").start().awaitCalls(1);

      assertThat(rig.advance(SECOND, 10).calls()).hasSize(3);
    }

    private int endless(int depth) {
      return 1 + endless(depth + 1);
    }

    @Test
    @Tag("K18")
    @DisplayName("K18: an exception in delete is isolated and retried, too")
    void anErrorInDeleteIsIsolated() {
      rig.behave((call, context) -> {
        if (!call.isAdd() && call.attempt() == 1) {
          throw new AssertionError("as the test wants it");
        }
      });
      rig.put("a", "1").put("b", "1").start().awaitCalls(2).settle();
      rig.source.delete("a");
      rig.advance(SECOND, 10);

      assertThat(rig.told("a")).containsExactly("add a=1", "delete a=1", "delete a=1");
    }
  }

  /** As the JDK's ThreadDeath, which is about to go. */
  static final class ThreadDeathLike extends Error {
    private static final long serialVersionUID = 1L;

    ThreadDeathLike() {}
  }

  @Nested
  class OwnWrites {

    @Test
    void aHandlerThatWritesItsObjectAndFailsIsSlowedToOnceASecond() {
      var writes = new AtomicInteger();
      rig.behave((call, context) -> {
        rig.put("a", "write " + writes.incrementAndGet());
        fail();
      });
      rig.put("a", "1").start(builder -> builder.resync(Duration.ofHours(10))).awaitCalls(1);

      rig.advance(Duration.ofSeconds(20), 80);
      int early = rig.calls().size();
      rig.advance(Duration.ofSeconds(20), 80);

      assertThat(early).isBetween(20, 40);
      assertThat(rig.calls().size() - early).as("calls in 20 s").isBetween(18, 21);
    }

    @Test
    void aHandlerThatWritesItsObjectAndRefusesItIsSlowedAsWell() {
      var writes = new AtomicInteger();
      rig.behave((call, context) -> {
        rig.put("a", "write " + writes.incrementAndGet());
        throw new TerminalException("never");
      });
      rig.put("a", "1").start().awaitCalls(1);
      rig.advance(Duration.ofSeconds(20), 80);
      int early = rig.calls().size();

      rig.advance(Duration.ofSeconds(20), 80);

      assertThat(rig.calls().size() - early).as("calls in 20 s").isBetween(18, 21);
    }

    @Test
    void aChangeOfAKeyThatWasGivenUpIsHandledWithinASecond() {
      rig.behave((call, context) -> {
        if (call.value().equals("bad")) {
          fail();
        }
      });
      rig.put("a", "bad").start(builder -> builder.resync(Duration.ofHours(10)).retries(20)).awaitCalls(1);
      rig.advance(Duration.ofMinutes(30), 200);
      int failures = rig.calls().size();
      assertThat(failures).isGreaterThan(10);

      rig.put("a", "good");
      rig.settle().advance(SECOND, 1);

      assertThat(rig.told()).hasSize(failures + 1).endsWith("add a=good");
    }

    @Test
    void aDeleteOfAFailingKeyDoesNotWait() {
      rig.behave((call, context) -> {
        if (call.isAdd()) {
          fail();
        }
      });
      rig.put("a", "1").start(builder -> builder.resync(Duration.ofHours(10))).awaitCalls(1);
      rig.advance(Duration.ofMinutes(1), 10);

      rig.source.delete("a");

      assertThat(rig.settle().told()).endsWith("delete a=1");
    }
  }
}
