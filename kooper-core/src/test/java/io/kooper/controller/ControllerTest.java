package io.kooper.controller;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.Mockito.doReturn;
import static org.mockito.Mockito.spy;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.kooper.fake.FakeSource;
import io.kooper.handler.HandlerContext;
import io.kooper.informer.InformerListener;
import io.kooper.retrieve.RetrieveException.Reason;
import io.kooper.retrieve.Retriever;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.Phaser;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class ControllerTest {

  private final Rig rig = new Rig();

  @AfterEach
  void stop() {
    rig.close();
  }

  @Nested
  class TellsTheHandler {

    @Test
    @Tag("K1")
    @DisplayName("K1: listed objects are given to add, once each")
    void listedObjectsAreGivenToAddOnceEach() {
      List<String> expected = new ArrayList<>();
      for (int i = 0; i < 10; i++) {
        rig.put("o" + i, "1");
        expected.add("add o" + i + "=1");
      }

      rig.start().awaitCalls(10).settle();

      assertThat(rig.told()).containsExactlyInAnyOrderElementsOf(expected);
    }

    @Test
    @Tag("K2")
    @DisplayName("K2: a deleted object is given to delete once, in its last state, and the others are not")
    void aDeletedObjectIsToldOnceInItsLastState() {
      rig.put("a", "1").put("b", "1").put("c", "1").start().awaitCalls(3);
      rig.put("a", "2").settle();

      rig.source.delete("a");
      rig.source.delete("b");
      rig.settle();

      assertThat(rig.told().subList(3, 6)).containsExactly("add a=2", "delete a=2", "delete b=1");
      assertThat(rig.told()).hasSize(6);
    }

    @Test
    @Tag("K2")
    @DisplayName("K2: deletes that happen while the watch is cut are told, in the last state that was seen")
    void deletesThatTheWatchMissedAreTold() {
      rig.put("a", "1").put("b", "1").start().awaitCalls(2).settle();
      rig.source.failWatch(FakeSource.fault(Reason.GONE));
      rig.source.endWatch(null);
      rig.source.delete("a");

      rig.advanceUntil(Duration.ofMillis(200), () -> rig.told().contains("delete a=1"));

      assertThat(rig.settle().told("b")).containsExactly("add b=1");
    }

    @Test
    @Tag("K12")
    @DisplayName("K12: creates, updates and deletes are told in their order")
    void createsUpdatesAndDeletesAreToldInTheirOrder() {
      rig.start().settle();

      rig.put("svc1", "1").settle();
      rig.put("svc2", "1").settle();
      rig.put("svc1", "2").settle();
      rig.source.delete("svc1");
      rig.settle();
      rig.source.delete("svc2");
      rig.settle();

      assertThat(rig.told()).containsExactly(
          "add svc1=1", "add svc2=1", "add svc1=2", "delete svc1=2", "delete svc2=1");
    }

    @Test
    @Tag("W5")
    @DisplayName("W5: changes while a key is handled are told as one, in the newest state")
    void changesWhileAKeyIsHandledAreToldAsOne() throws Exception {
      var entered = new CountDownLatch(1);
      var go = new CountDownLatch(1);
      rig.behave((call, context) -> {
        entered.countDown();
        go.await();
      });
      rig.put("a", "1").start();
      entered.await();

      for (int i = 2; i < 100; i++) {
        rig.put("a", "" + i);
      }
      rig.awaitHeard("a=99");
      go.countDown();

      assertThat(rig.settle().told()).containsExactly("add a=1", "add a=99");
    }

    @Test
    void nothingIsToldBeforeTheListIsComplete() {
      rig.source.failList(FakeSource.fault(Reason.FORBIDDEN));
      rig.put("a", "1").start();
      Rig.await(() -> rig.clock.waiting() > 0 && !rig.source.lists().isEmpty());

      assertThat(rig.told()).isEmpty();
      rig.advanceUntil(Duration.ofMillis(100), () -> rig.told().size() == 1);
    }
  }

  @Nested
  class Workers {

    @Test
    @Tag("K13")
    @DisplayName("K13: one worker handles one key at a time")
    void aSequentialControllerHandlesOneAtATime() {
      var inside = new AtomicInteger();
      var most = new AtomicInteger();
      rig.behave((call, context) -> {
        most.accumulateAndGet(inside.incrementAndGet(), Math::max);
        Thread.yield();
        inside.decrementAndGet();
      });
      for (int i = 0; i < 100; i++) {
        rig.put("o" + i, "1");
      }

      rig.start().awaitCalls(100).settle();

      assertThat(most).hasValue(1);
    }

    @Test
    @Tag("K13")
    @DisplayName("K13: W workers handle W keys at once and never more: 100 keys in 20 rounds of 5")
    void concurrentWorkersHandleAsManyAtOnce() {
      var inside = new AtomicInteger();
      var most = new AtomicInteger();
      var rounds = new AtomicInteger();
      var together = new CyclicBarrier(5, rounds::incrementAndGet);
      rig.behave((call, context) -> {
        most.accumulateAndGet(inside.incrementAndGet(), Math::max);
        together.await(10, TimeUnit.SECONDS); // passes only if five are here at once
        inside.decrementAndGet();
      });
      for (int i = 0; i < 100; i++) {
        rig.put("o" + i, "1");
      }

      rig.start(builder -> builder.workers(5)).awaitCalls(100);
      Rig.await(() -> rounds.get() == 20 && inside.get() == 0);

      assertThat(most).hasValueLessThanOrEqualTo(5);
      assertThat(rig.told()).doesNotHaveDuplicates().hasSize(100);
    }

    @Test
    @Tag("W6")
    @DisplayName("W6: one key is never with two workers, though others are idle and it changes all the time")
    void aKeyIsNeverWithTwoWorkers() throws Exception {
      var entered = new Semaphore(0);
      var go = new Phaser(1);
      Set<String> inside = ConcurrentHashMap.newKeySet();
      var twice = new AtomicReference<String>();
      rig.behave((call, context) -> {
        if (!inside.add(call.name())) {
          twice.set(call.toString());
        }
        entered.release();
        go.awaitAdvance(Integer.parseInt(call.value()));
        inside.remove(call.name());
      });
      rig.put("a", "0").put("other", "0").start(builder -> builder.workers(4));
      entered.acquire(2);
      for (int i = 1; i < 20; i++) {
        rig.put("a", "" + i).put("other", "" + i);
        go.arrive();
        entered.acquire(2);
      }
      go.forceTermination();

      assertThat(twice).hasValue(null);
    }

    @Test
    void aSlowKeyDoesNotHoldUpTheOthers() throws Exception {
      var go = new CountDownLatch(1);
      rig.behave((call, context) -> {
        if (call.name().equals("slow")) {
          go.await();
        }
      });
      rig.put("slow", "1").put("a", "1").put("b", "1").start(builder -> builder.workers(2));

      Rig.await(() -> rig.told().containsAll(List.of("add a=1", "add b=1")));
      rig.put("a", "2");
      Rig.await(() -> rig.told().contains("add a=2"));
      go.countDown();
    }

    @Test
    void workersAreNamedDaemons() {
      var names = ConcurrentHashMap.<String>newKeySet();
      rig.behave((call, context) -> names.add(Thread.currentThread().getName() + Thread.currentThread().isDaemon()));
      rig.put("a", "1").start(builder -> builder.name("mine")).settle();

      assertThat(names).containsExactly("kooper-mine-worker-0true");
    }
  }

  @Nested
  class Context {

    @Test
    void namesControllerKeyAndFirstAttempt() {
      var seen = new AtomicReference<HandlerContext<ConfigMap>>();
      rig.behave((call, context) -> seen.set(context));
      rig.put("a", "1").start().settle();

      assertThat(seen.get().controller()).isEqualTo("configmaps").isEqualTo(rig.controller().name());
      assertThat(seen.get().key()).isEqualTo(FakeSource.key("a"));
      assertThat(seen.get().attempt()).isEqualTo(1);
      assertThat(seen.get().cancelled()).isFalse();
    }

    @Test
    void theCopyMayBeModifiedAndTheObjectIsTheCachedOne() {
      var copy = new AtomicReference<ConfigMap>();
      var stored = new AtomicReference<ConfigMap>();
      rig.behave((call, context) -> {
        copy.set(context.copy());
        copy.get().getData().put("value", "changed");
        stored.set(context.store().get(context.key()).orElseThrow());
      });
      rig.put("a", "1").put("b", "1").start().settle();

      assertThat(copy.get().getData()).containsEntry("value", "changed");
      assertThat(stored.get().getData()).containsEntry("value", "1");
      assertThat(copy.get().getMetadata()).isEqualTo(stored.get().getMetadata())
          .isNotSameAs(stored.get().getMetadata());
    }

    @Test
    void theCopyIsMadeByTheRetriever() throws Exception {
      FakeSource source = new FakeSource();
      source.put("a", "1");
      Retriever<ConfigMap> retriever = spy(Retriever.of(ConfigMap.class, source));
      ConfigMap copied = new ConfigMap();
      doReturn(copied).when(retriever).copy(any());
      var copy = new CompletableFuture<ConfigMap>();
      Controller controller = Controller.sequential(retriever, (context, object) -> copy.complete(context.copy()));
      Thread run = new Thread(controller::run);
      run.start();
      assertThat(copy.get()).isSameAs(copied);
      controller.close();
      run.join();
    }

    @Test
    @Tag("C4")
    @DisplayName("C4: the first call sees the whole list in the store")
    void theStoreIsCompleteAtTheFirstCall() {
      var sizes = new CopyOnWriteArrayList<Integer>();
      rig.behave((call, context) -> sizes.add(context.store().size()));
      rig.put("a", "1").put("b", "1").put("c", "1").start().awaitCalls(3);
      Rig.await(() -> sizes.size() == 3);

      assertThat(sizes).containsOnly(3);
    }

    @Test
    @Tag("C4")
    @DisplayName("C4: no call before every listener has heard of the whole list")
    void noCallBeforeEveryListenerHasHeardOfTheWholeList() {
      var synced = new AtomicBoolean();
      var early = new AtomicBoolean();
      rig.behave((call, context) -> early.compareAndSet(false, !synced.get()));
      rig.put("a", "1").put("b", "1").put("c", "1").start(builder -> builder.listener(new InformerListener<>() {
        @Override
        public void added(ConfigMap object, boolean initial) {
          for (int i = 0; initial && rig.all.isEmpty() && i < 10_000; i++) {
            Thread.yield(); // a chance for a worker that should not be there yet
          }
        }

        @Override
        public void updated(ConfigMap before, ConfigMap after) {}

        @Override
        public void deleted(ConfigMap lastState) {}

        @Override
        public void synced() {
          synced.set(true);
        }
      })).awaitCalls(3).settle();

      assertThat(early).isFalse();
    }
  }
}
