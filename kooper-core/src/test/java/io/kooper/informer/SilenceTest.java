package io.kooper.informer;

import static io.kooper.informer.Recorder.key;
import static io.kooper.informer.Recorder.object;
import static io.kooper.informer.Script.fault;
import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.kooper.retrieve.RetrieveException;
import io.kooper.retrieve.RetrieveException.Reason;
import io.kooper.retrieve.SourceEvent;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@DisplayName("Silence is never taken for health: a source that has said nothing is asked")
class SilenceTest {

  private final Script script = new Script();

  private void broken() {
    script.watch(sink -> {
      sink.accept(SourceEvent.opened());
      script.pass(Duration.ofSeconds(10));
      throw fault(Reason.CONNECTION_LOST);
    });
  }

  private Script answer(Reason reason) {
    return script.ask(() -> {
      throw new RetrieveException(reason, "scripted", Duration.ofSeconds(1), null);
    });
  }

  private List<String> questions() {
    return script.calls.stream().filter(call -> call.startsWith("ask")).toList();
  }

  @Nested
  class AfterAFailure {

    @ParameterizedTest
    @EnumSource(value = Reason.class, names = {"CONNECTION_LOST", "SILENT", "SERVER_ERROR", "UNAUTHORIZED", "FORBIDDEN"})
    void theServerIsAskedWhetherItKnowsTheVersion(Reason reason) {
      script.list(5).watch(sink -> {
        sink.accept(SourceEvent.bookmark("9"));
        throw fault(reason);
      }).quietWatch().quietWatch();
      script.run();
      assertThat(script.calls).containsSubsequence("list 0", "watch 5", "ask 9", "watch 9", "watch 9");
      assertThat(questions()).as("once").hasSize(1);
    }

    @Test
    void itsWordThatTheVersionIsTooLargeTwiceLeadsToTheNewestList() {
      script.list(331, object("a", "1", 320));
      broken();
      answer(Reason.VERSION_TOO_LARGE);
      answer(Reason.VERSION_TOO_LARGE);
      script.list(205, object("b", "2", 204)).quietWatch();
      assertThat(script.run()).containsExactly("list 0", "watch 331", "pause", "ask 331", "pause", "ask 331", "pause",
          "list null", "watch 205");
      assertThat(script.recorder.view()).containsOnlyKeys(key("b"));
      assertThat(script.recorder.news()).contains("deleted a@320");
    }

    @Test
    void aServerThatWasSetBackUsesVersionsAgainSoWhatItListsIsCompared() {
      ConfigMap before = object("a", "1", 320);
      ConfigMap other = new ConfigMapBuilder(before).addToData("x", "y").build();
      script.list(331, before, object("b", "2", 330));
      broken();
      answer(Reason.VERSION_TOO_LARGE);
      answer(Reason.VERSION_TOO_LARGE);
      script.list(330, other, object("b", "2", 330)).quietWatch();
      script.run();

      assertThat(script.recorder.view()).containsEntry(key("a"), other);
      assertThat(script.recorder.news()).filteredOn(line -> line.startsWith("updated")).containsExactly("updated a@320 to a@320");
    }

    @Test
    void onceDoesNotProveIt() {
      script.list(331);
      broken();
      answer(Reason.VERSION_TOO_LARGE);
      script.quietWatch();
      assertThat(script.run()).containsExactly("list 0", "watch 331", "pause", "ask 331", "pause", "ask 331", "watch 331");
    }

    @ParameterizedTest
    @EnumSource(value = Reason.class, mode = EnumSource.Mode.EXCLUDE, names = "VERSION_TOO_LARGE")
    void nothingElseProvesAnything(Reason reason) {
      script.list(331);
      broken();
      for (int i = 0; i < 20; i++) {
        answer(reason);
      }
      for (int i = 0; i < 10; i++) {
        script.quietWatch();
      }
      script.run();
      assertThat(script.calls).filteredOn(call -> call.contains("list")).containsExactly("list 0");
      assertThat(script.calls).filteredOn(call -> call.contains("watch")).as("watching goes on").hasSize(11);
    }

    @Test
    void anEventThatIsNewerAnswersTheQuestion() {
      script.list(5);
      broken();
      for (int i = 0; i < 3; i++) {
        answer(Reason.SERVER_ERROR);
      }
      script.watch(sink -> {
        sink.accept(SourceEvent.bookmark("6"));
        script.pass(Duration.ofSeconds(25));
      }).quietWatch();
      script.run();
      assertThat(script.calls).endsWith("ask 5", "pause", "watch 5", "watch 6");
    }
  }

  @Nested
  class WithoutAFailure {

    @Test
    void aSourceWithoutALineIsAskedEveryFourToSixMinutes() {
      script.list(5);
      for (int i = 0; i < 600; i++) { // four hours
        script.quietWatch();
      }
      script.run();
      assertThat(questions().size()).isBetween(600 * 25 / (6 * 60 + 25), 600 * 25 / (4 * 60));
      assertThat(script.pauses).isEmpty();
    }

    @Test
    void oneThatHasSomethingToSayIsNot() {
      script.list(5);
      for (int i = 6; i < 600; i++) {
        int version = i;
        script.watch(sink -> {
          script.pass(Duration.ofSeconds(25));
          sink.accept(SourceEvent.bookmark(Integer.toString(version)));
        });
      }
      script.run();
      assertThat(questions()).isEmpty();
    }

    @Test
    void aServerThatWasSetBackInTheMeantimeIsFoundOut() {
      script.list(331, object("a", "1", 320));
      for (int i = 0; i < 20; i++) {
        script.quietWatch();
      }
      answer(Reason.VERSION_TOO_LARGE);
      answer(Reason.VERSION_TOO_LARGE);
      script.list(205);
      script.run();
      assertThat(script.calls).containsSubsequence("ask 331", "pause", "ask 331", "pause", "list null");
      assertThat(script.recorder.view()).isEmpty();
      assertThat(script.listedAt.get(1)).isLessThan(Duration.ofSeconds(6 * 60 + 30 + 10));
    }
  }

  @Nested
  class OfSeveralInformersInAProcess {

    @Test
    void oneAsksAndTheOthersWatchForAWhileAndComeAgain() {
      boolean[] taken = {true};
      Course course = new Course(script, () -> 0.5, () -> !taken[0]);
      course.listed(0, true);
      course.watchEnded(Reason.CONNECTION_LOST, true, false, Duration.ofSeconds(10).toNanos());
      assertThat(course.next()).isEqualTo(Course.Step.WATCH);
      assertThat(course.watchSeconds()).isBetween(2, 10);
      taken[0] = false;
      assertThat(course.next()).isEqualTo(Course.Step.ASK);
      course.answered();
      assertThat(course.next()).isEqualTo(Course.Step.WATCH);
      assertThat(course.watchSeconds()).isBetween(22, 26);
    }
  }
}
