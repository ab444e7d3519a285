package io.kooper.informer;

import static io.kooper.fake.FakeSource.fault;
import static io.kooper.informer.Recorder.key;
import static io.kooper.informer.Recorder.object;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.when;

import ch.qos.logback.classic.Level;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ListOptions;
import io.kooper.clock.ManualClock;
import io.kooper.fake.FakeSource;
import io.kooper.fake.Logs;
import io.kooper.retrieve.ListerWatcher;
import io.kooper.retrieve.RetrieveException;
import io.kooper.retrieve.RetrieveException.Reason;
import io.kooper.retrieve.Retriever;
import io.kooper.retrieve.SourceEvent;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class InformerTest {

  private static final Duration SOON = Duration.ofSeconds(20);

  private final FakeSource source = new FakeSource();
  private final ManualClock clock = new ManualClock();
  private final Recorder recorder = new Recorder();
  private Informer<ConfigMap> informer = Informer.builder(source.retriever()).name("test").clock(clock).build();

  @AfterEach
  void close() {
    informer.close();
  }

  private void start() throws InterruptedException {
    informer.addListener(recorder);
    informer.start();
    assertThat(informer.awaitSynced(SOON)).isTrue();
  }

  private void use(ListerWatcher<ConfigMap> listerWatcher) {
    informer = Informer.builder(retriever(listerWatcher)).name("test").clock(clock).build();
  }

  private static Retriever<ConfigMap> retriever(ListerWatcher<ConfigMap> listerWatcher) {
    return new Retriever<>() {
      @Override
      public ListerWatcher<ConfigMap> listerWatcher() {
        return listerWatcher;
      }

      @Override
      public Class<ConfigMap> objectType() {
        return ConfigMap.class;
      }
    };
  }

  private static Set<Thread> threads() {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(thread -> thread.getName().equals("kooper-test-informer")).collect(Collectors.toSet());
  }

  /** Waits until the reflector waits for its back-off to pass, and lets it pass. */
  private void backOff() {
    await().until(() -> clock.waiting() > 0);
    clock.advance(Duration.ofMinutes(1));
  }

  @Nested
  @Tag("R1")
  @DisplayName("R1: a stop leaves no thread")
  class Stopping {

    @Test
    void beforeTheStart() {
      informer.close();
      assertThatThrownBy(informer::start).isInstanceOf(IllegalStateException.class).hasMessageContaining("closed");
      assertThat(threads()).isEmpty();
      assertThat(source.lists()).isEmpty();
    }

    @Test
    void whileItWatches() throws Exception {
      start();
      await().until(() -> source.watching() == 1);
      informer.close();
      assertThat(threads()).isEmpty();
      assertThat(source.watching()).isZero();
      assertThat(informer.ended()).isTrue();
      assertThat(informer.health().watching()).isFalse();
    }

    @Test
    void whileItLists() throws Exception {
      CountDownLatch listing = new CountDownLatch(1);
      use(new ListerWatcher<>() {
        @Override
        public String list(ListOptions options, Consumer<SourceEvent<ConfigMap>> sink) throws InterruptedException {
          listing.countDown();
          new CountDownLatch(1).await();
          return "1";
        }

        @Override
        public void watch(ListOptions options, Consumer<SourceEvent<ConfigMap>> sink) {}
      });
      informer.start();
      listing.await();
      informer.close();
      assertThat(threads()).isEmpty();
      assertThat(informer.awaitSynced(SOON)).isFalse();
    }

    @Test
    void whileItBacksOff() {
      source.failList(fault(Reason.SERVER_ERROR));
      informer.start();
      await().until(() -> clock.waiting() > 0);
      informer.close();
      assertThat(threads()).isEmpty();
    }

    @Test
    void fromAListenersOwnCall() throws Exception {
      informer.addListener(new Recorder().after(line -> informer.close()));
      source.put("a", "1");
      informer.start();
      await().untilAsserted(() -> assertThat(threads()).isEmpty());
      assertThat(source.watching()).isZero();
    }

    @Test
    void whenAListenerHasSwallowedTheInterrupt() throws Exception {
      CountDownLatch closing = new CountDownLatch(1);
      start();
      informer.addListener(new Recorder().after(line -> {
        if (line.startsWith("added")) {
          closing.countDown();
          await().pollInSameThread().until(Thread::interrupted);
        }
      }));
      source.put("a", "1");
      closing.await();
      informer.close();
      assertThat(threads()).isEmpty();
    }

    @Test
    void twiceAndFromAnotherThreadThatWaitsForTheFirstList() throws Exception {
      for (int i = 0; i < 50; i++) {
        source.failList(fault(Reason.FORBIDDEN));
      }
      informer.start();
      AtomicReference<Boolean> synced = new AtomicReference<>();
      Thread waiting = new Thread(() -> {
        try {
          synced.set(informer.awaitSynced(Duration.ofSeconds(Long.MAX_VALUE)));
        } catch (InterruptedException e) {
          Thread.currentThread().interrupt();
        }
      });
      waiting.start();
      await().until(() -> clock.waiting() == 2); // the informer, and who waits for it
      informer.close();
      informer.close();
      waiting.join();
      assertThat(synced).hasValue(false);
    }

    @Test
    void theStoreStaysReadable() throws Exception {
      source.put("a", "1");
      start();
      informer.close();
      assertThat(informer.store().get("default", "a")).isPresent();
    }
  }

  @Nested
  class Starting {

    @Test
    void twiceIsRefused() {
      informer.start();
      assertThatThrownBy(informer::start).isInstanceOf(IllegalStateException.class).hasMessageContaining("started");
      assertThat(informer.ended()).isFalse();
    }

    @Test
    void awaitSyncedSaysWhenTheTimeIsOver() throws Exception {
      assertThat(informer.awaitSynced(Duration.ZERO)).isFalse();
      AtomicReference<Boolean> synced = new AtomicReference<>();
      Thread waiting = new Thread(() -> {
        try {
          synced.set(informer.awaitSynced(Duration.ofSeconds(5)));
        } catch (InterruptedException e) {
          Thread.currentThread().interrupt();
        }
      });
      waiting.start();
      await().until(() -> clock.waiting() == 1);
      clock.advance(Duration.ofSeconds(5));
      waiting.join();
      assertThat(synced).hasValue(false);
    }

    @Test
    void awaitSyncedReturnsAfterEveryListenerWasTold() throws Exception {
      CountDownLatch telling = new CountDownLatch(1);
      CountDownLatch goOn = new CountDownLatch(1);
      recorder.before(line -> {
        telling.countDown();
        awaitLatch(goOn);
      });
      informer.addListener(recorder);
      informer.start();
      telling.await();
      assertThat(informer.health().synced()).isTrue(); // the store is complete
      assertThat(informer.awaitSynced(Duration.ZERO)).isFalse(); // but not all were told
      goOn.countDown();
      assertThat(informer.awaitSynced(SOON)).isTrue();
      assertThat(recorder.news()).containsExactly("synced");
    }

    @Test
    void whatCannotWorkIsRefusedWithEveryReason() {
      var builder = Informer.builder(source.retriever()).name(" ").index("a", o -> List.of()).index("a", o -> List.of())
          .index(" ", o -> List.of());
      assertThatThrownBy(builder::build).isInstanceOf(IllegalArgumentException.class)
          .hasMessageContainingAll("name is blank", "two indexes \"a\"", "the name of an index is blank");
      assertThatThrownBy(() -> Informer.builder(retriever(null))).isInstanceOf(NullPointerException.class)
          .hasMessageContaining("ListerWatcher");
      assertThatThrownBy(() -> Informer.builder(source.retriever()).clock(null)).isInstanceOf(NullPointerException.class)
          .hasMessage("clock");
      assertThat(Informer.builder(source.retriever()).build().toString()).isNotNull();
    }
  }

  @Nested
  class Failing {

    @Test
    void aFirstListThatFailsIsRetriedWithTheCauseInHealthListenerAndLog() {
      try (Logs log = new Logs("io.kooper.informer", Level.WARN)) {
        RetrieveException forbidden = fault(Reason.FORBIDDEN);
        source.failList(forbidden);
        informer.addListener(recorder);
        informer.start();
        await().until(() -> clock.waiting() > 0);
        assertThat(informer.health().lastError()).isSameAs(forbidden);
        assertThat(informer.health().synced()).isFalse();
        assertThat(recorder.failures()).containsExactly(forbidden);
        assertThat(log.lines()).singleElement().asString().contains("FORBIDDEN: fake FORBIDDEN");
      }
      backOff();
      await().until(() -> informer.health().watching());
      assertThat(informer.health().lastError()).isNull();
      assertThat(informer.health().synced()).isTrue();
    }

    @Test
    @Tag("R13")
    @DisplayName("R13: a replacement during an outage is a delete with the last known state and an add")
    void replacedDuringAnOutage() throws Exception {
      source.put("a", "1");
      start();
      await().until(() -> source.watching() == 1);
      source.endWatch(fault(Reason.CONNECTION_LOST));
      await().until(() -> clock.waiting() > 0);
      source.delete("a");
      source.put("a", "2");
      source.compact();
      backOff();
      await().until(() -> source.watching() == 1);
      assertThat(recorder.news()).containsExactly("initial a@1", "synced", "failed CONNECTION_LOST", "failed GONE",
          "deleted a@1", "added a@3");
    }

    @Test
    void interruptsOfItsThreadDoNotEndIt() throws Exception {
      start();
      for (int i = 0; i < 20; i++) {
        threads().forEach(Thread::interrupt);
        backOffUntilWatching();
        source.put("a", Integer.toString(i));
        int n = i;
        await().until(() -> recorder.view().get(key("a")) != null
            && recorder.view().get(key("a")).getData().get("value").equals(Integer.toString(n)));
      }
      assertThat(source.lists()).hasSize(1);
      assertThat(recorder.misfits()).isEmpty();
    }

    private void backOffUntilWatching() {
      await().until(() -> {
        clock.advance(Duration.ofMinutes(1));
        return source.watching() == 1 && informer.health().watching() && clock.waiting() == 0;
      });
    }

    @Test
    void aMockThatAnswersNullIsAFailureWithACause() throws Exception {
      @SuppressWarnings("unchecked")
      ListerWatcher<ConfigMap> nothing = mock(ListerWatcher.class);
      when(nothing.list(any(), any())).thenReturn(null, "7");
      use(nothing);
      informer.start();
      await().until(() -> clock.waiting() > 0);
      assertThat(informer.health().lastError()).hasMessageContaining("no version");
      backOff();
      assertThat(informer.awaitSynced(SOON)).isTrue();
    }
  }

  @Nested
  class Listeners {

    @Test
    @Tag("R10")
    @DisplayName("R10: adding one to a closed informer is an error")
    void afterTheEnd() {
      informer.close();
      assertThatThrownBy(() -> informer.addListener(recorder)).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void oneThatClosesTheInformerWhileAnotherIsBeingAddedDoesNotBlock() throws Exception {
      CountDownLatch told = new CountDownLatch(1);
      CountDownLatch adding = new CountDownLatch(1);
      start();
      informer.addListener(new Recorder().after(line -> {
        if (line.startsWith("added")) {
          told.countDown();
          awaitLatch(adding);
          informer.close();
        }
      }));
      source.put("a", "1");
      told.await();
      Thread other = new Thread(() -> informer.addListener(new Recorder()));
      other.start();
      await().until(() -> other.getState() == Thread.State.WAITING || other.getState() == Thread.State.BLOCKED);
      adding.countDown();
      other.join(TimeUnit.SECONDS.toMillis(20));
      assertThat(other.isAlive()).isFalse();
      await().untilAsserted(() -> assertThat(threads()).isEmpty());
    }

    @Test
    void aReplayOfAServerThatKnowsNoVersionsIsNoNews() throws Exception {
      ConfigMap a = object("a", "1", 5);
      CountDownLatch replayed = new CountDownLatch(1);
      use(new ListerWatcher<>() {
        @Override
        public String list(ListOptions options, Consumer<SourceEvent<ConfigMap>> sink) {
          sink.accept(SourceEvent.added(a));
          return "9";
        }

        @Override
        public void watch(ListOptions options, Consumer<SourceEvent<ConfigMap>> sink) throws InterruptedException {
          sink.accept(SourceEvent.added(object("a", "1", 5)));
          replayed.countDown();
          new CountDownLatch(1).await();
        }
      });
      start();
      replayed.await();
      assertThat(recorder.news()).isEqualTo(List.of("initial a@5", "synced"));
    }
  }

  private static void awaitLatch(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
