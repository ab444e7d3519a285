package io.kooper.informer;

import static io.kooper.informer.Recorder.delete;
import static io.kooper.informer.Recorder.key;
import static io.kooper.informer.Recorder.object;
import static io.kooper.informer.Recorder.put;
import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.kooper.clock.Clock;
import io.kooper.retrieve.ObjectKey;
import io.kooper.retrieve.RetrieveException.Reason;
import io.kooper.retrieve.SourceEvent;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What each listener is told, also when it or another one throws. */
class SubscriptionTest {

  private final Cache<ConfigMap> cache =
      new Cache<>("test", UnaryOperator.identity(), List.of(), false, Clock.system(), null);

  private void list(ConfigMap... objects) {
    Staging<ConfigMap> staging = new Staging<>(cache, ObjectStore.ALL, false);
    List.of(objects).forEach(object -> staging.accept(SourceEvent.added(object)));
    cache.replace(staging);
  }

  /** Throws at the next news that begin so, once. */
  private static Consumer<String> failingOnce(String start, Throwable thrown) {
    boolean[] done = {false};
    return line -> {
      if (line.startsWith(start) && !done[0]) {
        done[0] = true;
        sneak(thrown);
      }
    };
  }

  private static Consumer<String> failing(String start) {
    return line -> {
      if (line.startsWith(start)) {
        throw new IllegalStateException("refused: " + line);
      }
    };
  }

  @SuppressWarnings("unchecked")
  private static <E extends Throwable> void sneak(Throwable thrown) throws E {
    throw (E) thrown;
  }

  private Recorder listening(Recorder recorder) {
    cache.addListener(recorder);
    return recorder;
  }

  @Nested
  class AListenerThatThrows {

    private Throwable thrown(String kind) {
      return kind.equals("error") ? new StackOverflowError("for a test") : new Exception("for a test");
    }

    @ParameterizedTest
    @ValueSource(strings = {"exception", "error"})
    void isToldAgainOfAnAddAnUpdateAndADelete(String kind) {
      for (String start : List.of("added", "updated", "deleted")) {
        Recorder recorder = listening(new Recorder().before(failingOnce(start, thrown(kind))));
        put(cache, object("a", "1", 1));
        put(cache, object("a", "1", 2));
        cache.catchUp();
        assertThat(recorder.view()).containsOnlyKeys(key("a"));
        delete(cache, object("a", "1", 3));
        cache.catchUp();
        assertThat(recorder.view()).as(start).isEmpty();
        assertThat(recorder.misfits()).isEmpty();
        cache.removeListener(recorder);
      }
    }

    @Test
    void costsTheOthersNothing() {
      Recorder before = listening(new Recorder());
      listening(new Recorder().before(line -> sneak(new LinkageError(line))));
      Recorder after = listening(new Recorder());
      list(object("a", "1", 1));
      put(cache, object("a", "1", 2));
      delete(cache, object("a", "1", 3));
      cache.failed(Script.fault(Reason.GONE));
      assertThat(before.news()).containsExactly("initial a@1", "synced", "updated a@1 to a@2", "deleted a@3",
          "failed GONE");
      assertThat(after.news()).isEqualTo(before.news());
    }

    @Test
    void hearsOfADeleteBeforeTheSuccessorOfTheSameName() {
      Recorder recorder = listening(new Recorder().before(failingOnce("deleted", new Exception("for a test"))));
      put(cache, object("a", "1", 1));
      delete(cache, object("a", "1", 2));
      put(cache, object("a", "2", 3));
      assertThat(recorder.news()).containsExactly("added a@1", "deleted a@2", "added a@3");
    }

    @Test
    void doesNotHearOfASuccessorThatCameAndWentMeanwhile() {
      boolean[] refusing = {true};
      Recorder recorder = listening(new Recorder().before(line -> {
        if (refusing[0] && line.startsWith("deleted")) {
          throw new IllegalStateException();
        }
      }));
      put(cache, object("a", "1", 1));
      put(cache, object("a", "2", 3));
      delete(cache, object("a", "2", 4));
      put(cache, object("a", "3", 5));
      refusing[0] = false;
      cache.catchUp();
      assertThat(recorder.news()).containsExactly("added a@1", "deleted a@1", "added a@5");
    }

    @Test
    void isToldOfTheLastStateOfWhatIsGoneAndOfTheStateItKnewOfWhatIsThere() {
      Recorder recorder = listening(new Recorder().before(failing("updated a@1 to a@2")));
      put(cache, object("a", "1", 1));
      put(cache, object("b", "2", 1));
      put(cache, object("a", "1", 2));
      put(cache, object("a", "1", 3));
      assertThat(recorder.take()).containsExactly("added a@1", "added b@1", "updated a@1 to a@3");
      cache.removeListener(recorder);
      recorder = listening(new Recorder().before(failing("updated")));
      put(cache, object("a", "1", 4));
      delete(cache, object("a", "1", 5));
      assertThat(recorder.news()).contains("deleted a@5");
    }

    @Test
    void isToldOfTheLastStateThatWasSeenAlsoWhenAListReplacesTheObject() {
      Recorder recorder = listening(new Recorder().before(failing("updated")));
      list(object("a", "1", 1));
      put(cache, object("a", "1", 2));
      list(object("a", "2", 3));
      assertThat(recorder.news()).containsExactly("initial a@1", "synced", "deleted a@2", "added a@3");
    }

    @Test
    void mayHaveTakenItBeforeItThrewSoItsDeleteIsToldToo() {
      Recorder recorder = listening(new Recorder().after(failing("added")));
      put(cache, object("a", "1", 1));
      delete(cache, object("a", "1", 2));
      assertThat(recorder.news()).containsExactly("added a@1", "deleted a@2");
    }

    @Test
    void hearsAddedWhenWhatItWasToldIsGoneIsBackUnderTheSameUid() {
      Recorder recorder = listening(new Recorder().after(failing("deleted")));
      put(cache, object("a", "1", 1));
      delete(cache, object("a", "1", 2));
      put(cache, object("a", "1", 3));
      assertThat(recorder.news()).containsExactly("added a@1", "deleted a@2", "added a@3");
    }

    @Test
    void atOneObjectHearsOfAllOthersAndThatTheStoreIsComplete() {
      Recorder recorder = listening(new Recorder().before(failing("initial b")));
      list(object("a", "1", 1), object("b", "2", 2), object("c", "3", 3));
      assertThat(recorder.news()).containsExactlyInAnyOrder("initial a@1", "initial c@3", "synced").endsWith("synced");
      cache.catchUp();
      assertThat(recorder.view()).containsOnlyKeys(key("a"), key("b"), key("c"));
    }

    @Test
    void atSyncedIsToldAgain() {
      Recorder recorder = listening(new Recorder().before(failingOnce("synced", new Exception("for a test"))));
      list();
      assertThat(recorder.news()).isEmpty();
      cache.catchUp();
      cache.catchUp();
      assertThat(recorder.news()).containsExactly("synced");
    }

    @Test
    void whileItIsAddedIsAddedNevertheless() {
      list(object("a", "1", 1));
      Recorder recorder = listening(new Recorder().before(failingOnce("initial", new Exception("for a test"))));
      cache.catchUp();
      assertThat(recorder.view()).containsOnlyKeys(key("a"));
    }

    @Test
    void forEverIsOwedNoMoreThanOneEntryForEachName() {
      List<Integer> told = new ArrayList<>();
      int[] calls = {0};
      listening(new Recorder().before(line -> {
        calls[0]++;
        throw new IllegalStateException(line);
      }));
      for (int i = 1; i < 1_000; i++) {
        put(cache, object("a", "uid" + i % 7, i));
      }
      calls[0] = 0;
      cache.catchUp();
      told.add(calls[0]);
      assertThat(told).containsExactly(1);
    }
  }

  @Nested
  @Tag("R10")
  @DisplayName("R10: listeners that come and go")
  class ComingAndGoing {

    @Test
    void aLateOneHearsEveryObjectThenThatItIsCompleteThenEveryChange() {
      list(object("a", "1", 1), object("b", "2", 2));
      Recorder recorder = listening(new Recorder());
      put(cache, object("c", "3", 3));
      assertThat(recorder.news()).hasSize(4).startsWith(recorder.news().get(0)).endsWith("synced", "added c@3");
      assertThat(recorder.news()).contains("initial a@1", "initial b@2");
    }

    @Test
    void oneThatComesBeforeTheFirstListIsToldOfItOnce() {
      Recorder recorder = listening(new Recorder());
      list(object("a", "1", 1));
      list(object("a", "1", 1));
      assertThat(recorder.news()).containsExactly("initial a@1", "synced");
    }

    @Test
    void aRemovedOneHearsNothingMoreNotEvenTheRestOfThisList() {
      Recorder recorder = new Recorder();
      recorder.after(line -> cache.removeListener(recorder));
      listening(recorder);
      list(object("a", "1", 1), object("b", "2", 2));
      put(cache, object("c", "3", 3));
      cache.failed(Script.fault(Reason.GONE));
      cache.catchUp();
      assertThat(recorder.news()).hasSize(1);
    }

    @Test
    void oneThatIsRemovedAtADeleteDoesNotHearOfTheSuccessor() {
      Recorder recorder = new Recorder();
      recorder.after(line -> {
        if (line.startsWith("deleted")) {
          cache.removeListener(recorder);
        }
      });
      listening(recorder);
      put(cache, object("a", "1", 1));
      put(cache, object("a", "2", 2));
      assertThat(recorder.news()).containsExactly("added a@1", "deleted a@1");
    }

    @Test
    void oneThatAnotherListenerAddsHearsEachObjectOnce() {
      for (String when : List.of("initial", "synced", "deleted", "added")) {
        Cache<ConfigMap> fresh =
            new Cache<>("test", UnaryOperator.identity(), List.of(), false, Clock.system(), null);
        Recorder late = new Recorder();
        boolean[] added = {false};
        fresh.addListener(new Recorder().after(line -> {
          if (line.startsWith(when) && !added[0]) {
            added[0] = true;
            fresh.addListener(late);
          }
        }));
        Staging<ConfigMap> staging = new Staging<>(fresh, ObjectStore.ALL, false);
        List.of(object("a", "1", 1), object("b", "2", 2)).forEach(object -> staging.accept(SourceEvent.added(object)));
        fresh.replace(staging);
        put(fresh, object("a", "3", 3)); // replaced under a new uid
        assertThat(late.misfits()).as(when).isEmpty();
        assertThat(late.view()).containsOnlyKeys(key("a"), key("b"));
        assertThat(late.news()).containsOnlyOnce("synced");
      }
    }

    @Test
    @DisplayName("C4: a ledger, whose calls begin then, hears after all others that the store is complete")
    void completenessIsToldToLedgersLast() {
      List<String> heard = new ArrayList<>();
      cache.addListener(new KeyListener<>() {
        @Override
        public void changed(ObjectKey key, @Nullable State<ConfigMap> gone, Origin origin) {
          heard.add("ledger: " + key.name());
        }

        @Override
        public void missed(Origin origin) {}

        @Override
        public void synced() {
          heard.add("ledger: synced");
        }
      });
      listening(new Recorder().after(line -> heard.add("listener: " + line)));

      list(object("a", "1", 1));

      assertThat(heard).endsWith("listener: synced", "ledger: synced");
    }

    @Test
    void removalIsByIdentityAndOfAStrangerIsNothing() {
      Recorder recorder = listening(new Recorder());
      cache.removeListener(new Recorder());
      list();
      assertThat(recorder.news()).containsExactly("synced");
    }
  }
}
