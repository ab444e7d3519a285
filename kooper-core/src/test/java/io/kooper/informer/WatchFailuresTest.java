package io.kooper.informer;

import static io.kooper.informer.Recorder.key;
import static io.kooper.informer.Recorder.object;
import static io.kooper.informer.Script.fault;
import static org.assertj.core.api.Assertions.assertThat;

import io.kooper.fake.Logs;
import io.kooper.retrieve.RetrieveException;
import io.kooper.retrieve.RetrieveException.Reason;
import io.kooper.retrieve.SourceEvent;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What a reflector does while its watches fail, and while they only seem not to. */
class WatchFailuresTest {

  private final Script script = new Script();

  /** So many watches fail like this, and all questions, until a watch does not. */
  private void outage(int times, Reason reason) {
    watches(times, sink -> {
      script.otherwise = () -> {
        throw fault(reason);
      };
      throw fault(reason);
    });
  }

  private void works() {
    script.otherwise = () -> {};
  }

  private void watches(int times, Script.Watching watching) {
    for (int i = 0; i < times; i++) {
      script.watch(watching);
    }
  }

  @Nested
  class Outages {

    @ParameterizedTest
    @EnumSource(value = Reason.class, names = {"UNAUTHORIZED", "FORBIDDEN", "THROTTLED", "SERVER_ERROR",
        "CONNECTION_LOST", "SILENT"})
    @Tag("R6")
    @DisplayName("R6: while nothing is answered, watches are tried again without a list until one works")
    void withoutAList(Reason reason) {
      script.list(5);
      outage(50, reason);
      script.watch(sink -> sink.accept(SourceEvent.added(object("a", "1", 6))));
      assertThat(script.run()).containsOnlyOnce("list 0").doesNotContain("list 5", "paged list 5").endsWith("watch 5");
      assertThat(script.recorder.view()).containsOnlyKeys(key("a"));
    }

    @ParameterizedTest
    @EnumSource(value = Reason.class, names = {"NOT_FOUND", "REJECTED", "UNDECODABLE"})
    void whatAnotherWatchCannotMendLeadsToAList(Reason reason) {
      script.list(5).watch(sink -> {
        throw fault(reason);
      }).list(6).quietWatch();
      assertThat(script.run()).containsExactly("list 0", "watch 5", "pause", "list 5", "watch 6");
    }

    @Test
    @Tag("R5")
    @DisplayName("R5: a connection that takes seconds to fail is no success: delays grow")
    void slowFailuresGrow() {
      script.list(5);
      script.otherwise = () -> {
        script.pass(Duration.ofSeconds(5));
        throw fault(Reason.SILENT);
      };
      watches(20, sink -> {
        script.pass(Duration.ofSeconds(5));
        throw fault(Reason.SILENT);
      });
      script.run();
      assertThat(script.pauses.get(script.pauses.size() - 1)).isGreaterThanOrEqualTo(Duration.ofSeconds(5));
    }

    @Test
    @Tag("R5")
    @DisplayName("R5: a watch that had worked makes the next failure a first one")
    void aWorkingWatchResets() {
      script.list(5);
      outage(20, Reason.CONNECTION_LOST);
      script.watch(sink -> {
        works();
        sink.accept(SourceEvent.opened());
        script.pass(Duration.ofSeconds(2));
        throw fault(Reason.CONNECTION_LOST);
      }).watch(sink -> {
        sink.accept(SourceEvent.bookmark("6"));
        throw fault(Reason.CONNECTION_LOST);
      });
      script.run();
      int last = script.pauses.size() - 1;
      assertThat(script.pauses.get(last - 2)).isGreaterThan(Duration.ofSeconds(2));
      assertThat(script.pauses.subList(last - 1, last + 1)).allSatisfy(p -> assertThat(p).isLessThan(Duration.ofSeconds(2)));
    }

    @Test
    void theSameWarningComesOnceAMinuteWhateverElseFailsInBetween() {
      try (Logs logs = new Logs(Reflector.class.getName(), ch.qos.logback.classic.Level.DEBUG)) {
        script.list(5);
        watches(12, sink -> {
          throw fault(script.calls.size() % 4 == 0 ? Reason.SERVER_ERROR : Reason.CONNECTION_LOST);
        });
        for (int i = 0; i < 12; i++) {
          Reason reason = i % 2 == 0 ? Reason.SERVER_ERROR : Reason.CONNECTION_LOST;
          script.ask(() -> {
            throw fault(reason);
          });
        }
        script.run();
        Duration outage = script.pauses.stream().reduce(Duration.ZERO, Duration::plus);
        assertThat(logs.lines().stream().filter(line -> line.startsWith("WARN")).count())
            .isLessThanOrEqualTo(4 * (1 + outage.toMinutes())).isGreaterThanOrEqualTo(2);
      }
    }
  }

  @Nested
  @Tag("R4")
  @DisplayName("R4: when the server throttles a watch")
  class Throttled {

    @Test
    void eachRefusalIsOneBackOffAndNothingElseIsAsked() {
      script.list(5);
      watches(4, sink -> {
        throw fault(Reason.THROTTLED);
      });
      script.quietWatch();
      assertThat(script.run()).containsExactly("list 0", "watch 5", "pause", "watch 5", "pause", "watch 5", "pause",
          "watch 5", "pause", "watch 5");
      assertThat(script.pauses).allSatisfy(
          pause -> assertThat(pause).isBetween(Duration.ofMillis(800), Duration.ofMillis(1_600)));
    }

    @Test
    void retryAfterIsTheLeastToWait() {
      script.list(5).watch(sink -> {
        throw new RetrieveException(Reason.THROTTLED, "later", Duration.ofSeconds(42), null);
      }).quietWatch();
      script.run();
      assertThat(script.pauses).singleElement().satisfies(
          pause -> assertThat(pause).isBetween(Duration.ofSeconds(42), Duration.ofSeconds(84)));
    }

    @Test
    void whatAnOutageHasEarnedIsNotChargedToIt() {
      script.list(5);
      outage(20, Reason.CONNECTION_LOST); // of some minutes
      script.watch(sink -> {
        throw new RetrieveException(Reason.THROTTLED, "later", Duration.ofSeconds(1), null);
      });
      script.watch(sink -> script.reflector.stop());
      script.run();
      assertThat(script.pauses.stream().reduce(Duration.ZERO, Duration::plus)).isGreaterThan(Duration.ofMinutes(1));
      assertThat(script.recorder.failures()).filteredOn(failure -> failure.reason() == Reason.THROTTLED).hasSize(1);
      int nth = script.recorder.failures().indexOf(script.recorder.failures().stream()
          .filter(failure -> failure.reason() == Reason.THROTTLED).findFirst().orElseThrow());
      assertThat(script.pauses.get(nth)).isBetween(Duration.ofSeconds(1), Duration.ofSeconds(2));
    }
  }

  @Nested
  class WhenTheWatchBeginsWithAnError {

    private void error(Reason reason) throws RetrieveException {
      throw fault(reason);
    }

    @Test
    void aListComesAtTheSecondConsecutiveOneAndBringsWhatIsNew() {
      script.list(5);
      watches(2, sink -> {
        sink.accept(SourceEvent.opened());
        error(Reason.SERVER_ERROR);
      });
      script.list(7, object("a", "1", 6)).quietWatch();
      assertThat(script.run()).containsSubsequence("list 0", "watch 5", "pause", "watch 5", "pause", "paged list 5", "watch 7");
      assertThat(script.recorder.view()).containsOnlyKeys(key("a"));
      assertThat(script.pauses.stream().reduce(Duration.ZERO, Duration::plus)).isLessThan(Duration.ofSeconds(4));
    }

    @Test
    void andFurtherListsLessAndLessOften() {
      script.list(5);
      for (int i = 0; i < 200; i++) {
        script.list(5);
      }
      watches(100, sink -> {
        sink.accept(SourceEvent.opened());
        error(Reason.SERVER_ERROR);
      });
      script.run();
      List<Duration> gaps = new ArrayList<>();
      for (int i = 2; i < script.listedAt.size(); i++) {
        gaps.add(script.listedAt.get(i).minus(script.listedAt.get(i - 1)));
      }
      assertThat(gaps.size()).isGreaterThan(6);
      assertThat(gaps.get(0)).isGreaterThanOrEqualTo(Duration.ofSeconds(2));
      assertThat(gaps.subList(5, gaps.size())).allSatisfy(gap -> assertThat(gap).isGreaterThanOrEqualTo(Duration.ofSeconds(30)));
    }

    @Test
    void neverFor429() {
      script.list(5);
      watches(50, sink -> {
        sink.accept(SourceEvent.opened());
        error(Reason.THROTTLED);
      });
      assertThat(script.run()).filteredOn(call -> call.contains("list")).containsExactly("list 0");
    }

    @Test
    void alsoWhenItTakesLongToSaySo() {
      script.list(5);
      watches(2, sink -> {
        sink.accept(SourceEvent.opened());
        script.pass(Duration.ofSeconds(3));
        error(Reason.SERVER_ERROR);
      });
      script.list(7).quietWatch();
      assertThat(script.run()).endsWith("paged list 5", "watch 7");
    }

    @Test
    void anEventBeforeItMakesItAFirstOne() {
      script.list(5);
      for (int i = 6; i < 30; i++) {
        int version = i;
        script.watch(sink -> {
          sink.accept(SourceEvent.bookmark(Integer.toString(version)));
          error(Reason.SERVER_ERROR);
        });
      }
      assertThat(script.run()).filteredOn(call -> call.contains("list")).containsExactly("list 0");
    }
  }

  @Nested
  class WhenWatchesAreVeryShort {

    @ParameterizedTest
    @EnumSource(value = Reason.class, names = {"CONNECTION_LOST", "SILENT", "UNKNOWN"})
    void aListComesAfterThreeHoweverTheyEnd(Reason reason) {
      script.list(5).watch(sink -> sink.accept(SourceEvent.opened())).watch(sink -> {
        sink.accept(SourceEvent.opened());
        throw fault(reason);
      }).watch(sink -> sink.accept(SourceEvent.opened())).list(6).quietWatch();
      assertThat(script.run()).endsWith("paged list 5", "watch 6");
    }

    @Test
    void theyBackOffAndLeadToListsThatDoToo() {
      script.list(5);
      watches(6, sink -> sink.accept(SourceEvent.opened()));
      script.list(5).list(5);
      assertThat(script.run()).startsWith("list 0", "watch 5", "pause", "watch 5", "pause", "watch 5", "pause",
          "paged list 5", "watch 5", "pause", "watch 5", "pause", "watch 5", "pause");
    }

    @Test
    void aSourceThatNeverSaysOpenedIsWatchingOnceAWatchHasEndedAsItShould() {
      script.list(5).watch(sink -> script.pass(Duration.ofSeconds(25))).watch(sink -> {
        assertThat(script.health().watching()).isTrue();
        sink.accept(SourceEvent.bookmark("6"));
      });
      script.run();
      assertThat(script.recorder.failures()).isEmpty();
    }
  }

  @Nested
  class WhenWatchesFailAndTheServerAnswersOtherwise {

    @ParameterizedTest
    @EnumSource(value = Reason.class, names = {"SILENT", "CONNECTION_LOST", "SERVER_ERROR", "FORBIDDEN"})
    void pagedListsBringWhatIsNew(Reason reason) {
      script.list(5);
      watches(60, sink -> {
        script.pass(Duration.ofSeconds(5));
        throw fault(reason);
      });
      for (int i = 6; i < 20; i++) {
        script.list(i, object("a", "1", i));
      }
      script.run();
      assertThat(script.calls).contains("paged list 5", "paged list 6");
      assertThat(script.recorder.view()).containsOnlyKeys(key("a"));
      for (int i = 1; i < script.listedAt.size(); i++) {
        assertThat(script.listedAt.get(i).minus(script.listedAt.get(i - 1))).isBetween(
            Duration.ofSeconds(30), Duration.ofSeconds(45 + 60)); // and what a question and a watch take meanwhile
      }
    }

    @Test
    void aListThatTakesLongComesNoOftenerThanATenthOfTheTime() {
      Script.Listing slow = sink -> {
        script.pass(Duration.ofSeconds(20));
        return "5";
      };
      for (int i = 0; i < 5; i++) {
        script.list(slow);
      }
      watches(200, sink -> {
        script.pass(Duration.ofSeconds(5));
        throw fault(Reason.SILENT);
      });
      script.run();
      assertThat(script.listedAt.size()).isGreaterThan(2);
      for (int i = 1; i < script.listedAt.size(); i++) {
        assertThat(script.listedAt.get(i).minus(script.listedAt.get(i - 1))).isGreaterThan(Duration.ofSeconds(200));
      }
    }

    @Test
    void aListThatFailsDoesNotKeepFromWatching() {
      boolean[] listed = {false};
      script.list(5);
      watches(40, sink -> {
        script.pass(Duration.ofSeconds(5));
        if (!listed[0]) {
          throw fault(Reason.SILENT);
        }
        sink.accept(SourceEvent.added(object("a", "1", 6)));
        script.reflector.stop();
      });
      script.list(sink -> {
        listed[0] = true;
        throw fault(Reason.SERVER_ERROR);
      });
      assertThat(script.run()).containsSubsequence("paged list 5", "pause", "watch 5");
      assertThat(script.recorder.view()).containsOnlyKeys(key("a"));
    }
  }
}
