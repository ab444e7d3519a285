package io.kooper.controller;

import static org.assertj.core.api.Assertions.assertThat;

import io.kooper.fake.FakeSource;
import io.kooper.retrieve.RetrieveException.Reason;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A delete is told for exactly the uid last given to add, once, before its successor, and never for what is not gone. */
class DeletesTest {

  private final Rig rig = new Rig();

  @AfterEach
  void stop() {
    rig.close();
  }

  @Test
  void aSuccessorIsToldAfterTheDeleteOfItsPredecessor() throws Exception {
    var entered = new CountDownLatch(1);
    var go = new CountDownLatch(1);
    rig.behave((call, context) -> {
      entered.countDown();
      go.await();
    });
    rig.put("a", "A").start(builder -> builder.workers(3));
    entered.await();

    rig.source.delete("a");
    rig.put("a", "B");
    rig.source.delete("a");
    rig.put("a", "C");
    rig.awaitHeard("a=C");
    go.countDown();
    Rig.await(() -> rig.calls().size() >= 3);

    assertThat(rig.told()).as("B was never told, so its delete is not either")
        .containsExactly("add a=A", "delete a=A", "add a=C");
  }

  @Test
  void aReCreationThatTheWatchMissedIsToldAsDeleteAndAdd() {
    rig.put("a", "A").start().awaitCalls(1).settle();
    rig.source.failWatch(FakeSource.fault(Reason.GONE));
    rig.source.endWatch(null);
    rig.source.delete("a");
    rig.put("a", "B");

    rig.advanceUntil(Duration.ofMillis(200), () -> rig.told().contains("add a=B"));

    assertThat(rig.told().stream().distinct()).containsExactly("add a=A", "delete a=A", "add a=B");
    assertThat(rig.calls().get(1).uid()).isEqualTo(rig.calls().get(0).uid());
    assertThat(rig.calls().get(2).uid()).isNotEqualTo(rig.calls().get(0).uid());
  }

  @Test
  void neverTwoHandlersForAKeyAcrossDeleteAndReCreation() {
    var inside = new AtomicInteger();
    var most = new AtomicInteger();
    rig.behave((call, context) -> {
      most.accumulateAndGet(inside.incrementAndGet(), Math::max);
      Thread.yield();
      inside.decrementAndGet();
    });
    rig.start(builder -> builder.workers(4));
    for (int i = 0; i < 500; i++) {
      rig.put("a", "" + i);
      rig.source.delete("a");
    }
    rig.put("a", "last");
    Rig.await(() -> rig.told().contains("add a=last") && rig.queue().inFlight() == 0);

    assertThat(most).hasValue(1);
  }

  @Test
  void theDeleteOfWhatWasNeverToldIsNotTold() throws Exception {
    var entered = new CountDownLatch(1);
    var go = new CountDownLatch(1);
    rig.behave((call, context) -> {
      entered.countDown();
      go.await();
    });
    rig.put("first", "1").start();
    entered.await();
    rig.put("short-lived", "1");
    rig.source.delete("short-lived");
    rig.put("last", "1");
    rig.awaitHeard("last=1");
    go.countDown();

    assertThat(rig.settle().told()).containsExactly("add first=1", "add last=1");
  }

  @Test
  void anAddThatNeverSucceededIsFollowedByItsDelete() {
    rig.behave((call, context) -> {
      if (call.isAdd()) {
        throw new IllegalStateException("as the test wants it");
      }
    });
    rig.put("a", "1").start().awaitCalls(1);
    rig.source.delete("a");

    assertThat(rig.settle().told()).containsExactly("add a=1", "delete a=1");
  }

  @Test
  void aFailedDeleteIsInTheResyncUntilItIsTaken() {
    var deletes = new AtomicInteger();
    rig.behave((call, context) -> {
      if (!call.isAdd() && deletes.incrementAndGet() < 4) {
        throw new IllegalStateException("as the test wants it");
      }
    });
    rig.put("a", "1").start(builder -> builder.retries(0).resync(Duration.ofSeconds(30))).awaitCalls(1).settle();
    rig.source.delete("a");
    rig.settle();
    rig.advance(Duration.ofMinutes(5), 60);

    assertThat(rig.told()).endsWith("delete a=1", "delete a=1", "delete a=1", "delete a=1");
    assertThat(deletes).hasValue(4);
  }
}
