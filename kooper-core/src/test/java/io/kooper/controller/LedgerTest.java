package io.kooper.controller;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.kooper.clock.Clock;
import io.kooper.clock.ManualClock;
import io.kooper.controller.Causes.Cause;
import io.kooper.controller.Ledger.Verdict;
import io.kooper.controller.OwnWrites.Write;
import io.kooper.informer.Informer;
import io.kooper.informer.KeyListener.Origin;
import io.kooper.informer.State;
import io.kooper.informer.Store;
import io.kooper.internal.Guard;
import io.kooper.internal.Hook;
import io.kooper.internal.Log;
import io.kooper.metrics.ControllerMetrics;
import io.kooper.metrics.EventType;
import io.kooper.queue.WorkQueue;
import io.kooper.retrieve.ObjectKey;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.mockito.Mockito;

/** Between the informer's change of its store and its telling of it. */
class LedgerTest {

  private final ConfigMap object = new ConfigMapBuilder().withNewMetadata().withName("a").withUid("1").endMetadata().build();
  private final ObjectKey key = ObjectKey.of(object);
  private final Store<ConfigMap> store = Mockito.mock();
  private final WorkQueue<ObjectKey> queue = WorkQueue.<ObjectKey>builder().build();
  private final Ledger<ConfigMap> ledger = ledger(store, queue, new ManualClock());

  static Ledger<ConfigMap> ledger(Store<ConfigMap> store, WorkQueue<ObjectKey> queue, Clock clock) {
    return ledger(store, queue, clock, key -> true);
  }

  private static Ledger<ConfigMap> ledger(Store<ConfigMap> store, WorkQueue<ObjectKey> queue, Clock clock,
      Predicate<ObjectKey> ready) {
    CallFilter<ConfigMap> all = new CallFilter<>(null, object -> Set.of(), (key, object) -> true, null,
        new Guard(Log.of(LedgerTest.class), "none"), ready, 0);
    return new Ledger<>("test", "informer", store, queue, all,
        new Hook<>(Log.of(LedgerTest.class), "test", ControllerMetrics.NONE), key -> true, clock);
  }

  @BeforeEach
  void isToldAndThenGoneFromTheStore() {
    Mockito.when(store.state(key)).thenReturn(State.of(object));
    Ledger.Delivery<ConfigMap> told = ledger.next(key);
    ledger.given(key);
    ledger.settle(key, told, Verdict.SUCCEEDED, List.of());
    Mockito.when(store.state(key)).thenReturn(null);
  }

  @Test
  void aDeleteWaitsForTheInformerWhichKnowsTheLastState() {
    assertThat(ledger.next(key)).isNull();
  }

  @Test
  void aDeleteThatTheQueueWouldRefuseIsToldAtOnceAndOnlyOnce() {
    ledger.release();
    queue.shutDown();

    Ledger.Delivery<ConfigMap> delivery = ledger.next(key);

    assertThat(delivery.delete()).isTrue();
    assertThat(delivery.object()).isSameAs(object);
    ledger.changed(key, State.of(object), Origin.EVENT); // what the informer was about to say
    ledger.settle(key, delivery, Verdict.SUCCEEDED, List.of());
    assertThat(ledger.next(key)).isNull();
  }

  @Test
  void aDeleteThatAWorkerLeftBeforeTheStopIsToldByTheStop() throws InterruptedException {
    assertThat(ledger.next(key)).isNull();

    ledger.release();
    queue.shutDown();

    assertThat(queue.get()).isEqualTo(key);
    assertThat(ledger.next(key).delete()).isTrue();
  }

  @Test
  void anObjectThatAppearsWhileItsKeyIsLookedAtWaitsForItsRelatedObjectsAsWell() {
    Store<ConfigMap> changing = Mockito.mock();
    Mockito.when(changing.state(key)).thenReturn(null).thenReturn(State.of(object));

    assertThat(ledger(changing, queue, new ManualClock(), any -> false).next(key)).isNull();
  }

  @Test
  void anObjectWithoutAVersionIsCalledAgainAfterItsHandlerHasWritten() {
    Mockito.when(store.state(key)).thenReturn(State.of(object));
    ledger.resync(key, 3);
    Informer<ConfigMap> informer = Mockito.mock();
    Write own = new Write(informer, any -> null, new ObjectKey("default", "b"), "2", "7", true, true);
    ledger.settle(key, ledger.next(key), Verdict.SUCCEEDED, List.of(own));

    ledger.resync(key, 3);

    assertThat(ledger.next(key).type()).isEqualTo(EventType.RESYNC);
  }

  @Test
  void aCallAfterARefusalIsNoRetryOfIt() {
    Mockito.when(store.state(key)).thenReturn(State.of(object));
    ledger.resync(key, 3);
    ledger.settle(key, ledger.next(key), Verdict.REFUSED, List.of());

    ledger.call(key, new Cause(EventType.RELATED, "related secrets default/b", null));

    Ledger.Delivery<ConfigMap> delivery = ledger.next(key);
    assertThat(delivery.reasons()).containsExactly("related secrets default/b");
    assertThat(delivery.type()).isEqualTo(EventType.RELATED);
  }
}
