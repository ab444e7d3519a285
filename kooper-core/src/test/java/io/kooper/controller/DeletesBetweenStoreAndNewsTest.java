package io.kooper.controller;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.kooper.clock.ManualClock;
import io.kooper.controller.Causes.Cause;
import io.kooper.controller.Ledger.Delivery;
import io.kooper.controller.Ledger.Verdict;
import io.kooper.fake.FakeSource;
import io.kooper.informer.KeyListener.Origin;
import io.kooper.informer.State;
import io.kooper.informer.Store;
import io.kooper.metrics.EventType;
import io.kooper.queue.Lane;
import io.kooper.queue.WorkQueue;
import io.kooper.retrieve.ObjectKey;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The states between a change of the store and its news, which a running controller passes too quickly to be tested. */
class DeletesBetweenStoreAndNewsTest {

  private final Map<ObjectKey, State<ConfigMap>> objects = new ConcurrentHashMap<>();
  private final ManualClock clock = new ManualClock();
  private final WorkQueue<ObjectKey> queue = WorkQueue.<ObjectKey>builder().clock(clock).build();
  private final Ledger<ConfigMap> ledger = LedgerTest.ledger(new MapStore(objects), queue, clock);
  private final ObjectKey key = FakeSource.key("a");

  @BeforeEach
  void begin() {
    ledger.begin(key -> true);
  }

  private ConfigMap stored(String uid, String version) {
    ConfigMap object = new ConfigMapBuilder().withNewMetadata().withNamespace("default").withName("a").withUid(uid)
        .withResourceVersion(version).endMetadata().build();
    objects.put(key, State.of(object));
    return object;
  }

  private record Told(ConfigMap object, boolean delete) {}

  private Delivery<ConfigMap> next(Told expected) {
    Delivery<ConfigMap> delivery = ledger.next(key);
    assertThat(delivery).isNotNull();
    assertThat(new Told(delivery.object(), delivery.delete())).isEqualTo(expected);
    ledger.given(key);
    return delivery;
  }

  private void take(Told expected) {
    ledger.settle(key, next(expected), Verdict.SUCCEEDED, List.of());
  }

  private Delivery<ConfigMap> resync() {
    ledger.resync(key, 3);
    Delivery<ConfigMap> delivery = ledger.next(key);
    ledger.settle(key, delivery, Verdict.SUCCEEDED, List.of());
    return delivery;
  }

  private static Told add(ConfigMap object) {
    return new Told(object, false);
  }

  private static Told delete(ConfigMap object) {
    return new Told(object, true);
  }

  @Test
  @DisplayName("A relist that replaces an object shows the successor before the delete is news: the delete still comes first")
  void aSuccessorWaitsForTheNewsOfTheDelete() {
    ConfigMap a = stored("A", "1");
    take(add(a));
    ConfigMap b = stored("B", "2");

    assertThat(ledger.next(key)).isNull();

    ledger.changed(key, State.of(a), Origin.EVENT);
    assertThat(queue.length(Lane.CHANGE)).isEqualTo(1);
    ledger.changed(key, null, Origin.EVENT);
    take(delete(a));
    take(add(b));
  }

  @Test
  void aDeleteWaitsForItsNewsAndItsLastState() {
    take(add(stored("A", "1")));
    ConfigMap last = stored("A", "2");
    objects.clear();

    assertThat(ledger.next(key)).isNull();

    ledger.changed(key, State.of(last), Origin.EVENT);
    take(delete(last));
    assertThat(ledger.next(key)).isNull();
  }

  @Test
  void anObjectThatIsJustComingBackIsNotDeleted() {
    ConfigMap a = stored("A", "1");
    take(add(a));
    objects.clear();
    ledger.changed(key, State.of(a), Origin.EVENT);
    ConfigMap back = stored("A", "1");

    take(add(back));
    ledger.changed(key, null, Origin.EVENT);
    assertThat(ledger.next(key)).as("it was told before it was news").isNull();
  }

  @Test
  @DisplayName("An object that left the selection and came back while its delete failed is not told as deleted again")
  void anObjectThatCameBackIsNotToldAsDeleted() {
    ConfigMap a = stored("A", "1");
    take(add(a));
    objects.clear();
    ledger.changed(key, State.of(a), Origin.EVENT);
    ledger.settle(key, next(delete(a)), Verdict.FAILED, List.of());

    ConfigMap back = stored("A", "3");
    ledger.changed(key, null, Origin.EVENT);

    take(add(back));
    objects.clear();
    ledger.changed(key, State.of(back), Origin.EVENT);
    take(delete(back));
  }

  @Test
  void anObjectThatCameBackAndLeftAgainIsToldInItsNewLastState() {
    ConfigMap a = stored("A", "1");
    take(add(a));
    objects.clear();
    ledger.changed(key, State.of(a), Origin.EVENT);
    ConfigMap back = stored("A", "3");
    ledger.changed(key, null, Origin.EVENT);
    objects.clear();

    assertThat(ledger.next(key)).as("before the news of the second delete").isNull();

    ledger.changed(key, State.of(back), Origin.EVENT);
    take(delete(back));
  }

  @Test
  void anObjectThatCameBackWhileItsDeleteWasTakenIsToldAgain() {
    ConfigMap a = stored("A", "1");
    take(add(a));
    objects.clear();
    ledger.changed(key, State.of(a), Origin.EVENT);
    Delivery<ConfigMap> delete = ledger.next(key);
    ConfigMap back = stored("A", "3");
    ledger.changed(key, null, Origin.EVENT);
    ledger.settle(key, delete, Verdict.SUCCEEDED, List.of());

    assertThat(ledger.isUntold(key)).isTrue();
    take(add(back));
  }

  @Test
  @DisplayName("An object whose add came too late to be called was not told, and its delete is not either")
  void anAddThatCameTooLateWasNotTold() {
    ConfigMap a = stored("A", "1");
    ledger.settle(key, next(add(a)), Verdict.NOT_CALLED, List.of());
    assertThat(ledger.isUntold(key)).isTrue();
    Delivery<ConfigMap> late = next(add(a));
    objects.clear();
    ledger.changed(key, State.of(a), Origin.EVENT);
    ledger.settle(key, late, Verdict.NOT_CALLED, List.of());

    assertThat(ledger.next(key)).isNull();
    assertThat(ledger.keys()).isEmpty();
  }

  @Test
  void anUpdateThatCameTooLateLeavesWhatWasToldBefore() {
    ConfigMap a = stored("A", "1");
    take(add(a));
    ConfigMap changed = stored("A", "2");
    ledger.settle(key, next(add(changed)), Verdict.NOT_CALLED, List.of());
    objects.clear();
    ledger.changed(key, State.of(changed), Origin.EVENT);

    take(delete(changed));
  }

  @Test
  @DisplayName("K11: a call's type says why it came: update is not add, a retry is what failed, a call asked for is a requeue")
  void typesAreTrue() {
    stored("A", "1");
    Delivery<ConfigMap> first = ledger.next(key);
    ledger.given(key);
    assertThat(first.type()).isEqualTo(EventType.ADD);
    ledger.settle(key, first, Verdict.FAILED, List.of());
    Delivery<ConfigMap> retry = ledger.next(key);
    assertThat(retry.type()).isEqualTo(EventType.ADD);
    ledger.settle(key, retry, Verdict.SUCCEEDED, List.of());
    assertThat(ledger.next(key)).as("nobody has asked").isNull();
    assertThat(resync().type()).isEqualTo(EventType.RESYNC);
    ledger.settle(key, retry, Verdict.POSTPONED, List.of());
    ledger.resync(key, 3);
    Delivery<ConfigMap> requested = ledger.next(key);
    assertThat(requested.type()).as("a resync does not come before what was asked for").isEqualTo(EventType.REQUEUE);
    ledger.settle(key, requested, Verdict.SUCCEEDED, List.of());
    assertThat(ledger.call(key, new Cause(EventType.RELATED, "related secrets default/s", null))).isTrue();
    Delivery<ConfigMap> related = ledger.next(key);
    assertThat(related.type()).isEqualTo(EventType.RELATED);
    assertThat(related.reasons()).containsExactly("related secrets default/s");
    ledger.settle(key, related, Verdict.POSTPONED, List.of());
    ConfigMap changed = stored("A", "2");
    Delivery<ConfigMap> update = ledger.next(key);
    assertThat(update.type()).isEqualTo(EventType.UPDATE);
    assertThat(update.reasons()).containsExactly("changed", "requested");
    assertThat(ledger.next(key).type()).as("the call did not settle").isEqualTo(EventType.UPDATE);
    ledger.settle(key, update, Verdict.FAILED, List.of());
    ledger.settle(key, retry, Verdict.POSTPONED, List.of());
    objects.clear();
    ledger.changed(key, State.of(changed), Origin.EVENT);
    Delivery<ConfigMap> delete = ledger.next(key);
    assertThat(delete.type()).as("neither what failed nor what was asked for before").isEqualTo(EventType.DELETE);
    ledger.settle(key, delete, Verdict.FAILED, List.of());
    assertThat(ledger.next(key).type()).isEqualTo(EventType.DELETE);
    ledger.settle(key, delete, Verdict.POSTPONED, List.of());
    assertThat(ledger.next(key).type()).isEqualTo(EventType.REQUEUE);
    assertThat(ledger.next(key).type()).isEqualTo(EventType.DELETE);
  }

  @Test
  @DisplayName("Invariant 8: a delete is not told of an object that no handler was called with, as when its mapping threw")
  void whatNoHandlerWasCalledWithIsNotDeleted() {
    ConfigMap a = stored("A", "1");
    ledger.settle(key, ledger.next(key), Verdict.FAILED, List.of());
    objects.clear();
    ledger.changed(key, State.of(a), Origin.EVENT);

    assertThat(ledger.next(key)).isNull();
    assertThat(ledger).extracting("entries").isEqualTo(Map.of());
  }

  @Test
  void aDeleteThatCouldNotBeQueuedIsQueuedWhenSomethingWasMissed() {
    ConfigMap a = stored("A", "1");
    take(add(a));
    objects.clear();
    ledger.changed(key, State.of(a), Origin.EVENT);
    queue.clear(); // as if that had failed

    ledger.missed(Origin.LIST);

    assertThat(queue.length(Lane.CHANGE)).isEqualTo(1);
  }

  @Test
  void aReasonForAKeyThatWasNeverToldGoesWithItsObject() {
    stored("A", "1");
    ledger.call(key, new Cause(EventType.RELATED, "related secrets default/s", null));
    objects.clear();
    ledger.changed(key, null, Origin.EVENT);

    assertThat(ledger.next(key)).isNull();
    assertThat(ledger).extracting("reasons").isEqualTo(Map.of());
  }

  @Test
  void theDeleteOfAnotherUidTellsTheOneThatWasTold() {
    ConfigMap a = stored("A", "1");
    take(add(a));
    ConfigMap other = stored("B", "2");
    objects.clear();
    ledger.changed(key, State.of(other), Origin.EVENT);

    take(delete(a));
    assertThat(ledger.next(key)).isNull();
  }

  @Test
  @DisplayName("Deletes whose news was lost, as for want of memory, are told when the informer has told all once more")
  void lostDeletesAreFoundWhenAllWasToldOnceMore() {
    ConfigMap a = stored("A", "1");
    take(add(a));
    objects.clear();
    ledger.missed(Origin.LIST);
    assertThat(queue.length(Lane.CHANGE)).isEqualTo(1);
    take(delete(a));

    ConfigMap b = stored("B", "2");
    take(add(b));
    ConfigMap c = stored("C", "3");
    ledger.changed(key, null, Origin.FIRST_LIST);
    ledger.missed(Origin.LIST);
    take(delete(b));
    take(add(c));
    ledger.missed(Origin.LIST);
    assertThat(queue.length()).isEqualTo(1);
  }

  @Test
  @Tag("W11")
  @DisplayName("W11: nothing is remembered of keys whose delete was taken, nor of those that were never told")
  void nothingIsRememberedOfWhatIsGone() {
    for (int i = 0; i < 100; i++) {
      ConfigMap a = stored("A" + i, "" + i);
      Delivery<ConfigMap> told = next(add(a));
      ledger.settle(key, told, Verdict.FAILED, List.of());
      ledger.settle(key, told, Verdict.POSTPONED, List.of());
      ledger.settle(key, told, Verdict.REFUSED, List.of());
      objects.clear();
      ledger.changed(key, State.of(a), Origin.EVENT);
      take(delete(a));
    }

    assertThat(ledger).extracting("entries").isEqualTo(Map.of());
  }

  @Test
  void keysAreThoseOfObjectsAndOfDeletesThatWereNotTaken() {
    ConfigMap a = stored("A", "1");
    take(add(a));
    assertThat(ledger.keys()).containsExactly(key);
    objects.clear();
    ledger.changed(key, State.of(a), Origin.EVENT);
    assertThat(ledger.keys()).containsExactly(key);
    take(delete(a));
    assertThat(ledger.keys()).isEmpty();
  }

  @Test
  void theFirstListWaitsInTheLowestLaneAndChangesInTheHighest() {
    stored("A", "1");
    ledger.changed(key, null, Origin.FIRST_LIST);
    assertThat(queue.length(Lane.RESYNC)).isEqualTo(1);

    stored("A", "2");
    ledger.changed(key, null, Origin.EVENT);
    assertThat(queue.length(Lane.CHANGE)).isEqualTo(1);
    assertThat(queue.length()).isEqualTo(1);
  }

  @Test
  void aKeyWithADeleteAndASuccessorIsListedOnce() {
    ConfigMap a = stored("A", "1");
    take(add(a));
    stored("B", "2");
    ledger.changed(key, State.of(a), Origin.EVENT);

    assertThat(ledger.keys()).containsExactly(key);
  }

  private record MapStore(Map<ObjectKey, State<ConfigMap>> objects) implements Store<ConfigMap> {
    @Override
    public Optional<ConfigMap> get(ObjectKey key) {
      return Optional.ofNullable(state(key)).map(State::get);
    }

    @Override
    public State<ConfigMap> state(ObjectKey key) {
      return objects.get(key);
    }

    @Override
    public List<ConfigMap> list() {
      return objects.values().stream().map(State::get).toList();
    }

    @Override
    public List<ObjectKey> keys() {
      return List.copyOf(objects.keySet());
    }

    @Override
    public int size() {
      return objects.size();
    }
  }
}
