package io.kooper.controller;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.kooper.clock.ManualClock;
import io.kooper.fake.FakeSource;
import io.kooper.fake.LateSource;
import io.kooper.fake.SelectedNamespaces;
import io.kooper.handler.Handler;
import io.kooper.retrieve.ListerWatcher;
import io.kooper.retrieve.Namespaces;
import io.kooper.retrieve.ObjectKey;
import io.kooper.retrieve.RetrieveException.Reason;
import io.kooper.retrieve.Retriever;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Semaphore;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A controller of several namespaces, one of which is refused. */
@Timeout(60)
class NamespacesTest {

  private final FakeSource shop = new FakeSource("shop");
  private final FakeSource stock = new FakeSource("stock");
  private final Set<ObjectKey> handled = ConcurrentHashMap.newKeySet();
  private final Controller controller = Controller.<ConfigMap>builder(
      Retriever.of(ConfigMap.class, new Namespaces<>(Set.of("shop", "stock"), null, Map.of("shop", shop, "stock", stock)::get)),
      (context, object) -> handled.add(ObjectKey.of(object))).name("maps").build();
  private final Thread running = new Thread(controller::run);

  @AfterEach
  void close() throws Exception {
    controller.close();
    running.join();
  }

  private void fill(FakeSource source) {
    for (int i = 0; i < 76; i++) {
      source.put("m" + i, "1");
    }
  }

  @Test
  void allObjectsOfAHealthyNamespaceAreHandledWhileTheWatchOfAnotherIsForbidden() {
    running.start();
    await().until(() -> shop.watching() == 1 && stock.watching() == 1);
    for (int i = 0; i < 100; i++) {
      stock.failWatch(FakeSource.fault(Reason.FORBIDDEN));
    }
    stock.endWatch(FakeSource.fault(Reason.FORBIDDEN));

    fill(shop);

    await().until(() -> handled.size() == 76);
    await().until(() -> controller.health().reasons().stream().anyMatch(reason -> reason.contains("FORBIDDEN")));
  }

  @Test
  void aNamespaceThatMayNotBeListedHoldsUpNoOtherAndHealthNamesIt() {
    for (int i = 0; i < 100; i++) {
      stock.failList(FakeSource.fault(Reason.FORBIDDEN));
    }
    fill(shop);

    running.start();

    await().until(() -> handled.size() == 76);
    await().untilAsserted(() -> assertThat(controller.health().reasons())
        .contains("maps has not seen all objects yet, none of namespace stock: fake FORBIDDEN"));
    assertThat(controller.health().ready()).isFalse();
    assertThat(controller.health().live()).isTrue();
    shop.delete("m0");
    shop.put("m76", "1");
    await().until(() -> handled.size() == 77);
  }

  /** Both kinds in the namespaces that the same labels select, which their informers learn of at moments of their own. */
  @Nested
  class SelectedByTheSameLabels {

    private final SelectedNamespaces ofMaps = new SelectedNamespaces();
    private final SelectedNamespaces ofChildren = new SelectedNamespaces();
    private final FakeSource children = new FakeSource("shop");
    private final Queue<String> seen = new ConcurrentLinkedQueue<>();
    private final Controller selected = Controller.builder(retriever(ofMaps, shop), Handler.<ConfigMap>of(
            (context, object) -> seen.add("add with " + context.related(ConfigMap.class).size()),
            (context, object) -> seen.add("delete"))).name("selected")
        .watches(retriever(ofChildren, children), child -> List.of(new ObjectKey("shop", "a"))).build();
    private final Thread run = new Thread(selected::run);

    private static Retriever<ConfigMap> retriever(SelectedNamespaces namespaces, FakeSource source) {
      return Retriever.of(ConfigMap.class, new Namespaces<>(Set.of(), namespaces.retriever(), name -> source));
    }

    @AfterEach
    void end() throws Exception {
      selected.close();
      run.join();
    }

    @Test
    void anObjectWaitsUntilTheRelatedKindsInformerKnowsItsNamespace() {
      shop.put("a", "1");
      children.put("x", "1");
      run.start();
      ofMaps.join("shop");
      await().until(() -> shop.watching() == 1);
      await().until(() -> ((DefaultController<?>) selected).engine.queue.delayed() == 1); // it was looked at, and waits
      assertThat(seen).isEmpty();

      ofChildren.join("shop");

      await().until(() -> seen.size() == 1);
      assertThat(seen).containsExactly("add with 1");
    }

    @Test
    void whatLeavesIsToldAsADeleteAndNotWithoutItsRelatedObjects() {
      shop.put("a", "1");
      children.put("x", "1");
      run.start();
      ofMaps.join("shop");
      ofChildren.join("shop");
      await().until(() -> seen.size() >= 1);

      ofChildren.leave("shop");
      await().until(() -> children.watching() == 0);
      ofMaps.leave("shop");

      await().until(() -> seen.contains("delete"));
      assertThat(seen).doesNotContain("add with 0");
    }
  }

  /** Its handler would take what is in them for missing. */
  @Test
  void anObjectWaitsForAllNamespacesOfARelatedKindThatAreNotItsOwn() throws Exception {
    FakeSource vault = new FakeSource("vault");
    vault.put("secret", "1");
    Semaphore allowed = new Semaphore(0);
    ListerWatcher<ConfigMap> late = new LateSource(vault, allowed::acquire);
    Queue<String> seen = new ConcurrentLinkedQueue<>();
    shop.put("a", "1");
    Controller across = Controller.<ConfigMap>builder(
        Retriever.of(ConfigMap.class, new Namespaces<>(Set.of("shop"), null, name -> shop)),
        (context, object) -> seen.add("with " + context.related(ConfigMap.class).size()))
        .references(Retriever.of(ConfigMap.class,
            new Namespaces<>(Set.of("vault", "stock"), null, Map.of("vault", late, "stock", stock)::get)),
            object -> List.of(new ObjectKey("vault", "secret"))).build();
    Thread run = new Thread(across::run);
    run.start();
    await().until(() -> ((DefaultController<?>) across).engine.queue.delayed() == 1); // it was looked at, and waits
    assertThat(seen).isEmpty();

    allowed.release();

    await().until(() -> !seen.isEmpty());
    assertThat(seen).containsExactly("with 1");
    across.close();
    run.join();
  }

  @Test
  void aWriteIntoANamespaceThatNobodyListsIsNotWaitedFor() {
    ConfigMap elsewhere = new FakeSource("elsewhere").put("b", "1");
    Queue<Integer> calls = new ConcurrentLinkedQueue<>();
    Controller writing = Controller.<ConfigMap>builder(Retriever.of(ConfigMap.class,
        new Namespaces<>(Set.of("shop"), null, name -> shop)), (context, object) -> {
          context.wrote(elsewhere);
          calls.add(1);
        }).clock(new ManualClock()).build(); // whose time does not pass
    Thread run = new Thread(writing::run);
    run.start();
    shop.put("a", "1");
    await().until(() -> calls.size() == 1);
    shop.put("a", "2");
    await().until(() -> calls.size() == 2);
    writing.close();
  }
}
