package io.kooper.controller;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.kooper.fake.FakeSource;
import io.kooper.fake.Logs;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What keeps a change from its call. */
class CallFilterTest {

  private final Rig rig = new Rig();

  @AfterEach
  void stop() {
    rig.close();
  }

  /** What is before the slash matters. */
  private static String spec(ConfigMap object) {
    return object.getData().get("value").split("/")[0];
  }

  @Nested
  class OnlyWhenChanged {

    private Rig start() {
      return rig.start(builder -> builder.onlyWhenChanged(CallFilterTest::spec));
    }

    @Test
    void aChangeOfSomethingElseDoesNotCall() {
      rig.put("a", "1/x");
      start().awaitCalls(1).settle();
      rig.put("a", "1/y").settle();
      rig.put("a", "2/y").settle();

      assertThat(rig.told("a")).containsExactly("add a=1/x", "add a=2/y");
    }

    @Test
    void itIsComparedWithWhatTheLastSuccessfulCallSaw() {
      rig.behave((call, context) -> {
        if (call.value().equals("2/x") && context.attempt() == 1) {
          rig.put("a", "2/y").awaitHeard("a=2/y"); // before its call fails
          throw new IllegalStateException("as the test wants it");
        }
      });
      rig.put("a", "1/x");
      start().awaitCalls(1).settle();
      rig.put("a", "2/x");
      rig.advanceUntil(Duration.ofMillis(100), () -> rig.told("a").contains("add a=2/y"));
      rig.settle();

      assertThat(rig.told("a")).containsExactly("add a=1/x", "add a=2/x", "add a=2/y");
    }

    @Test
    void aResyncAndADeleteAreNeverSkipped() {
      rig.put("a", "1/x");
      rig.start(builder -> builder.onlyWhenChanged(CallFilterTest::spec).resync(Duration.ofSeconds(30))).awaitCalls(1).settle();
      rig.put("a", "1/y").settle();
      rig.advance(Duration.ofSeconds(33), 3);
      rig.source.delete("a");
      rig.settle();

      assertThat(rig.told("a")).startsWith("add a=1/x", "add a=1/y").endsWith("delete a=1/y");
    }

    @Test
    void aProjectionThatThrowsCalls() {
      rig.put("a", "1/x");
      rig.start(builder -> builder.onlyWhenChanged(object -> {
        throw new StackOverflowError("as the test wants it");
      })).awaitCalls(1).settle();
      rig.put("a", "1/y").settle();

      assertThat(rig.told("a")).containsExactly("add a=1/x", "add a=1/y");
    }

    @Test
    void aSuccessorOfTheSameContentIsCalled() {
      rig.put("a", "1/x");
      start().awaitCalls(1).settle();
      rig.source.delete("a");
      rig.put("a", "1/x").settle();

      assertThat(rig.told("a")).containsExactly("add a=1/x", "delete a=1/x", "add a=1/x");
    }
  }

  @Nested
  class MinInterval {

    @Test
    void theFirstCallComesAtOnceAndTheLastStateAfterTheInterval() {
      rig.put("a", "1");
      rig.start(builder -> builder.minInterval(Duration.ofSeconds(10))).awaitCalls(1);
      for (int i = 2; i < 6; i++) {
        rig.put("a", Integer.toString(i));
        rig.awaitHeard("a=" + i);
      }
      rig.settleQueue();
      rig.clock.advance(Duration.ofMillis(9_900));
      assertThat(rig.settleQueue().told("a")).containsExactly("add a=1");
      rig.clock.advance(Duration.ofMillis(200));
      rig.awaitCalls(2);

      assertThat(rig.settleQueue().told("a")).containsExactly("add a=1", "add a=5");
    }

    @Test
    void retriesAndDeletesDoNotWait() {
      AtomicInteger failures = new AtomicInteger(2);
      rig.behave((call, context) -> {
        if (failures.getAndDecrement() > 0) {
          throw new IllegalStateException("as the test wants it");
        }
      });
      rig.put("a", "1");
      rig.start(builder -> builder.minInterval(Duration.ofHours(1))).awaitCalls(1);
      rig.advanceUntil(Duration.ofMillis(10), () -> rig.told("a").size() == 3);
      rig.source.delete("a");
      rig.awaitCalls(4);

      assertThat(rig.told("a")).endsWith("delete a=1");
    }

    @Test
    void aStopEndsTheWait() throws Exception {
      rig.put("a", "1");
      rig.start(builder -> builder.minInterval(Duration.ofHours(1))).awaitCalls(1);
      rig.put("a", "2");
      rig.awaitHeard("a=2");
      rig.settleQueue();
      new Thread(rig.controller()::close).start();
      rig.awaitEnd();

      assertThat(rig.told("a")).containsExactly("add a=1", "add a=2");
    }
  }

  @Nested
  class PauseWhen {

    @Test
    void nothingIsAddedWhileItHoldsAndItsEndIsNeverSkipped() {
      rig.put("a", "1/on");
      rig.start(builder -> builder.pauseWhen(object -> object.getData().get("value").endsWith("off"))
          .onlyWhenChanged(CallFilterTest::spec)).awaitCalls(1).settle();
      rig.put("a", "1/off").settle();
      rig.put("a", "2/off").settle();
      assertThat(rig.told("a")).containsExactly("add a=1/on");
      rig.put("a", "1/on").settle();

      assertThat(rig.told("a")).containsExactly("add a=1/on", "add a=1/on");
    }

    @Test
    void deletesPassAndOneThatWasNeverAddedIsNotDeleted() {
      rig.put("a", "1/on").put("b", "1/off");
      rig.start(builder -> builder.pauseWhen(object -> object.getData().get("value").endsWith("off"))).awaitCalls(1).settle();
      rig.put("a", "1/off").settle();
      rig.source.delete("a");
      rig.source.delete("b");
      rig.settle();

      assertThat(rig.told()).containsExactly("add a=1/on", "delete a=1/off");
    }
  }

  @Nested
  class OwnWrites {

    @Test
    void theChangeThatTheCallHasMadeDoesNotCall() {
      AtomicReference<ConfigMap> written = new AtomicReference<>();
      rig.behave((call, context) -> {
        if (written.get() == null) {
          written.set(rig.source.put("a", "own"));
          context.wrote(written.get());
        }
      });
      rig.put("a", "1").start().awaitCalls(1).awaitHeard("a=own").settle();
      assertThat(rig.told("a")).containsExactly("add a=1");

      rig.put("a", "2").settle();
      assertThat(rig.told("a")).containsExactly("add a=1", "add a=2");
    }

    @Test
    void aForeignChangeInBetweenCalls() {
      AtomicInteger calls = new AtomicInteger();
      rig.behave((call, context) -> {
        if (calls.incrementAndGet() == 1) {
          rig.source.put("a", "foreign");
          context.wrote(rig.source.put("a", "own"));
        }
      });
      rig.put("a", "1").start().awaitCalls(2).settle();

      assertThat(rig.told("a")).containsExactly("add a=1", "add a=own");
    }

    @Test
    void aWriteWithoutEffectDoesNotHideAForeignChange() {
      AtomicInteger calls = new AtomicInteger();
      rig.behave((call, context) -> {
        if (calls.incrementAndGet() == 1) {
          context.wrote(rig.source.objects().get(FakeSource.key("a"))); // the server had nothing to do
          rig.source.put("a", "foreign");
          context.wrote(rig.source.put("a", "own"));
        }
      });
      rig.put("a", "1").start().awaitCalls(2).settle();

      assertThat(rig.told("a")).containsExactly("add a=1", "add a=own");
    }

    @Test
    void aRevertOfWhatTheCallHasWrittenCalls() {
      rig.behave((call, context) -> {
        if (call.value().equals("1/x")) {
          context.wrote(rig.source.put("a", "2/own"));
        }
      });
      rig.put("a", "1/x").start(builder -> builder.onlyWhenChanged(CallFilterTest::spec)).awaitCalls(1);
      rig.awaitHeard("a=2/own").settle();
      rig.put("a", "1/back").settle();

      assertThat(rig.told("a")).containsExactly("add a=1/x", "add a=1/back");
    }

    @Test
    void theVersionThatIsSeenIsThatOfTheCallsOwnWriteUntilTheStoreHasIt() {
      List<String> seen = new CopyOnWriteArrayList<>();
      rig.behave((call, context) -> {
        ConfigMap object = rig.source.objects().get(FakeSource.key("a"));
        seen.add(context.seenVersion(object));
        context.wrote(new ConfigMapBuilder(object).editMetadata().withResourceVersion("999999").endMetadata().build());
        seen.add(context.seenVersion(object));
      });
      rig.put("a", "1").start().awaitCalls(1).settle();

      assertThat(seen).containsExactly("1", "999999");
    }

    @Test
    void whatSomebodyElseMayHaveWrittenIsWaitedForAndCalls() {
      AtomicInteger calls = new AtomicInteger();
      rig.behave((call, context) -> {
        if (calls.incrementAndGet() == 1) {
          context.waitFor(rig.source.put("a", "foreign"));
        }
      });
      rig.put("a", "1").start().awaitCalls(2).settle();

      assertThat(rig.told("a")).containsExactly("add a=1", "add a=foreign");
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void theKeyIsNotHandedOutBeforeTheStoreHasTheStateButAfterFiveSecondsAtTheLatest(boolean own) {
      rig.behave((call, context) -> {
        if (call.value().equals("1")) {
          ConfigMap unseen = new ConfigMapBuilder(rig.source.objects().get(FakeSource.key("a")))
              .editMetadata().withResourceVersion("999999").endMetadata().build();
          if (own) {
            context.wrote(unseen);
          } else {
            context.waitFor(unseen);
          }
        }
      });
      rig.put("a", "1").start().awaitCalls(1).settle();
      rig.put("a", "2").settle();
      assertThat(rig.told("a")).containsExactly("add a=1");
      rig.advance(Duration.ofMillis(5_100), 3);

      assertThat(rig.told("a")).containsExactly("add a=1", "add a=2");
    }
  }

  @Nested
  class Loops {

    @Test
    void aHandlerThatCallsItselfIsNamedOnceAndOnlyWhileItDoesSo() {
      try (Logs log = new Logs("io.kooper.controller.LoopDetector", Level.WARN)) {
        AtomicInteger writes = new AtomicInteger(80);
        rig.behave((call, context) -> {
          if (writes.getAndDecrement() > 0) {
            rig.source.put("a", Integer.toString(writes.get()));
          }
        });
        rig.put("a", "1").start().awaitCalls(81).settle();

        assertThat(log.lines()).singleElement().asString().contains("default/a").contains("wrote");
        assertThat(rig.controller().health().reasons()).anyMatch(reason -> reason.contains("again and again")
            && reason.contains("default/a"));
        rig.advance(Duration.ofMinutes(3), 3);
        assertThat(rig.controller().health().reasons()).isEmpty();
      }
    }
  }
}
