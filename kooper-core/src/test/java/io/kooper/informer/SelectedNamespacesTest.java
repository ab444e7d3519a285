package io.kooper.informer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ListOptions;
import io.kooper.clock.Clock;
import io.kooper.clock.ManualClock;
import io.kooper.fake.FakeSource;
import io.kooper.fake.LateSource;
import io.kooper.fake.SelectedNamespaces;
import io.kooper.retrieve.ListerWatcher;
import io.kooper.retrieve.Namespaces;
import io.kooper.retrieve.ObjectKey;
import io.kooper.retrieve.RetrieveException;
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
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Namespaces that are selected by labels: they join and leave. */
@Timeout(60)
class SelectedNamespacesTest {

  private final FakeSource shop = new FakeSource("shop");
  private final FakeSource stock = new FakeSource("stock").asJson();
  private final Map<String, FakeSource> sources = Map.of("shop", shop, "stock", stock);
  private final Recorder recorder = new Recorder();
  private final SelectedNamespaces selected = new SelectedNamespaces("shop");
  private final ManualClock manual = new ManualClock();
  private Informer<ConfigMap> informer = informer(selected, Clock.system(), sources::get);

  SelectedNamespacesTest() {
    shop.put("a", "1");
    stock.put("b", "1");
    informer.addListener(recorder);
    informer.start();
  }

  @AfterEach
  void close() {
    informer.close();
  }

  private static Informer<ConfigMap> informer(
      SelectedNamespaces selected, Clock clock, Function<String, ListerWatcher<ConfigMap>> source) {
    Namespaces<ConfigMap> namespaces = new Namespaces<>(Set.of(), selected.retriever(), source);
    return Informer.builder(Retriever.of(ConfigMap.class, namespaces)).name("maps").clock(clock).build();
  }

  private void start(SelectedNamespaces namespaces, Clock clock, Function<String, ListerWatcher<ConfigMap>> source) {
    start(namespaces, clock, source, new Deaf());
  }

  /** Another one instead of that which was started for the test. */
  private void start(SelectedNamespaces namespaces, Clock clock, Function<String, ListerWatcher<ConfigMap>> source,
      InformerListener<ConfigMap> listener) {
    informer.close();
    informer = informer(namespaces, clock, source);
    informer.addListener(listener);
    informer.start();
  }

  private List<String> names() {
    return informer.store().keys().stream().map(ObjectKey::name).sorted().toList();
  }

  private static long threads() {
    return Thread.getAllStackTraces().keySet().stream().filter(thread -> thread.getName().startsWith("kooper-maps-")).count();
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
    ListerWatcher<ConfigMap> waiting = new LateSource(stock, () -> {
      asked.release();
      allowed.acquire();
    });
    start(selected, Clock.system(), Map.of("shop", shop, "stock", waiting)::get);
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
    start(selected, Clock.system(), name -> {
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
    AtomicInteger tries = new AtomicInteger();
    start(selected, manual, sources::get, new Deaf() {
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
      manual.advance(Duration.ofSeconds(5));
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
    start(selected, Clock.system(), name -> {
      made.addAndGet(name.equals("stock") ? 1 : 0);
      return sources.get(name);
    }, new Deaf() {
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

  /** What a reflector lists that has been stopped is dropped when it ends: it must not count for its successor. */
  @Test
  void thatComeBackWhileTheyAreToldCountAsListedOnlyOnceTheyAreListedAnew() {
    ObjectKey key = new ObjectKey("stock", "b");
    AtomicInteger made = new AtomicInteger();
    Semaphore allowed = new Semaphore(1);
    Queue<String> news = new ConcurrentLinkedQueue<>();
    SelectedNamespaces one = new SelectedNamespaces("stock");
    start(one, Clock.system(), name -> {
      made.incrementAndGet();
      return new LateSource(stock, allowed::acquire);
    }, new Deaf() {
      @Override
      public void added(ConfigMap object, boolean initial) {
        news.add("added");
        if (made.get() == 1) {
          one.leave("stock");
          one.join("stock");
          await().until(() -> made.get() == 2);
        }
      }

      @Override
      public void deleted(ConfigMap last) {
        news.add("deleted, listed: " + informer.hasListed(key));
      }

      @Override
      public void synced() {
        news.add("synced, listed: " + informer.hasListed(key));
      }
    });
    await().until(() -> news.size() == 2);
    allowed.release();

    await().until(() -> news.size() == 4);
    assertThat(news).containsExactly("added", "deleted, listed: false", "added", "synced, listed: true");
  }

  @Test
  void tellAgainWhatAListenerFailedToTakeThoughNoneIsSelected() {
    AtomicInteger synced = new AtomicInteger();
    AtomicInteger missed = new AtomicInteger();
    SelectedNamespaces none = new SelectedNamespaces();
    start(none, manual, sources::get, new Deaf() {
      @Override
      public void synced() {
        if (synced.incrementAndGet() == 1) {
          throw new IllegalStateException("the test's");
        }
      }
    });
    await().until(() -> synced.get() > 0);
    informer.addListener(new KeyListener<ConfigMap>() {
      @Override
      public void changed(ObjectKey key, @Nullable State<ConfigMap> gone, Origin origin) {}

      @Override
      public void missed(Origin origin) {
        if (missed.incrementAndGet() == 1) {
          throw new IllegalStateException("the test's");
        }
      }
    });

    none.endWatch();

    await().untilAsserted(() -> assertThat(List.of(synced.get(), missed.get())).containsExactly(2, 2));
  }

  @Test
  void areCompleteWhenTheLastThatWasMissingHasLeftAndTheListenersAreToldUntilTheyTakeIt() {
    AtomicInteger synced = new AtomicInteger();
    start(selected, manual, name -> new LateSource(shop, () -> new Semaphore(0).acquire()), new Deaf() {
      @Override
      public void synced() {
        if (synced.incrementAndGet() == 1) {
          throw new IllegalStateException("the test's");
        }
      }
    });
    await().until(() -> informer.health().missing().equals(Set.of("shop")));

    selected.leave("shop");

    await().until(() -> {
      manual.advance(Duration.ofSeconds(5));
      return synced.get() == 2;
    });
  }

  @Test
  void areCompleteThoughTheThreadOfOneThatHasLeftHangs() throws Exception {
    Semaphore hung = new Semaphore(0);
    SelectedNamespaces both = new SelectedNamespaces("shop", "stock");
    start(both, manual, Map.of("shop", shop, "stock", new LateSource(stock, hung::acquireUninterruptibly))::get);
    await().until(() -> shop.watching() == 1 && informer.health().missing().equals(Set.of("stock")));

    both.leave("stock");
    await().until(() -> informer.health().missing().isEmpty());
    shop.put("c", "1"); // a watch without an event that ends at once is a failure
    await().until(() -> names().contains("c"));
    shop.endWatch(null);

    assertThat(informer.awaitSynced(Duration.ofSeconds(30))).as("before the manual clock has moved").isTrue();
    hung.release(10);
  }

  @Test
  void whoseSourceHangsHoldUpNeitherHealthNorTheEnd() {
    CompletableFuture<String> asked = new CompletableFuture<>();
    Semaphore hung = new Semaphore(0);
    start(new SelectedNamespaces("stock"), Clock.system(), name -> {
      asked.complete(name);
      hung.acquireUninterruptibly();
      return stock;
    });
    asked.join();

    assertThat(informer.health().missing()).containsExactly("stock");
    Thread end = new Thread(informer::close);
    end.start();
    await().until(() -> !end.isAlive());
    hung.release(10);
    await().until(() -> threads() == 0);
    assertThat(stock.lists()).isEmpty();
  }

  @Test
  void haveAThreadThatIsTheInformersToo() throws Exception {
    CompletableFuture<Boolean> ofThis = new CompletableFuture<>();
    start(new SelectedNamespaces(), Clock.system(), sources::get, new Deaf() {
      @Override
      public void synced() {
        ofThis.complete(informer.isCalledByListener());
        informer.close();
      }
    });

    assertThat(ofThis.get(30, TimeUnit.SECONDS)).isTrue();
    await().until(() -> threads() == 0);
  }

  @Test
  void countAsListedWhateverTheirSourceMayHave() {
    ListerWatcher<ConfigMap> picky = new ListerWatcher<>() {
      @Override
      public String list(ListOptions options, Consumer<SourceEvent<ConfigMap>> events)
          throws RetrieveException, InterruptedException {
        return shop.list(options, events);
      }

      @Override
      public void watch(ListOptions options, Consumer<SourceEvent<ConfigMap>> events)
          throws RetrieveException, InterruptedException {
        shop.watch(options, events);
      }

      @Override
      public boolean mayHave(ObjectKey key) {
        return key.name().equals("a");
      }
    };
    start(selected, Clock.system(), name -> picky);

    await().until(() -> informer.hasListed(new ObjectKey("shop", "of another kind")));
    assertThat(informer.lists(new ObjectKey("shop", "of another kind"))).isFalse();
    assertThat(informer.lists(new ObjectKey("shop", "a"))).isTrue();
  }

  @Test
  void thatLeaveAreForgottenThoughAListenerReadsForTheFirstTimeWhatCannotBeRead() {
    stock.poison("b", true);
    stock.poison("c", true);
    stock.put("c", "1");
    SelectedNamespaces one = new SelectedNamespaces("stock");
    informer.close();
    informer = informer(one, Clock.system(), sources::get);
    informer.addListener(new KeyListener<ConfigMap>() {
      @Override
      public void changed(ObjectKey key, @Nullable State<ConfigMap> gone, Origin origin) {
        if (gone != null) {
          informer.store().list();
        }
      }

      @Override
      public void missed(Origin origin) {}
    });
    informer.start();
    await().until(() -> names().equals(List.of("b", "c")));

    one.leave("stock");

    await().until(() -> names().isEmpty());
    await().until(() -> informer.health().undecodable().isEmpty());
  }

  @Test
  void thatLeaveAreToldWithoutAnInterruptThatWasMeantForTheirList() throws Exception {
    CompletableFuture<Boolean> interrupted = new CompletableFuture<>();
    SelectedNamespaces one = new SelectedNamespaces("stock");
    start(one, Clock.system(), sources::get, new Deaf() {
      @Override
      public void added(ConfigMap object, boolean initial) {
        one.leave("stock");
        while (!Thread.currentThread().isInterrupted()) {
          Thread.onSpinWait();
        }
      }

      @Override
      public void deleted(ConfigMap last) {
        interrupted.complete(Thread.currentThread().isInterrupted());
      }
    });

    assertThat(interrupted.get(30, TimeUnit.SECONDS)).isFalse();
  }
}
