package io.kooper.informer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.kooper.fake.FakeSource;
import io.kooper.retrieve.Namespaces;
import io.kooper.retrieve.ObjectKey;
import io.kooper.retrieve.RetrieveException.Reason;
import io.kooper.retrieve.Retriever;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class NamespacesTest {

  private final FakeSource shop = new FakeSource("shop");
  private final FakeSource stock = new FakeSource("stock").asJson();
  private final Map<String, FakeSource> sources = Map.of("shop", shop, "stock", stock);
  private final Recorder recorder = new Recorder();
  private Informer<ConfigMap> informer = informer(new Namespaces<>(Set.of("shop", "stock"), null, sources::get));

  private Informer<ConfigMap> informer(Namespaces<ConfigMap> namespaces) {
    Informer<ConfigMap> built = Informer.builder(Retriever.of(ConfigMap.class, namespaces)).name("maps").build();
    built.addListener(recorder);
    return built;
  }

  @AfterEach
  void close() {
    informer.close();
  }

  private void start() {
    informer.start();
    await().until(() -> shop.watching() == 1 && stock.watching() == 1 && informer.health().watching());
  }

  private List<String> names() {
    return informer.store().keys().stream().map(ObjectKey::name).sorted().toList();
  }

  private static long threads() {
    return Thread.getAllStackTraces().keySet().stream().filter(thread -> thread.getName().startsWith("kooper-maps-")).count();
  }

  @Test
  void objectsOfBothAreSeenAndTheirChanges() {
    shop.put("a", "1");
    stock.put("b", "1");
    stock.put("c", "1");
    start();
    assertThat(names()).containsExactly("a", "b", "c");
    assertThat(informer.store().list("stock")).hasSize(2);
    assertThat(informer.health().synced()).isTrue();
    assertThat(recorder.news()).containsOnlyOnce("synced");

    shop.put("d", "1");
    stock.delete("b");
    await().untilAsserted(() -> assertThat(names()).containsExactly("a", "c", "d"));
    assertThat(shop.lists()).hasSize(1);
    assertThat(stock.lists()).hasSize(1);
  }

  /** What is related to an object is read by what the listeners know: before that, a handler would take it for missing. */
  @Test
  void aNamespaceCountsAsListedOnceTheListenersKnowIt() {
    Queue<Boolean> listed = new ConcurrentLinkedQueue<>();
    informer.addListener(new Deaf() {
      @Override
      public void added(ConfigMap object, boolean initial) {
        listed.add(informer.synced(ObjectKey.of(object)) || informer.hasListed(ObjectKey.of(object)));
      }
    });
    shop.put("a", "1");
    start();

    assertThat(listed).containsExactly(false);
    assertThat(informer.hasListed(new ObjectKey("shop", "a"))).isTrue();
  }

  @Test
  void aWatchThatEndsIsThatOfItsNamespaceOnly() {
    start();
    shop.put("a", "1");
    await().until(() -> names().contains("a"));

    shop.endWatch(FakeSource.fault(Reason.CONNECTION_LOST));

    await().until(() -> shop.watches().size() == 2);
    assertThat(shop.watches().get(1).getResourceVersion()).isEqualTo("1");
    assertThat(stock.watches()).hasSize(1);
  }

  @Test
  void aListConcludesDeletesInItsOwnNamespaceOnly() {
    shop.put("a", "1");
    stock.put("b", "1");
    stock.put("c", "1");
    start();
    stock.delete("b");
    stock.compact();
    stock.endWatch(FakeSource.fault(Reason.GONE));

    await().untilAsserted(() -> assertThat(names()).containsExactly("a", "c"));
    await().until(() -> stock.watching() == 1);
    assertThat(recorder.news()).filteredOn(line -> line.startsWith("deleted")).hasSize(1).allMatch(line -> line.contains("b@"));
  }

  @Test
  void oneThatMayNotBeListedDoesNotHoldUpTheOther() throws Exception {
    shop.put("a", "1");
    stock.put("b", "1");
    stock.failList(FakeSource.fault(Reason.FORBIDDEN));
    stock.failList(FakeSource.fault(Reason.FORBIDDEN));
    informer.start();
    await().until(() -> recorder.news().contains("initial a@1"));
    assertThat(informer.synced(new ObjectKey("shop", "any"))).isTrue();
    assertThat(informer.synced(new ObjectKey("stock", "any"))).isFalse();
    await().untilAsserted(() -> {
      InformerHealth health = informer.health();
      assertThat(health.synced()).isFalse();
      assertThat(health.missing()).containsExactly("stock");
      assertThat(health.watching()).isFalse();
      assertThat(health.lastError()).hasMessageContaining("FORBIDDEN");
    });
    shop.put("a2", "1");
    await().until(() -> recorder.news().contains("added a2@2"));

    assertThat(informer.awaitSynced(Duration.ofSeconds(30))).isTrue();
    assertThat(names()).containsExactly("a", "a2", "b");
    assertThat(informer.health().missing()).isEmpty();
    await().until(() -> informer.health().watching());
  }

  @Test
  void oneWhoseWatchIsRefusedDoesNotHoldUpTheOther() {
    start();
    for (int i = 0; i < 100; i++) {
      stock.failWatch(FakeSource.fault(Reason.FORBIDDEN));
    }
    stock.endWatch(null);
    await().until(() -> !informer.health().watching());
    for (int i = 0; i < 76; i++) {
      shop.put("a" + i, "1");
    }
    await().until(() -> informer.store().list("shop").size() == 76);
    await().untilAsserted(() -> assertThat(informer.health().lastError()).hasMessageContaining("FORBIDDEN"));
  }

  @Test
  void noThreadOutlivesTheInformer() {
    start();
    assertThat(threads()).isEqualTo(2);
    informer.close();
    assertThat(threads()).isZero();
  }
}
