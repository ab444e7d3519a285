package io.kooper.informer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ListOptions;
import io.kooper.clock.Clock;
import io.kooper.fake.FakeSource;
import io.kooper.retrieve.ListerWatcher;
import io.kooper.retrieve.ObjectKey;
import io.kooper.retrieve.Retriever;
import io.kooper.retrieve.SourceEvent;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Readers and listeners while the cluster changes, on real threads. */
@Timeout(60)
class InformerConcurrencyTest {

  @RepeatedTest(20)
  @Tag("R10")
  @DisplayName("R10: one added while changes come hears every object, then every change, once; one removed hears none")
  void comeAndGoWhileChangesCome(RepetitionInfo repetition) throws Exception {
    FakeSource source = new FakeSource();
    Random random = new Random(repetition.getCurrentRepetition());
    for (int i = 0; i < 20; i++) {
      source.put("n" + i, "0");
    }
    List<Recorder> recorders = new ArrayList<>();
    try (Informer<ConfigMap> informer = Informer.builder(source.retriever()).build()) {
      Thread changes = new Thread(() -> {
        for (int i = 1; i <= 1_000; i++) {
          String name = "n" + random.nextInt(20);
          if (random.nextInt(3) == 0) {
            source.delete(name);
          } else {
            source.put(name, Integer.toString(i));
          }
        }
      });
      changes.start();
      informer.start();
      for (int joined = 1; joined <= 30; joined++) {
        Recorder recorder = new Recorder();
        informer.addListener(recorder);
        recorders.add(recorder);
        if (joined % 3 == 0) {
          Recorder leaver = recorders.remove(recorders.size() - 2);
          informer.removeListener(leaver);
          int heard = leaver.news().size();
          source.put("n0", "after the leaving");
          assertThat(leaver.news()).hasSize(heard);
          assertThat(leaver.misfits()).isEmpty();
        }
      }
      changes.join();
      source.put("last", "1");
      ObjectKey last = FakeSource.key("last");
      await().untilAsserted(() -> assertThat(recorders).allSatisfy(
          recorder -> assertThat(recorder.view()).containsKey(last)));
      Map<ObjectKey, ConfigMap> there = source.objects();
      assertThat(recorders).allSatisfy(recorder -> {
        assertThat(recorder.misfits()).isEmpty();
        assertThat(recorder.view()).isEqualTo(there);
        assertThat(recorder.news()).containsOnlyOnce("synced");
      });
      assertThat(Set.copyOf(informer.store().keys())).isEqualTo(there.keySet());
    }
  }

  @Test
  @Tag("R14")
  @DisplayName("R14: no reader sees a half replaced store")
  void noReaderSeesAHalfReplacedStore() throws Exception {
    Cache<ConfigMap> cache = new Cache<>(
        "test", UnaryOperator.identity(), List.of(), false, Clock.system(), null);
    AtomicBoolean over = new AtomicBoolean();
    List<String> halves = new CopyOnWriteArrayList<>();
    CountDownLatch reading = new CountDownLatch(2);
    List<Thread> readers = new ArrayList<>();
    for (int i = 0; i < 2; i++) {
      Thread reader = new Thread(() -> {
        reading.countDown();
        while (!over.get()) {
          List<ConfigMap> list = cache.store.list();
          Set<String> versions = list.stream().map(object -> object.getMetadata().getResourceVersion())
              .collect(Collectors.toSet());
          int size = cache.store.size();
          if (versions.size() > 1 || list.size() % 50 != 0 || size % 50 != 0 || cache.store.keys().size() % 50 != 0) {
            halves.add(list.size() + " objects of versions " + versions);
          }
        }
      });
      reader.start();
      readers.add(reader);
    }
    reading.await();
    for (int round = 1; round <= 500; round++) {
      Staging<ConfigMap> staging = new Staging<>(cache, ObjectStore.ALL, false);
      for (int i = 0; i < 50 * (round % 3); i++) { // none, 50 or 100 objects, all of one version
        staging.accept(SourceEvent.added(Recorder.object("n" + i, "u" + round % 2 + i, round)));
      }
      cache.replace(staging);
    }
    over.set(true);
    for (Thread reader : readers) {
      reader.join();
    }
    assertThat(halves).isEmpty();
  }

  @RepeatedTest(20)
  @Tag("R1")
  @DisplayName("R1: a close at any moment ends the thread and what it watches")
  void closesAtAnyMoment(RepetitionInfo repetition) throws Exception {
    Random random = new Random(repetition.getCurrentRepetition());
    for (int i = 0; i < 20; i++) {
      FakeSource source = new FakeSource();
      source.put("a", "1");
      String name = "closing-" + repetition.getCurrentRepetition() + "-" + i;
      Informer<ConfigMap> informer = Informer.builder(source.retriever()).name(name).build();
      Thread starter = new Thread(() -> {
        try {
          informer.start();
        } catch (IllegalStateException closedBefore) {
          assertThat(closedBefore).hasMessageContaining("closed");
        }
      });
      starter.start();
      for (int spin = random.nextInt(20_000); spin > 0; spin--) {
        Thread.onSpinWait();
      }
      informer.close();
      starter.join();
      assertThat(Thread.getAllStackTraces().keySet()).extracting(Thread::getName)
          .doesNotContain("kooper-" + name + "-informer");
      assertThat(source.watching()).isZero();
    }
  }

  @Test
  void aStoreIsEmptyUntilTheFirstListIsComplete() throws Exception {
    CountDownLatch half = new CountDownLatch(1);
    CountDownLatch goOn = new CountDownLatch(1);
    ListerWatcher<ConfigMap> slow = new ListerWatcher<>() {
      @Override
      public String list(ListOptions options, Consumer<SourceEvent<ConfigMap>> sink) throws InterruptedException {
        sink.accept(SourceEvent.added(Recorder.object("a", "1", 1)));
        half.countDown();
        goOn.await();
        sink.accept(SourceEvent.added(Recorder.object("b", "2", 2)));
        return "2";
      }

      @Override
      public void watch(ListOptions options, Consumer<SourceEvent<ConfigMap>> sink) throws InterruptedException {
        new CountDownLatch(1).await();
      }
    };
    try (Informer<ConfigMap> informer = Informer.builder(Retriever.of(ConfigMap.class, slow)).build()) {
      informer.start();
      half.await();
      assertThat(informer.store().size()).isZero();
      goOn.countDown();
      assertThat(informer.awaitSynced(Duration.ofSeconds(30))).isTrue();
      assertThat(informer.store().size()).isEqualTo(2);
    }
  }
}
