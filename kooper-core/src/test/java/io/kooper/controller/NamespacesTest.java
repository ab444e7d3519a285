package io.kooper.controller;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.kooper.fake.FakeSource;
import io.kooper.retrieve.Namespaces;
import io.kooper.retrieve.ObjectKey;
import io.kooper.retrieve.RetrieveException.Reason;
import io.kooper.retrieve.Retriever;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.AfterEach;
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
}
