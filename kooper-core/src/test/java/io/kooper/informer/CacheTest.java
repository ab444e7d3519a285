package io.kooper.informer;

import static io.kooper.informer.Recorder.delete;
import static io.kooper.informer.Recorder.key;
import static io.kooper.informer.Recorder.object;
import static io.kooper.informer.Recorder.put;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.kooper.clock.Clock;
import io.kooper.retrieve.SourceEvent;
import io.kooper.retrieve.Undecodable;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class CacheTest {

  private UnaryOperator<ConfigMap> transform = UnaryOperator.identity();
  private final Cache<ConfigMap> cache = new Cache<>(
      "test", object -> transform.apply(object), List.of(), false, Clock.system(), null);
  private final Recorder recorder = new Recorder();

  @BeforeEach
  void listen() {
    cache.addListener(recorder);
  }

  private boolean list(Consumer<Consumer<SourceEvent<ConfigMap>>> content) {
    Staging<ConfigMap> staging = new Staging<>(cache, ObjectStore.ALL, false);
    content.accept(staging);
    return cache.replace(staging);
  }

  private boolean list(ConfigMap... objects) {
    return list(sink -> List.of(objects).forEach(object -> sink.accept(SourceEvent.added(object))));
  }

  private String version(String name) {
    return cache.store.get(key(name)).map(object -> object.getMetadata().getResourceVersion()).orElse(null);
  }

  static Undecodable broken(String name, String uid, boolean deleted) {
    return new Undecodable(name == null ? null : key(name), uid, "9", deleted, new IllegalStateException("broken"));
  }

  private static ConfigMap nameless() {
    return new ConfigMapBuilder().withNewMetadata().withUid("1").withResourceVersion("9").endMetadata().build();
  }

  @Nested
  class Lists {

    @Test
    @Tag("R11")
    @DisplayName("R11: what was missed, added, updated or deleted, is reconstructed from the difference")
    void missedChanges() {
      list(object("same", "1", 1), object("changed", "2", 2), object("gone", "3", 3));
      recorder.take();
      list(object("same", "1", 1), object("changed", "2", 5), object("new", "4", 4));
      assertThat(recorder.take())
          .containsExactlyInAnyOrder("deleted gone@3", "updated changed@2 to changed@5", "added new@4");
      assertThat(cache.store.keys()).containsExactlyInAnyOrder(key("same"), key("changed"), key("new"));
    }

    @Test
    @Tag("R13")
    @DisplayName("R13: a delete that nobody saw is told with the last state that was known")
    void lastKnownState() {
      list(object("a", "1", 1));
      put(cache, object("a", "1", 2));
      list();
      assertThat(recorder.news()).containsExactly("initial a@1", "synced", "updated a@1 to a@2", "deleted a@2");
    }

    /** As when a reflector fails and another one has an event, before the first comes to tell again what it did not tell. */
    @Test
    void whatAListThatFailedHalfWayDidNotTellIsToldThoughAnEventCameInBetween() {
      AtomicBoolean fails = new AtomicBoolean();
      Cache<ConfigMap> sharded = new Cache<>("test", null, List.of(), false, Clock.system(), new ShardKeys(1, any -> {
        if (fails.getAndSet(false)) {
          throw new OutOfMemoryError("the test's");
        }
        return 0;
      }, null));
      KeyListener<ConfigMap> user = new ObjectListener<>(recorder, sharded.store);
      sharded.keep(0, user);
      sharded.addListener(user);
      Staging<ConfigMap> first = new Staging<>(sharded, ObjectStore.ALL, false);
      first.accept(SourceEvent.added(object("gone", "1", 1)));
      sharded.replace(first);
      recorder.take();
      Staging<ConfigMap> second = new Staging<>(sharded, ObjectStore.ALL, false);
      second.accept(SourceEvent.added(object("new", "2", 2)));
      fails.set(true);
      assertThatThrownBy(() -> sharded.replace(second)).isInstanceOf(OutOfMemoryError.class);
      assertThat(sharded.store.keys()).containsExactly(key("new"));

      put(sharded, object("other", "3", 3));
      sharded.catchUp();

      assertThat(recorder.take()).containsExactlyInAnyOrder("deleted gone@1", "added new@2", "added other@3");
    }

    @Test
    void aReplacementUnderANewUidIsADeleteAndThenAnAdd() {
      list(object("a", "1", 1));
      list(object("a", "2", 5));
      assertThat(recorder.news()).containsExactly("initial a@1", "synced", "deleted a@1", "added a@5");
    }

    @Test
    void anObjectWhoseStateIsTheSameIsTheOneThatIsHereAlready() {
      ConfigMap here = object("a", "1", 1);
      list(here);
      list(object("a", "1", 1));
      assertThat(cache.store.get(key("a"))).containsSame(here);
    }

    /** A server that was restored from a backup uses versions again. */
    @Test
    void aVersionThatSaysSomethingElseIsNewsInAListOfAServerThatMayHaveBeenSetBack() {
      ConfigMap same = object("same", "1", 1);
      list(same, object("other", "2", 2));
      recorder.take();
      ConfigMap other = new ConfigMapBuilder(object("other", "2", 2)).addToData("x", "y").build();
      Staging<ConfigMap> anew = new Staging<>(cache, ObjectStore.ALL, true);
      anew.accept(SourceEvent.added(object("same", "1", 1)));
      anew.accept(SourceEvent.added(other));

      cache.replace(anew);

      assertThat(recorder.take()).containsExactly("updated other@2 to other@2");
      assertThat(cache.store.get(key("other"))).containsSame(other);
      assertThat(cache.store.get(key("same"))).containsSame(same);
    }

    @Test
    void anObjectWithoutAVersionIsNeverTakenForTheSame() {
      list(new ConfigMapBuilder(object("a", "1", 1)).editMetadata().withResourceVersion(null).endMetadata().build());
      ConfigMap second = new ConfigMapBuilder(object("a", "1", 1)).editMetadata().withResourceVersion(null).endMetadata()
          .addToData("x", "y").build();
      list(second);
      assertThat(cache.store.get(key("a"))).containsSame(second);
    }

    @Test
    void nothingIsSeenOfAListBeforeItIsComplete() {
      list(object("a", "1", 1));
      recorder.take();
      Staging<ConfigMap> staging = new Staging<>(cache, ObjectStore.ALL, false);
      staging.accept(SourceEvent.added(object("b", "2", 2)));
      staging.accept(SourceEvent.unreadable(broken("a", "7", false)));
      staging.accept(SourceEvent.unreadable(broken(null, null, false)));
      assertThat(recorder.news()).isEmpty();
      assertThat(cache.store.keys()).containsExactly(key("a"));
      assertThat(cache.undecodable()).isEmpty();
    }
  }

  @Nested
  class UndecodableItems {

    @Test
    void aKnownObjectIsKeptAndReported() {
      list(object("a", "1", 1));
      assertThat(list(sink -> sink.accept(SourceEvent.unreadable(broken("a", "1", false))))).isTrue();
      assertThat(version("a")).isEqualTo("1");
      assertThat(cache.undecodable()).containsExactly(key("a"));
      assertThat(recorder.news()).containsExactly("initial a@1", "synced", "undecodable a");
    }

    @Test
    void oneWhoseUidIsUnreadableIsKeptTooAndOneOfAnotherUidIsNot() {
      list(object("a", "1", 1), object("b", "2", 2));
      list(sink -> {
        sink.accept(SourceEvent.unreadable(broken("a", null, false)));
        sink.accept(SourceEvent.unreadable(broken("b", "22", false)));
      });
      assertThat(cache.store.keys()).containsExactly(key("a"));
      assertThat(cache.undecodable()).containsExactlyInAnyOrder(key("a"), key("b"));
      assertThat(recorder.news()).endsWith("deleted b@2");
    }

    @Test
    void theOthersAreSeenWhereverItStands() {
      for (int position = 0; position < 3; position++) {
        int bad = position;
        list(sink -> {
          for (int i = 0; i < 3; i++) {
            if (i == bad) {
              sink.accept(SourceEvent.unreadable(broken("x" + i, "x" + i, false)));
            } else {
              sink.accept(SourceEvent.added(object("x" + i, "x" + i, i + 1)));
            }
          }
        });
        assertThat(cache.undecodable()).containsExactly(key("x" + bad));
        assertThat(cache.store.keys()).hasSize(position == 0 ? 2 : 3);
      }
    }

    @Test
    void oneWithoutANameMeansThatNothingIsConcludedDeletedAndThatTheHealthSaysSo() {
      list(object("a", "1", 1), object("b", "2", 2));
      assertThat(list(sink -> {
        sink.accept(SourceEvent.added(object("b", "2", 2)));
        sink.accept(SourceEvent.unreadable(broken(null, null, false)));
      })).isFalse();
      assertThat(cache.store.keys()).containsExactlyInAnyOrder(key("a"), key("b"));
      assertThat(cache.undecodable()).containsExactly(key("a"));

      assertThat(list(sink -> {
        sink.accept(SourceEvent.added(nameless()));
        sink.accept(SourceEvent.added(object("b", "2", 2)));
        sink.accept(SourceEvent.added(object("a", "1", 1)));
      })).as("nothing is missing, so nothing is open").isTrue();

      assertThat(list(object("b", "2", 2))).isTrue();
      assertThat(cache.undecodable()).isEmpty();
      assertThat(recorder.news()).endsWith("deleted a@1");
    }

    @Test
    void oneOfAnotherUidIsAReplacementAlsoWhileAnotherItemHasNoName() {
      list(object("a", "1", 1));
      assertThat(list(sink -> {
        sink.accept(SourceEvent.unreadable(broken("a", "2", false)));
        sink.accept(SourceEvent.unreadable(broken(null, null, false)));
      })).isTrue();
      assertThat(cache.store.size()).isZero();
      assertThat(recorder.news()).endsWith("deleted a@1");
    }

    @Test
    void oneThatIsFineInTheNextListIsNotReportedAnyMore() {
      list(sink -> sink.accept(SourceEvent.unreadable(broken("a", "1", false))));
      list(object("a", "1", 9));
      assertThat(cache.undecodable()).isEmpty();
      list(sink -> sink.accept(SourceEvent.unreadable(broken("b", "1", false))));
      list();
      assertThat(cache.undecodable()).isEmpty();
    }
  }

  @Nested
  class UndecodableEvents {

    @BeforeEach
    void listed() {
      list(object("a", "1", 1));
      recorder.take();
    }

    @Test
    void aChangeKeepsTheObjectAndIsReportedUntilItIsDecodable() {
      assertThat(cache.undecodable(broken("a", "1", false))).isTrue();
      assertThat(version("a")).isEqualTo("1");
      assertThat(cache.undecodable()).containsExactly(key("a"));
      put(cache, object("a", "1", 10));
      assertThat(cache.undecodable()).isEmpty();
      assertThat(recorder.news()).containsExactly("undecodable a", "updated a@1 to a@10");
    }

    @Test
    void oneThatComesAgainAsItWasLastDecodedClearsTheReport() {
      cache.undecodable(broken("a", "1", false));
      put(cache, object("a", "1", 1));
      assertThat(cache.undecodable()).isEmpty();
    }

    @Test
    void anotherObjectOfTheSameNameMeansThatTheOneHereIsGone() {
      assertThat(cache.undecodable(broken("a", "2", false))).isTrue();
      assertThat(recorder.news()).containsExactly("deleted a@1", "undecodable a");
      assertThat(cache.undecodable()).containsExactly(key("a"));
      assertThat(delete(cache, object("a", "2", 11))).isTrue();
      assertThat(cache.undecodable()).isEmpty();
    }

    @Test
    void aDeleteIsADelete() {
      cache.undecodable(broken("a", "1", false));
      assertThat(cache.undecodable(broken("a", "1", true))).isTrue();
      assertThat(recorder.news()).containsExactly("undecodable a", "deleted a@1", "undecodable a");
      assertThat(cache.undecodable()).isEmpty();
    }

    @Test
    void aDeleteThatMayBeOfAnotherObjectConcludesNothingByItself() {
      assertThat(cache.undecodable(broken("a", null, true))).isFalse();
      assertThat(cache.undecodable(broken("a", "2", true))).isFalse();
      assertThat(cache.undecodable(broken(null, null, true))).isFalse();
      assertThat(delete(cache, nameless())).isFalse();
      assertThat(cache.undecodable(broken("unknown", "2", true))).isTrue();
      assertThat(version("a")).isEqualTo("1");
    }

    @Test
    void aChangeWithoutANameIsReportedAndChangesNothing() {
      assertThat(cache.undecodable(broken(null, null, false))).isTrue();
      put(cache, nameless());
      assertThat(recorder.news()).containsExactly("undecodable ?", "undecodable ?");
      assertThat(cache.store.size()).isOne();
    }
  }

  @Nested
  class Events {

    @Test
    void aRecreationUnderANewUidIsADeleteAndThenAnAddWhenTheDeleteWasNotSeen() {
      list(object("a", "1", 1));
      put(cache, object("a", "2", 5));
      assertThat(recorder.news()).endsWith("deleted a@1", "added a@5");
    }

    @Test
    void aDeleteIsToldWithTheStateThatItCameWith() {
      list(object("a", "1", 1));
      assertThat(delete(cache, object("a", "1", 5))).isTrue();
      assertThat(recorder.news()).endsWith("deleted a@5");
      assertThat(cache.store.size()).isZero();
    }

    @Test
    void aDeleteOfAnotherObjectOfTheSameNameIsNotBelieved() {
      list(object("a", "1", 1));
      assertThat(delete(cache, object("a", "2", 5))).isFalse();
      assertThat(version("a")).isEqualTo("1");
    }

    @Test
    void aDeleteOfWhatIsNotHereIsNoNews() {
      list();
      assertThat(delete(cache, object("a", "1", 5))).isTrue();
      assertThat(recorder.news()).containsExactly("synced");
    }
  }

  @Nested
  @Tag("R12")
  @DisplayName("R12: the transform")
  class Transform {

    private UnaryOperator<ConfigMap> adding(String value) {
      return object -> new ConfigMapBuilder(object).addToData("added", value).build();
    }

    @Test
    void isAppliedInAListToEventsAndToLastStates() {
      transform = adding("1");
      List<ConfigMap> last = new ArrayList<>();
      cache.addListener(new Recorder() {
        @Override
        public void deleted(ConfigMap lastState) {
          last.add(lastState);
        }
      });
      list(object("a", "1", 1));
      put(cache, object("b", "2", 2));
      put(cache, object("a", "1", 3));
      assertThat(cache.store.list()).hasSize(2)
          .allSatisfy(object -> assertThat(object.getData()).containsEntry("added", "1"));
      delete(cache, object("a", "1", 4));
      assertThat(last).singleElement().satisfies(object -> assertThat(object.getData()).containsEntry("added", "1"));
    }

    @Test
    void thatFailsMakesThatObjectUndecodableAndKeepsTheOthers() {
      list(object("known", "1", 1));
      transform = object -> {
        if (!object.getMetadata().getName().equals("good")) {
          throw new StackOverflowError("for a test");
        }
        return object;
      };
      list(object("known", "1", 2), object("good", "2", 3), object("new", "3", 4));
      assertThat(version("known")).isEqualTo("1");
      assertThat(version("good")).isEqualTo("3");
      assertThat(cache.undecodable()).containsExactlyInAnyOrder(key("known"), key("new"));
      put(cache, object("known", "1", 5));
      assertThat(version("known")).isEqualTo("1");
      assertThat(delete(cache, object("known", "1", 6))).isTrue();
      assertThat(recorder.news()).endsWith("undecodable known", "deleted known@1");
      assertThat(cache.undecodable()).containsExactly(key("new"));
    }

    @Test
    void mustNotReturnNullOrChangeTheIdentity() {
      List<UnaryOperator<ConfigMap>> wrong = List.of(
          object -> null,
          object -> object("other", "1", 1),
          object -> object("a", "2", 1),
          object -> object("a", "1", 7),
          object -> new ConfigMapBuilder(object).editMetadata().withNamespace("other").endMetadata().build(),
          object -> new ConfigMap());
      for (UnaryOperator<ConfigMap> operator : wrong) {
        transform = operator;
        list(object("a", "1", 1));
        assertThat(cache.store.size()).isZero();
        assertThat(cache.undecodable()).containsExactly(key("a"));
      }
    }

    @Test
    void mayModifyItsArgument() {
      transform = object -> {
        object.setData(null);
        return object;
      };
      ConfigMap given = new ConfigMapBuilder(object("a", "1", 1)).addToData("x", "y").build();
      put(cache, given);
      assertThat(cache.store.get(key("a"))).containsSame(given);
    }
  }
}
