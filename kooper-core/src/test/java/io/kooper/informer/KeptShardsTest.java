package io.kooper.informer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.kooper.fake.FakeSource;
import io.kooper.retrieve.ListerWatcher;
import io.kooper.retrieve.Namespaces;
import io.kooper.retrieve.ObjectKey;
import io.kooper.retrieve.RetrieveException.Reason;
import io.kooper.retrieve.Retriever;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** An informer that keeps some shards: an object's is the first letter of its name. */
@Timeout(60)
class KeptShardsTest {

  private static final int A = 0;
  private static final int B = 1;

  /** Names, and {@code dropped NAME}, as they were told. */
  private static class Told implements KeyListener<ConfigMap> {
    final Queue<String> all = new ConcurrentLinkedQueue<>();

    @Override
    public void changed(ObjectKey key, State<ConfigMap> gone, Origin origin) {
      all.add(key.name() + " " + origin + (gone == null ? "" : " gone"));
    }

    @Override
    public void dropped(ObjectKey key) {
      all.add("dropped " + key.name());
    }

    @Override
    public void missed(Origin origin) {}
  }

  private final FakeSource source = new FakeSource().asJson();
  private final Told told = new Told();
  private Informer<ConfigMap> informer;

  @AfterEach
  void close() {
    informer.close();
  }

  private void start(ListerWatcher<ConfigMap> of, KeyListener<ConfigMap> listener) {
    informer = Informer.builder(Retriever.of(ConfigMap.class, of)).name("maps")
        .shards(new ShardKeys(26, key -> key.name().charAt(0) - 'a', null)).build();
    informer.addListener(listener);
    informer.start();
    await().until(() -> informer.health().watching());
  }

  private List<String> names() {
    return informer.store().keys().stream().map(ObjectKey::name).sorted().toList();
  }

  @Test
  @DisplayName("One object proves that it can be listed; what is gained is listed anew, in pages, in its newest state")
  void listsWhatItGains() {
    source.put("a1", "1");
    source.put("b1", "1");
    start(source, told);
    assertThat(informer.store().size()).isZero();
    assertThat(source.lists()).as("but for the question").isEmpty();

    assertThat(informer.keep(A, told)).isTrue();

    await().until(() -> informer.lacking().isEmpty());
    assertThat(names()).containsExactly("a1");
    assertThat(source.lists()).singleElement()
        .satisfies(options -> assertThat(options.getResourceVersion()).isNull())
        .satisfies(options -> assertThat(options.getLimit()).isEqualTo(500));
    source.put("b1", "2");
    source.put("a2", "1");
    await().until(() -> names().contains("a2"));
    assertThat(told.all).containsExactly("a1 FIRST_LIST", "a2 EVENT");
  }

  @Test
  void dropsWithoutTellingDeletesWhatNobodyNeeds() {
    source.put("a1", "1");
    start(source, told);
    Told other = new Told();
    informer.keep(A, told);
    informer.keep(A, other);
    await().until(() -> names().contains("a1"));

    informer.drop(A, told);
    assertThat(names()).containsExactly("a1");
    informer.drop(A, other);

    assertThat(names()).isEmpty();
    assertThat(told.all).containsExactly("a1 FIRST_LIST", "dropped a1");
    source.delete("a1");
    source.put("a2", "1");
    informer.keep(A, told);
    await().until(() -> names().contains("a2"));
    assertThat(told.all).containsExactly("a1 FIRST_LIST", "dropped a1", "a2 FIRST_LIST");
  }

  @Test
  void dropsOnceAListenerThatWasBeingAddedKnowsWhatThereIs() throws InterruptedException {
    CountDownLatch entered = new CountDownLatch(1);
    CountDownLatch go = new CountDownLatch(1);
    source.put("a1", "1");
    start(source, told);
    informer.keep(A, told);
    await().until(() -> names().contains("a1") && source.watching() == 1);
    Thread adding = new Thread(() -> informer.addListener(new Told() {
      @Override
      public void missed(Origin origin) {
        entered.countDown();
        try {
          go.await();
        } catch (InterruptedException e) {
          Thread.currentThread().interrupt();
        }
      }
    }));
    adding.start();
    entered.await();

    informer.drop(A, told);
    assertThat(informer.keep(A, told)).as("before it was dropped").isFalse();
    go.countDown();
    adding.join();

    assertThat(names()).isEmpty();
    assertThat(informer.keep(A, told)).isTrue();
  }

  @Test
  void forgetsTheShardsOfAListenerThatLeaves() {
    source.put("a1", "1");
    start(source, told);
    informer.keep(A, told);
    await().until(() -> names().contains("a1"));

    informer.removeListener(told);

    assertThat(names()).isEmpty();
  }

  @Test
  @DisplayName("Invariant 1: a list for a gained shard that fails keeps nothing from the shards that were held before")
  void watchesWhileAListFails() {
    source.put("b1", "1");
    start(source, told);
    informer.keep(A, told);
    await().until(() -> informer.lacking().isEmpty() && source.watching() == 1);
    source.failList(FakeSource.fault(Reason.SERVER_ERROR));
    int watches = source.watches().size();

    informer.keep(B, told);

    await().until(() -> source.watches().size() > watches && source.watching() == 1);
    source.put("a1", "1");
    await().until(() -> names().contains("a1"));
    assertThat(informer.lacking()).containsExactly(B);
    assertThat(informer.synced(FakeSource.key("b1"))).isFalse();
    assertThat(source.watches().get(source.watches().size() - 1).getTimeoutSeconds()).isBetween(2L, 10L);
    source.endWatch(null);
    await().until(() -> names().contains("b1"));
    await().until(() -> informer.synced(FakeSource.key("b1")));
  }

  @Test
  @DisplayName("A shard that ended before anybody kept it may be dropped as well")
  void whatWasNeverKeptMayBeDropped() {
    source.put("a1", "1");
    start(source, told);

    informer.drop(B, told);
    informer.keep(A, told);

    await().until(() -> names().equals(List.of("a1")));
  }

  @Test
  void aNamespaceThatCannotBeListedHoldsUpNoOther() {
    FakeSource shop = new FakeSource("shop");
    FakeSource stock = new FakeSource("stock");
    shop.put("a1", "1");
    stock.put("a2", "1");
    start(new Namespaces<>(Set.of("shop", "stock"), null, Map.of("shop", shop, "stock", stock)::get), told);
    shop.failList(FakeSource.fault(Reason.FORBIDDEN));

    informer.keep(A, told);

    await().until(() -> names().equals(List.of("a2")) && informer.synced(new ObjectKey("stock", "a2")));
    assertThat(informer.lacking()).containsExactly(A);
    assertThat(informer.synced(new ObjectKey("shop", "a1"))).isFalse();
    await().until(() -> {
      shop.endWatch(null);
      return names().equals(List.of("a1", "a2"));
    });
  }

  @Test
  @DisplayName("What ends a watch for a list does not interrupt a listener")
  void interruptsNobodyButTheWatch() throws InterruptedException {
    CountDownLatch entered = new CountDownLatch(1);
    CountDownLatch go = new CountDownLatch(1);
    Queue<String> interrupted = new ConcurrentLinkedQueue<>();
    Told listener = new Told() {
      @Override
      public void changed(ObjectKey key, State<ConfigMap> gone, Origin origin) {
        super.changed(key, gone, origin);
        entered.countDown();
        try {
          go.await();
        } catch (InterruptedException e) {
          interrupted.add(key.name());
        }
      }
    };
    start(source, listener);
    informer.keep(A, listener);
    await().until(() -> informer.lacking().isEmpty() && source.watching() == 1);
    source.put("a1", "1");
    entered.await();
    source.put("b1", "1");

    informer.keep(B, listener);
    go.countDown();

    await().until(() -> names().equals(List.of("a1", "b1")));
    assertThat(interrupted).isEmpty();
  }
}
