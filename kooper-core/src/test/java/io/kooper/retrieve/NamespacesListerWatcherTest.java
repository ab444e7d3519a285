package io.kooper.retrieve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ListOptions;
import io.fabric8.kubernetes.api.model.ListOptionsBuilder;
import io.kooper.fake.FakeSource;
import io.kooper.informer.Informer;
import io.kooper.retrieve.RetrieveException.Reason;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class NamespacesListerWatcherTest {

  private final FakeSource shop = new FakeSource();
  private final FakeSource stock = new FakeSource();
  private final NamespacesListerWatcher<ConfigMap> both = new NamespacesListerWatcher<>("configmaps", sources());
  private final Informer<ConfigMap> informer = Informer.builder(Retriever.of(ConfigMap.class, both)).build();

  private Map<String, ListerWatcher<ConfigMap>> sources() {
    Map<String, ListerWatcher<ConfigMap>> sources = new LinkedHashMap<>();
    sources.put("shop", shop);
    sources.put("stock", stock);
    return sources;
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

  private static long watchers() {
    return Thread.getAllStackTraces().keySet().stream().filter(thread -> thread.getName().contains("configmaps-watch-")).count();
  }

  @Test
  void objectsOfBothAreSeenAndTheirChanges() {
    shop.put("a", "1");
    stock.put("b", "1");
    stock.put("c", "1");
    start();
    assertThat(names()).containsExactly("a", "b", "c");

    shop.put("d", "1");
    stock.delete("b");
    await().untilAsserted(() -> assertThat(names()).containsExactly("a", "c", "d"));
    assertThat(shop.lists()).hasSize(1);
    assertThat(stock.lists()).hasSize(1);
  }

  @Test
  void eachGoesOnFromItsOwnVersion() {
    for (int i = 0; i < 20; i++) {
      stock.put("b", "" + i); // far ahead of the other
    }
    shop.put("a", "1");
    start();
    shop.put("a", "2");
    stock.put("b", "20");
    await().until(() -> informer.store().get(FakeSource.key("b")).orElseThrow().getData().get("value").equals("20")
        && informer.store().get(FakeSource.key("a")).orElseThrow().getData().get("value").equals("2"));

    shop.endWatch(FakeSource.fault(Reason.CONNECTION_LOST));

    await().until(() -> shop.watches().size() == 2 && stock.watches().size() == 2);
    assertThat(shop.watches().get(1).getResourceVersion()).isEqualTo("2");
    assertThat(stock.watches().get(1).getResourceVersion()).isEqualTo("21");
    assertThat(shop.lists()).as("nothing was missed: no list is needed").hasSize(1);
  }

  @Test
  void theHistoryOfOneThatIsGoneIsListedAgain() {
    shop.put("a", "1");
    stock.put("b", "1");
    start();
    stock.endWatch(FakeSource.fault(Reason.GONE));
    stock.delete("b");

    await().untilAsserted(() -> assertThat(names()).containsExactly("a"));
    await().until(() -> shop.watching() == 1 && stock.watching() == 1);
    assertThat(watchers()).as("threads of the ended watch are gone").isEqualTo(2);
  }

  @Test
  void noThreadOutlivesTheInformer() {
    start();
    informer.close();

    await().untilAsserted(() -> assertThat(watchers()).isZero());
  }

  @Test
  void oneThatMayNotBeListedFailsAllWithItsReason() {
    stock.failList(FakeSource.fault(Reason.FORBIDDEN));

    assertThatThrownBy(() -> both.list(new ListOptions(), new Recorded<>()))
        .isInstanceOfSatisfying(RetrieveException.class, e -> assertThat(e.reason()).isEqualTo(Reason.FORBIDDEN));
  }

  @Test
  void aSourceThatThrowsAnythingEndsTheWatch() {
    shop.failWatch(new StackOverflowError("deep"));

    assertThatThrownBy(() -> both.watch(at("shop=0,stock=0"), new Recorded<>()))
        .isInstanceOf(RetrieveException.class).hasMessageContaining("namespace shop").hasMessageContaining("deep");
    assertThat(watchers()).isZero();
  }

  @Test
  void aVersionThatIsNotItsOwnIsGone() {
    assertThatThrownBy(() -> both.watch(at("7"), new Recorded<>()))
        .isInstanceOfSatisfying(RetrieveException.class, e -> assertThat(e.reason()).isEqualTo(Reason.GONE));
  }

  @Test
  void anInterruptEndsAll() throws Exception {
    var thrown = new AtomicReference<Throwable>();
    Thread watcher = new Thread(() -> {
      try {
        both.watch(at("shop=0,stock=0"), new Recorded<>());
      } catch (Throwable t) {
        thrown.set(t);
      }
    });
    watcher.start();
    await().until(() -> shop.watching() == 1 && stock.watching() == 1);

    watcher.interrupt();

    watcher.join(30_000);
    assertThat(thrown.get()).isInstanceOf(InterruptedException.class);
    assertThat(watchers()).isZero();
  }

  private static ListOptions at(String version) {
    return new ListOptionsBuilder().withResourceVersion(version).build();
  }
}
