package io.kooper.controller;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.qos.logback.classic.Level;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.kooper.fake.LateSource;
import io.kooper.fake.Logs;
import io.kooper.fake.ManualTerm;
import io.kooper.informer.Informer;
import io.kooper.leaderelection.Leadership;
import io.kooper.retrieve.Retriever;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
@Tag("K6")
class LeadershipTest {

  private static final Duration SECOND = Duration.ofSeconds(1);

  private final Rig rig = new Rig();
  private final ManualRunner election = new ManualRunner();
  private final CountDownLatch entered = new CountDownLatch(1);
  private final CountDownLatch go = new CountDownLatch(1);

  @AfterEach
  void stop() {
    go.countDown();
    rig.close();
  }

  private void awaitStandby() {
    Rig.await(() -> election.waiting);
  }

  private void stubborn() {
    rig.behave((call, context) -> {
      entered.countDown();
      for (boolean open = false; !open; ) {
        try {
          open = go.await(30, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
          Thread.interrupted(); // as a handler does that swallows it
        }
      }
    });
  }

  private static boolean runs(String thread) {
    return Thread.getAllStackTraces().keySet().stream().anyMatch(one -> one.getName().equals(thread));
  }

  @Test
  @DisplayName("K6: a standby queues nothing, so nothing of what came and went waits for its term, nor counts as waiting")
  void aStandbyHoardsNothing() {
    rig.put("a", "1").start(builder -> builder.election(election)).awaitHeard("a=1");
    for (int i = 0; i < 100; i++) {
      rig.put("gone" + i, "1").awaitHeard("gone" + i + "=1");
      rig.source.delete("gone" + i);
    }
    rig.put("b", "1").awaitHeard("b=1");
    rig.clock.advance(Duration.ofMinutes(1));
    assertThat(rig.queue().length()).isZero();
    assertThat(rig.queue().inFlight()).isZero();

    election.lead();

    rig.awaitCalls(2).settle();
    assertThat(rig.told()).containsExactlyInAnyOrder("add a=1", "add b=1");
  }

  @Test
  void nothingIsQueuedBetweenTwoTermsEither() {
    rig.put("a", "1").start(builder -> builder.election(election).campaignAgain().resync(SECOND));
    ManualTerm term = election.lead();
    rig.awaitCalls(1);
    term.end();
    awaitStandby();
    Rig.await(() -> rig.queue().length() + rig.queue().inFlight() <= 1);
    rig.put("b", "1").awaitHeard("b=1");
    rig.clock.advance(Duration.ofMinutes(1));
    Rig.await(() -> rig.clock.isUpToDate("kooper-configmaps-resync"));
    assertThat(rig.queue().length()).isLessThanOrEqualTo(1);

    election.lead();
    Rig.await(() -> rig.told().contains("add b=1"));
    rig.advanceUntil(SECOND, () -> rig.told("a").size() >= 2);
  }

  @Test
  @DisplayName("K6: a warm standby has seen all objects and is ready, and calls no handler before its term")
  void aWarmStandbySeesAndCallsNobody() {
    rig.put("a", "1").start(builder -> builder.election(election)).awaitHeard("a=1");
    Rig.await(() -> rig.controller().health().ready());
    assertThat(rig.calls()).isEmpty();

    election.lead();

    assertThat(rig.awaitCalls(1).told()).containsExactly("add a=1");
  }

  @Test
  @DisplayName("K6: a cold standby lists nothing and is ready, and lists when it leads")
  void aColdStandbyListsNothing() {
    rig.put("a", "1").start(builder -> builder.election(election).coldStandby());
    awaitStandby();
    assertThat(rig.controller().health().ready()).isTrue();
    assertThat(rig.source.lists()).isEmpty();

    election.lead();

    assertThat(rig.awaitCalls(1).told()).containsExactly("add a=1");
  }

  @Test
  @DisplayName("K6: a cold standby whose first term ended at once goes on in the next")
  void aColdStandbySurvivesAShortTerm() {
    rig.put("a", "1").start(builder -> builder.election(election).coldStandby().campaignAgain());
    awaitStandby();
    election.lead().end();
    election.lead().end();
    election.lead();

    assertThat(rig.awaitCalls(1).told()).contains("add a=1");
    assertThat(rig.hasEnded()).isFalse();
  }

  @Test
  @DisplayName("K6: a standby that is closed returns at once, and its thread is not interrupted afterwards")
  void aStandbyClosesAtOnce() throws Exception {
    var left = new CompletableFuture<Boolean>();
    Controller controller = rig.build(builder -> builder.election(election));
    new Thread(() -> {
      controller.run();
      left.complete(Thread.currentThread().isInterrupted());
    }).start();
    awaitStandby();

    controller.close();

    assertThat(left.get(30, TimeUnit.SECONDS)).isFalse();
    assertThat(election.leases).isEmpty();
  }

  @Test
  @DisplayName("K6 K17: a close during a term drains before the lease is released")
  void aCloseDrainsBeforeTheRelease() throws Exception {
    rig.behave((call, context) -> {
      entered.countDown();
      go.await();
      assertThat(context.cancelled()).isFalse();
    });
    rig.put("a", "1").start(builder -> builder.election(election));
    election.lead();
    entered.await();
    new Thread(rig.controller()::close).start();
    Rig.await(() -> rig.queue().isShutDown());
    assertThat(election.leases).isEmpty();

    go.countDown();
    rig.awaitEnd();

    assertThat(election.leases).containsExactly("released");
  }

  @Test
  @DisplayName("K6: the end of a term cancels and interrupts, then run() fails, and nothing starts any more")
  void theEndOfATermCancels() throws Exception {
    var cancelled = new CompletableFuture<Boolean>();
    rig.behave((call, context) -> {
      entered.countDown();
      try {
        go.await();
      } catch (InterruptedException e) {
        cancelled.complete(context.cancelled());
      }
    });
    rig.put("a", "1").put("b", "1").start(builder -> builder.election(election));
    ManualTerm term = election.lead();
    entered.await();

    term.end();

    assertThat(cancelled.get(30, TimeUnit.SECONDS)).isTrue();
    assertThatThrownBy(rig::awaitEnd).isInstanceOf(ExecutionException.class).cause()
        .isInstanceOf(ControllerException.class).hasMessageContaining("lost the leadership");
    assertThat(rig.calls()).hasSize(1);
    assertThat(election.leases).containsExactly("released");
    assertThat(rig.controller().health().live()).isFalse();
  }

  @Test
  @DisplayName("K6 K17: a handler that ignores the end of the term keeps the lease from being released, and run() names it")
  void aStuckHandlerKeepsTheLease() throws Exception {
    stubborn();
    rig.put("a", "1").start(builder -> builder.election(election).campaignAgain());
    ManualTerm term = election.lead();
    entered.await();

    term.end();

    assertThatThrownBy(() -> rig.advanceToEnd(SECOND)).isInstanceOf(ExecutionException.class).cause()
        .isInstanceOf(ControllerException.class).hasMessageContaining("default/a");
    assertThat(election.leases).containsExactly("kept");
  }

  @Test
  @DisplayName("K6: who campaigns again handles all objects again in the next term, and no delete twice")
  void campaignsAgain() {
    rig.put("a", "1").put("b", "1").start(builder -> builder.election(election).campaignAgain());
    ManualTerm first = election.lead();
    rig.awaitCalls(2);
    rig.source.delete("b");
    rig.awaitCalls(3);
    first.end();
    awaitStandby();
    rig.put("c", "1").awaitHeard("c=1");
    rig.source.delete("a");
    rig.put("d", "1").awaitHeard("d=1");
    assertThat(rig.controller().health().ready()).isTrue();
    assertThat(rig.calls()).hasSize(3);

    election.lead();
    rig.settle();

    assertThat(rig.told().subList(0, 3)).containsExactlyInAnyOrder("add a=1", "add b=1", "delete b=1");
    assertThat(rig.told().subList(3, rig.told().size())).contains("add c=1", "add d=1")
        .doesNotContain("add a=1", "delete a=1", "delete b=1");
    assertThat(election.leases).containsExactly("released");
  }

  @Test
  @DisplayName("K6: what is queued when a term is lost does not wait for the next one, which begins with all objects")
  void aLostTermLeavesNothingInTheQueue() {
    rig.put("a", "1").start(builder -> builder.election(election).campaignAgain());
    rig.behave((call, context) -> context.requeueAfter(Duration.ofHours(1)));
    ManualTerm term = election.lead();
    rig.awaitCalls(1);
    Rig.await(() -> rig.queue().delayed() == 1);

    term.end();
    awaitStandby();

    Rig.await(() -> rig.queue().delayed() == 0 && rig.queue().length() == 0);
    election.lead();
    rig.awaitCalls(2);
    assertThat(rig.told()).containsExactly("add a=1", "add a=1");
  }

  @Test
  @DisplayName("K6: closed between two terms, run() returns and leaves no thread behind")
  void closesBetweenTerms() throws Exception {
    rig.put("a", "1").start(builder -> builder.name("between").election(election).campaignAgain()
        .resync(Duration.ofSeconds(30)).handlerTimeout(SECOND));
    ManualTerm term = election.lead();
    rig.awaitCalls(1);
    term.end();
    awaitStandby();

    rig.controller().close();

    rig.awaitEnd();
    Rig.await(() -> !runs("kooper-between-resync") && !runs("kooper-between-timeouts") && !runs("kooper-between-worker-0"));
  }

  @Test
  @DisplayName("K6: an interrupt while the last handlers of a term end is a stop, though it would campaign again")
  void anInterruptAtTheEndOfATermStops() throws Exception {
    stubborn();
    rig.put("a", "1").start(builder -> builder.election(election).campaignAgain());
    ManualTerm term = election.lead();
    entered.await();
    term.end();
    rig.thread().interrupt();
    Rig.await(() -> rig.queue().isShutDown());
    go.countDown();

    rig.awaitEnd();
    assertThat(election.leases).containsExactly("released");
  }

  @Test
  @DisplayName("K17: an interrupt while the lease is given back ends no wait of run() for its threads, and is kept")
  void anInterruptWhileTheLeaseIsGivenBackIsKept() throws Exception {
    CountDownLatch listing = new CountDownLatch(1);
    AtomicBoolean kept = new AtomicBoolean();
    Thread[] run = new Thread[1];
    LateSource source = new LateSource(rig.source, () -> {
      try {
        listing.countDown();
        new CountDownLatch(1).await();
      } catch (InterruptedException e) { // it ends when it is waited for, or too late
        Rig.await(() -> run[0].getState() == Thread.State.TIMED_WAITING || !run[0].isAlive());
      }
    });
    Controller controller = Controller.builder(Retriever.of(ConfigMap.class, source), (context, object) -> {}).election(task -> {
      task.run(Leadership.ALWAYS);
      Thread.currentThread().interrupt();
    }).build();
    run[0] = new Thread(() -> {
      controller.run();
      kept.set(Thread.currentThread().isInterrupted());
    });
    try (Logs logs = new Logs(Informer.class.getName(), Level.WARN)) {
      run[0].start();
      listing.await();
      controller.close();
      run[0].join();

      assertThat(kept).isTrue();
      assertThat(logs.lines()).isEmpty();
    }
  }

  @Test
  @DisplayName("K6: a runner that returns without a term is a failure, not a busy loop")
  void aRunnerWithoutATermIsAFailure() {
    rig.start(builder -> builder.election(task -> {}));

    assertThatThrownBy(rig::awaitEnd).cause().hasMessageContaining("without a term");
  }
}
