package io.kooper.controller;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.kooper.controller.Rig.Call;
import io.kooper.fake.FakeSource;
import io.kooper.handler.HandlerContext;
import io.kooper.handler.TerminalException;
import io.kooper.retrieve.RetrieveException.Reason;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What a handler may ask for: not to be called again, or to be called later. */
class AnswersTest {

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
  class Terminal {

    @Test
    @Tag("C6")
    @DisplayName("C6: what is refused for good is not retried and not told at a resync, but told again after a change")
    void isToldAgainOnlyAfterAChange() {
      rig.behave((call, context) -> {
        if (call.value().equals("bad")) {
          throw new TerminalException("cannot be");
        }
      });
      rig.put("a", "bad").put("b", "1").start(builder -> builder.retries(0).resync(Duration.ofSeconds(30))).awaitCalls(2);
      rig.advance(Duration.ofMinutes(5), 60);
      assertThat(rig.told("a")).containsExactly("add a=bad");
      assertThat(rig.told("b")).hasSizeGreaterThan(5);

      rig.put("a", "good").advance(SECOND, 5);

      assertThat(rig.told("a")).as("and perhaps a resync").startsWith("add a=bad", "add a=good");
      assertThat(attempts("a")).startsWith(1, 2);
    }

    @Test
    void isNotToldAgainAfterARelistThatBroughtNothingNew() {
      rig.behave((call, context) -> {
        throw new TerminalException("cannot be");
      });
      rig.put("a", "1").start().awaitCalls(1).settle();
      rig.source.endWatch(FakeSource.fault(Reason.GONE));
      rig.advanceUntil(Duration.ofMillis(200), () -> rig.source.lists().size() == 2 && rig.source.watching() == 1);

      assertThat(rig.settle().told()).containsExactly("add a=1");
    }

    @Test
    void itsDeleteIsToldOnceMoreThanItsAdds() {
      rig.behave((call, context) -> {
        throw new TerminalException("cannot be");
      });
      rig.put("a", "1").start(builder -> builder.resync(Duration.ofSeconds(30))).awaitCalls(1).settle();
      rig.source.delete("a");
      rig.advance(Duration.ofMinutes(5), 30);

      assertThat(rig.told()).as("refused at delete, too: that is its end").containsExactly("add a=1", "delete a=1");
    }

    @Test
    void aSuccessorOfARefusedObjectIsTold() {
      rig.behave((call, context) -> {
        throw new TerminalException("cannot be");
      });
      rig.put("a", "1").start().awaitCalls(1).settle();
      rig.source.delete("a");
      rig.put("a", "2").advance(SECOND, 5);

      assertThat(rig.told()).containsExactly("add a=1", "delete a=1", "add a=2");
    }
  }

  @Nested
  class RequeueAfter {

    @Test
    void anAddIsToldAgainAfterTheTime() {
      rig.behave((call, context) -> {
        if (rig.calls().size() == 1) {
          context.requeueAfter(Duration.ofSeconds(1)); // the last one counts
          context.requeueAfter(Duration.ofSeconds(60));
        }
      });
      rig.put("a", "1").start().awaitCalls(1).settle();

      assertThat(rig.advance(Duration.ofSeconds(59), 5).calls()).hasSize(1);
      assertThat(rig.advance(Duration.ofSeconds(1), 1).calls()).hasSize(2);
      assertThat(rig.advance(Duration.ofHours(1), 10).calls()).hasSize(2);
      assertThat(attempts("a")).containsExactly(1, 1);
    }

    @Test
    void aChangeInBetweenCallsSoonerAndInstead() {
      rig.behave((call, context) -> {
        if (rig.calls().size() == 1) {
          context.requeueAfter(Duration.ofSeconds(60));
        }
      });
      rig.put("a", "1").start().awaitCalls(1).settle();

      rig.put("a", "2").settle();
      rig.advance(Duration.ofHours(1), 10);

      assertThat(rig.told()).containsExactly("add a=1", "add a=2");
    }

    @Test
    void theSameDeleteIsToldAgainUntilItIsTaken() {
      var deletes = new AtomicInteger();
      rig.behave((call, context) -> {
        if (!call.isAdd() && deletes.incrementAndGet() < 5) {
          context.requeueAfter(Duration.ofSeconds(10));
        }
      });
      rig.put("a", "1").start().awaitCalls(1).settle();
      rig.source.delete("a");
      rig.put("a", "2").settle();
      assertThat(rig.told()).as("the successor waits").startsWith("add a=1", "delete a=1").doesNotContain("add a=2");

      rig.advance(Duration.ofMinutes(1), 12);

      assertThat(rig.told()).containsExactly(
          "add a=1", "delete a=1", "delete a=1", "delete a=1", "delete a=1", "delete a=1", "add a=2");
    }

    @Test
    @Tag("C6")
    @DisplayName("C6: it is ignored when the call fails: the failure is retried as failures are")
    void isIgnoredOnFailure() {
      rig.behave((call, context) -> {
        if (call.attempt() == 1) {
          context.requeueAfter(Duration.ofHours(1));
          fail();
        }
      });
      rig.put("a", "1").start().awaitCalls(1);
      assertThat(rig.advance(SECOND, 5).calls()).hasSize(2);

      assertThat(rig.advance(Duration.ofHours(2), 10).calls()).hasSize(2);
    }

    @Test
    void aDelayOfZeroOrLessIsRefused() {
      var context = new AtomicReference<HandlerContext<?>>();
      rig.behave((call, c) -> context.set(c));
      rig.put("a", "1").start().settle();

      assertThatThrownBy(() -> context.get().requeueAfter(Duration.ZERO)).isInstanceOf(IllegalArgumentException.class);
      assertThatThrownBy(() -> context.get().requeueAfter(SECOND.negated()))
          .isInstanceOf(IllegalArgumentException.class).hasMessageContaining("PT-1S");
    }
  }
}
