package io.kooper.controller;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.kooper.fake.FakeSource;
import io.kooper.handler.HandlerContext;
import io.kooper.informer.UnreadableException;
import io.kooper.retrieve.ObjectKey;
import io.kooper.retrieve.RetrieveException.Reason;
import io.kooper.write.Owner;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

/** Kinds whose changes call the controller's own objects. A child's value names the objects that it maps to. */
class RelatedKindsTest {

  private final Rig rig = new Rig();
  private final FakeSource children = new FakeSource().asJson();
  private final Map<String, List<String>> seen = new ConcurrentHashMap<>(); // of each object, at its last call
  private final List<List<String>> reasons = new CopyOnWriteArrayList<>();

  @AfterEach
  void stop() {
    rig.close();
  }

  private static List<ObjectKey> parents(ConfigMap child) {
    String value = child.getData().get("value");
    if (value.equals("broken")) {
      throw new IllegalStateException("as the test wants it");
    }
    return value.isEmpty() ? List.of() : Arrays.stream(value.split(" ")[0].split(",")).map(FakeSource::key).toList();
  }

  private void note(Rig.Call call, HandlerContext<ConfigMap> context) {
    seen.put(call.name(), context.related(ConfigMap.class).stream()
        .map(child -> child.getMetadata().getName() + "=" + child.getData().get("value")).sorted().toList());
    reasons.add(context.reasons());
  }

  private Rig start(UnaryOperator<ControllerBuilder<ConfigMap>> options) {
    rig.behave(this::note);
    return rig.start(builder -> options.apply(
        builder.watches(children.retriever(), RelatedKindsTest::parents, related -> related.name("children"))));
  }

  private void awaitSeen(String name, String... expected) {
    Rig.await(() -> List.of(expected).equals(seen.get(name)));
  }

  @Nested
  @DisplayName("Invariant 9: a change of a related object calls every key that it mapped to before or maps to now")
  class Watches {

    @Test
    void eachChangeCallsAndIsSeen() {
      rig.put("a", "1").put("b", "1");
      children.put("x", "a");
      start(builder -> builder);
      awaitSeen("a", "x=a");

      children.put("x", "a more");
      awaitSeen("a", "x=a more");
      children.put("x", "b");
      awaitSeen("a");
      awaitSeen("b", "x=b");
      children.delete("x");
      awaitSeen("b");
      assertThat(reasons).contains(List.of("added"), List.of("related children default/x"));
    }

    @Test
    void theFirstListOfTheRelatedKindCallsNobody() {
      rig.put("a", "1");
      for (int i = 0; i < 20; i++) {
        children.put("x" + i, "a");
      }
      start(builder -> builder).awaitCalls(1).settle();

      assertThat(rig.told()).containsExactly("add a=1");
      assertThat(seen.get("a")).hasSize(20);
    }

    @Test
    void anObjectThatIsNotThereIsNotCalled() {
      rig.put("a", "1");
      start(builder -> builder).awaitCalls(1);
      children.put("x", "nobody");
      children.put("y", "a");
      awaitSeen("a", "y=a");

      assertThat(rig.settle().told("nobody")).isEmpty();
    }

    @Test
    void aMappingThatThrowsKeepsTheOneBefore() {
      rig.put("a", "1");
      children.put("x", "a");
      start(builder -> builder);
      awaitSeen("a", "x=a");
      children.put("x", "broken");
      awaitSeen("a", "x=broken");
    }

    @Test
    void aRelistCallsForWhatItMissed() {
      rig.put("a", "1");
      children.put("x", "a");
      start(builder -> builder);
      awaitSeen("a", "x=a");
      children.failWatch(FakeSource.fault(Reason.GONE));
      children.endWatch(FakeSource.fault(Reason.CONNECTION_LOST));
      children.put("x", "a again");
      children.put("y", "a");
      rig.advanceUntil(Duration.ofSeconds(1), () -> List.of("x=a again", "y=a").equals(seen.get("a")));
    }

    @Test
    void aChangeOfNothingThatMattersDoesNotCall() {
      rig.put("a", "1");
      children.put("x", "a 1");
      rig.behave(this::noteThere);
      rig.start(builder -> builder.watches(children.retriever(), RelatedKindsTest::parents,
          related -> related.onlyWhenChanged(child -> child.getData().get("value").length())));
      rig.awaitCalls(1).settle();
      children.put("x", "a 2");
      children.put("x", "a 10");
      rig.awaitCalls(2).settle();

      assertThat(rig.calls()).hasSize(2);
    }

    private void noteThere(Rig.Call call, HandlerContext<ConfigMap> context) {
      note(call, context);
    }

    @Test
    void anUnknownTypeIsRefusedWithWhatThereIs() {
      List<Throwable> thrown = new CopyOnWriteArrayList<>();
      rig.behave((call, context) -> {
        try {
          context.related("pods", ConfigMap.class);
        } catch (IllegalArgumentException e) {
          thrown.add(e);
        }
      });
      rig.put("a", "1").start(builder -> builder.watches(children.retriever(), RelatedKindsTest::parents)).awaitCalls(1).settle();

      assertThat(thrown.get(0)).hasMessageContainingAll("no relation", "\"pods\"", "configmaps of ConfigMap");
    }
  }

  @Nested
  class Owns {

    private Rig start() {
      rig.behave((call, context) -> {
        try {
          seen.put(call.name(), context.owned(ConfigMap.class).stream().map(child -> child.getData().get("value")).toList());
        } catch (UnreadableException e) {
          seen.put(call.name(), List.of(e.key() + " is unreadable"));
          throw e;
        }
      });
      return rig.start(builder -> builder.owns(children.retriever()));
    }

    private void putOwned(boolean bindable) {
      children.own("x", rig.source.objects().get(FakeSource.key("a")));
      children.poison("x", !bindable);
      children.put("x", bindable ? "sound" : "broken");
    }

    @Test
    void aChildThatCannotBeBoundIsItsOwnersAndNotMissing() {
      rig.put("a", "1");
      putOwned(false);
      start();
      awaitSeen("a", "default/x is unreadable");

      putOwned(true);
      rig.advanceUntil(Duration.ofSeconds(1), () -> List.of("sound").equals(seen.get("a")));
    }

    @Test
    void oneThatWasMadeAgainIsWaitedForThoughTheFirstIsSeenToGo() {
      rig.put("a", "1");
      putOwned(true);
      rig.behave((call, context) -> {
        if (rig.calls().size() == 1) {
          context.wrote(new ConfigMapBuilder(children.objects().get(FakeSource.key("x"))).editMetadata().withUid("another")
              .withResourceVersion("999999").endMetadata().build());
        }
      });
      rig.start(builder -> builder.owns(children.retriever())).awaitCalls(1).settle();
      children.delete("x"); // version 2, as that of b
      rig.put("b", "1");
      Rig.await(() -> rig.controller().hasSeen("2"));
      rig.settle();
      assertThat(rig.told("a")).as("while the child that it has made is not seen").hasSize(1);

      rig.advanceUntil(Duration.ofSeconds(1), () -> rig.told("a").size() == 2);
    }

    @Test
    void oneThatIsNewIsWaitedForThoughItsOwnersAreOfTheSameType() {
      rig.put("a", "1");
      rig.behave((call, context) -> {
        if (rig.calls().size() == 1) {
          context.wrote(Owner.set(new ConfigMapBuilder().withNewMetadata().withName("x").withResourceVersion("2").endMetadata()
              .build(), context.copy()));
        }
      });
      rig.start(builder -> builder.owns(children.retriever())).awaitCalls(1);
      rig.put("a", "2").awaitHeard("a=2").settle();
      assertThat(rig.told("a")).as("the owners' watch is further than the child's").hasSize(1);

      rig.advanceUntil(Duration.ofSeconds(1), () -> rig.told("a").size() == 2);
    }

    @Test
    void oneThatAppearsCallsItsOwnerAtOnce() {
      rig.put("a", "1").put("b", "1");
      start();
      awaitSeen("a");
      awaitSeen("b");
      putOwned(false);
      awaitSeen("a", "default/x is unreadable");
      assertThat(seen).containsEntry("b", List.of());

      children.delete("x");
      rig.advanceUntil(Duration.ofSeconds(1), () -> List.of().equals(seen.get("a")));
    }
  }

  @Nested
  class Starting {

    @Test
    void noHandlerIsCalledBeforeTheRelatedObjectsWereSeenAndHealthSaysWhatIsMissing() {
      children.failList(FakeSource.fault(Reason.FORBIDDEN));
      children.put("x", "a");
      rig.put("a", "1");
      start(builder -> builder);
      Rig.await(() -> rig.controller().health().reasons().stream().anyMatch(reason -> reason.contains("all children")
          && reason.contains("FORBIDDEN")));
      assertThat(rig.calls()).isEmpty();
      assertThat(rig.controller().health().ready()).isFalse();

      rig.advanceUntil(Duration.ofSeconds(1), () -> !rig.calls().isEmpty());
      awaitSeen("a", "x=a");
    }

    @Test
    void anOptionalKindIsNotWaitedForAndCallsWhenItAppears() {
      for (int i = 0; i < 3; i++) {
        children.failList(FakeSource.fault(Reason.NOT_FOUND));
      }
      children.put("x", "a");
      rig.put("a", "1").behave(RelatedKindsTest.this::note);
      rig.start(builder -> builder.watches(children.retriever(), RelatedKindsTest::parents, related -> related.optional()));
      awaitSeen("a");

      rig.advanceUntil(Duration.ofSeconds(1), () -> List.of("x=a").equals(seen.get("a")));
    }

    @Test
    void theSyncTimeoutNamesTheKind() {
      for (int i = 0; i < 100; i++) {
        children.failList(FakeSource.fault(Reason.FORBIDDEN));
      }
      start(builder -> builder.syncTimeout(Duration.ofSeconds(5)));
      Rig.await(() -> rig.source.watching() == 1); // else it may be the objects that have not been seen when the time is over

      assertThatThrownBy(() -> rig.advanceToEnd(Duration.ofSeconds(1)))
          .hasMessageContaining("children").hasMessageContaining("FORBIDDEN");
    }

    @Test
    void twoOfOneNameAreRefused() {
      assertThatThrownBy(() -> rig.build(builder -> builder.owns(children.retriever()).owns(children.retriever())))
          .hasMessageContaining("two related kinds are called \"configmaps\"");
    }
  }

  @Nested
  class References {

    private Rig start() {
      rig.behave(RelatedKindsTest.this::note);
      return rig.start(builder -> builder.references(children.retriever(), RelatedKindsTest::parents));
    }

    @Test
    void aChangeOfWhatIsReferencedCallsWhoReferencesIt() {
      rig.put("a", "secret").put("b", "secret").put("c", "other");
      start().awaitCalls(3);
      children.put("secret", "1");
      awaitSeen("a", "secret=1");
      awaitSeen("b", "secret=1");
      children.put("secret", "2");
      awaitSeen("a", "secret=2");
      awaitSeen("b", "secret=2");

      assertThat(rig.settle().told("c")).hasSize(1);
    }

    @Test
    void whatIsReferencedNoMoreDoesNotCall() {
      children.put("s1", "1");
      children.put("s2", "1");
      rig.put("a", "s1");
      start();
      awaitSeen("a", "s1=1");
      rig.put("a", "s2");
      awaitSeen("a", "s2=1");
      int calls = rig.settle().told("a").size();
      children.put("s1", "2");
      children.put("s2", "2");
      awaitSeen("a", "s2=2");

      assertThat(rig.settle().told("a")).hasSize(calls + 1);
    }

    @Test
    void whatIsReferencedCountsForTheProjection() {
      children.put("s2", "1");
      rig.put("a", "s1").behave(RelatedKindsTest.this::note);
      rig.start(builder -> builder.references(children.retriever(), RelatedKindsTest::parents).onlyWhenChanged(object -> "same"))
          .awaitCalls(1);
      rig.put("a", "s2");
      awaitSeen("a", "s2=1");
    }

    @Test
    void oneThatCannotBeReadIsNotTakenForMissing() {
      children.poison("s1", true);
      children.put("s1", "1");
      rig.put("a", "s1");
      start();
      rig.advanceUntil(Duration.ofSeconds(1), () -> rig.calls().size() >= 2); // it fails, and is tried again
      assertThat(seen).doesNotContainKey("a");
    }
  }

  @Nested
  class Triggers {

    @Test
    void callTheKeyOnceMoreWithTheReason() {
      rig.put("a", "1");
      start(builder -> builder).awaitCalls(1).settle();
      assertThat(rig.controller().trigger(FakeSource.key("a"))).isTrue();
      rig.awaitCalls(2).settle();

      assertThat(rig.told("a")).containsExactly("add a=1", "add a=1");
      assertThat(reasons).contains(List.of("trigger"));
    }

    @Test
    void areFalseForWhatIsNotThereAndAfterTheEnd() throws Exception {
      rig.put("a", "1");
      start(builder -> builder).awaitCalls(1).settle();
      assertThat(rig.controller().trigger(FakeSource.key("b"))).isFalse();
      rig.close();
      assertThat(rig.controller().trigger(FakeSource.key("a"))).isFalse();
    }
  }
}
