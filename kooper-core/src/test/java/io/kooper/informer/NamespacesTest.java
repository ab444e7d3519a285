package io.kooper.informer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ListOptions;
import io.kooper.clock.ManualClock;
import io.kooper.fake.FakeSource;
import io.kooper.fake.SelectedNamespaces;
import io.kooper.retrieve.ListerWatcher;
import io.kooper.retrieve.Namespaces;
import io.kooper.retrieve.ObjectKey;
import io.kooper.retrieve.RetrieveException;
import io.kooper.retrieve.RetrieveException.Reason;
import io.kooper.retrieve.Retriever;
import io.kooper.retrieve.SourceEvent;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.Function;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Nested;
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

  private static class Deaf implements InformerListener<ConfigMap> {

    @Override
    public void added(ConfigMap object, boolean initial) {}

    @Override
    public void updated(ConfigMap before, ConfigMap after) {}

    @Override
    public void deleted(ConfigMap last) {}
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

  @Nested
  class ThatAreSelected {

    private final SelectedNamespaces selected = new SelectedNamespaces("shop");

    ThatAreSelected() {
      shop.put("a", "1");
      stock.put("b", "1");
      start(sources::get);
    }

    private void start(Function<String, ListerWatcher<ConfigMap>> source) {
      informer.close();
      informer = informer(new Namespaces<>(Set.of(), selected.retriever(), source));
      informer.start();
    }

    private void stockJoins() {
      selected.join("stock");
      await().until(() -> stock.watching() == 1);
    }

    private void stockLeaves() {
      selected.leave("stock");
      await().until(() -> stock.watching() == 0 && names().equals(List.of("a")));
    }

    @Test
    void areCompleteOnceTheirObjectsAre() throws Exception {
      assertThat(informer.awaitSynced(Duration.ofSeconds(30))).isTrue();
      assertThat(names()).containsExactly("a");
      assertThat(recorder.news()).containsExactly("initial a@1", "synced");
    }

    @Test
    void beginWhenTheyJoinAndAreToldAsDeletesWhenTheyLeave() throws Exception {
      assertThat(informer.awaitSynced(Duration.ofSeconds(30))).isTrue();
      stockJoins();
      assertThat(names()).containsExactly("a", "b");
      stockLeaves();
      await().until(() -> threads() == 2); // that of the namespaces, and the shop's
      stockJoins();

      assertThat(recorder.news())
          .containsExactly("initial a@1", "synced", "initial b@1", "deleted b@1", "initial b@1");
      assertThat(informer.health().missing()).isEmpty();
      assertThat(informer.ended()).isFalse();
    }

    @Test
    void mayComeBackAtOnce() throws Exception {
      assertThat(informer.awaitSynced(Duration.ofSeconds(30))).isTrue();
      for (int i = 0; i < 50; i++) {
        selected.join("stock");
        selected.leave("stock");
      }
      stockJoins();
      await().until(() -> names().equals(List.of("a", "b")));
      await().until(() -> threads() == 3);
    }

    /** Else a handler would take what it cannot see yet for missing. */
    @Test
    void thatComeBackCountAsListedOnlyOnceTheyAreListedAnew() throws Exception {
      Semaphore asked = new Semaphore(0);
      Semaphore allowed = new Semaphore(1);
      ObjectKey key = new ObjectKey("stock", "b");
      ListerWatcher<ConfigMap> waiting = new ListerWatcher<>() {
        @Override
        public String list(ListOptions options, Consumer<SourceEvent<ConfigMap>> events)
            throws RetrieveException, InterruptedException {
          asked.release();
          allowed.acquire();
          return stock.list(options, events);
        }

        @Override
        public void watch(ListOptions options, Consumer<SourceEvent<ConfigMap>> events)
            throws RetrieveException, InterruptedException {
          stock.watch(options, events);
        }
      };
      start(Map.of("shop", shop, "stock", waiting)::get);
      selected.join("stock");
      for (int i = 0; i < 100; i++) {
        await().pollInterval(Duration.ofMillis(1)).until(() -> stock.watching() == 1 && informer.synced(key));
        asked.drainPermits();
        selected.leave("stock");
        selected.join("stock");
        while (!asked.tryAcquire()) {
          boolean gone = informer.store().state(key) == null;
          assertThat(gone && informer.hasListed(key)).as("listed, and without its object").isFalse();
        }
        allowed.release();
      }
    }

    @Test
    void thatCannotBeBegunAreNotMissingOnceTheyLeave() {
      AtomicInteger tries = new AtomicInteger();
      start(name -> {
        if (name.equals("stock")) {
          tries.incrementAndGet();
          throw new IllegalStateException("no source of " + name);
        }
        return shop;
      });
      selected.join("stock");
      await().until(() -> tries.get() > 0);
      await().until(() -> informer.health().missing().equals(Set.of("stock")) && !informer.synced(new ObjectKey("stock", "b")));

      selected.leave("stock");

      await().until(() -> informer.synced(new ObjectKey("", "of the whole cluster")));
      assertThat(informer.health().missing()).isEmpty();
    }

    @Test
    void thatLeaveAreToldUntilAllHaveTakenIt() {
      ManualClock clock = new ManualClock();
      AtomicInteger tries = new AtomicInteger();
      informer.close();
      informer = Informer.builder(Retriever.of(ConfigMap.class, new Namespaces<>(Set.of(), selected.retriever(), sources::get)))
          .name("maps").clock(clock).build();
      informer.start();
      informer.addListener(new Deaf() {
        @Override
        public void deleted(ConfigMap last) {
          if (tries.incrementAndGet() < 3) {
            throw new IllegalStateException("the test's");
          }
        }
      });
      await().until(() -> names().equals(List.of("a")));

      selected.leave("shop"); // no reflector is left

      await().until(() -> tries.get() == 2);
      await().until(() -> {
        clock.advance(Duration.ofSeconds(5));
        return tries.get() == 3;
      });
      await().until(() -> threads() == 1); // that of the namespaces
    }

    @Test
    void thatLeaveAreForgottenWithWhatCouldNotBeRead() {
      stock.poison("b", true);
      selected.join("stock");
      await().until(() -> informer.health().undecodable().equals(Set.of(new ObjectKey("stock", "b"))));

      selected.leave("stock");

      await().until(() -> informer.health().undecodable().isEmpty());
    }

    @Test
    void thatComeBackAreKnownToBeOfThisInformerUntilTheirEnd() throws Exception {
      AtomicInteger made = new AtomicInteger();
      CompletableFuture<Boolean> ofThis = new CompletableFuture<>();
      start(name -> {
        made.addAndGet(name.equals("stock") ? 1 : 0);
        return sources.get(name);
      });
      informer.addListener(new Deaf() {
        @Override
        public void deleted(ConfigMap last) {
          selected.join("stock");
          await().until(() -> made.get() == 2);
          ofThis.complete(informer.isCalledByListener());
        }
      });
      stockJoins();

      selected.leave("stock");

      assertThat(ofThis.get(30, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void endWithTheInformer() {
      stockJoins();
      informer.close();
      assertThat(threads()).isZero();
    }
  }
}
