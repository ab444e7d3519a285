package io.kooper.controller;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.kooper.controller.ManualShards.ManualHolding;
import io.kooper.fake.FakeSource;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A controller that works on some shards. The marker of {@link Rig#settle} is in shard z. */
@Timeout(60)
class ShardsTest {

  private static final Duration SECOND = Duration.ofSeconds(1);

  private final Rig rig = new Rig();
  private final ManualShards shards = new ManualShards();
  private final CountDownLatch entered = new CountDownLatch(1);
  private final CountDownLatch go = new CountDownLatch(1);

  @AfterEach
  void stop() {
    go.countDown();
    rig.close();
  }

  private void start() {
    rig.start(builder -> builder.shards(shards));
    Rig.await(() -> !shards.said.isEmpty());
    shards.gain('z');
  }

  /** The handler waits for {@link #go} in a call for this name. */
  private void block(String name, boolean heedsInterrupts) {
    rig.behave((call, context) -> {
      if (call.name().equals(name)) {
        entered.countDown();
        for (boolean open = false; !open; ) {
          try {
            open = go.await(30, TimeUnit.SECONDS);
          } catch (InterruptedException e) {
            if (heedsInterrupts) {
              throw e;
            }
          }
        }
      }
    });
  }

  @Test
  void callsForKeysOfItsShardsAlone() {
    rig.put("a", "1").put("b", "1");
    start();
    shards.gain('a');
    rig.awaitCalls(1).put("b", "2").put("a", "2").awaitHeard("a=2").settle();

    assertThat(rig.told()).containsExactly("add a=1", "add a=2");
    assertThat(rig.queue().length()).isZero();
  }

  @Test
  void queuesAllKeysOfAShardThatIsGained() {
    rig.put("a", "1").put("b", "1");
    start();
    rig.settle();
    assertThat(rig.told()).isEmpty();

    shards.gain('b');

    rig.awaitCalls(1).settle();
    assertThat(rig.told()).containsExactly("add b=1");
  }

  @Test
  @DisplayName("Invariant 4: a shard is given back only after its last call has ended; the others go on")
  void givesAShardAwayAfterItsCalls() throws Exception {
    rig.put("a1", "1").put("a2", "1").put("b", "1");
    block("a1", true);
    rig.start(builder -> builder.shards(shards).workers(2));
    Rig.await(() -> !shards.said.isEmpty());
    ManualHolding a = shards.gain('a');
    shards.gain('b');
    assertThat(entered.await(30, TimeUnit.SECONDS)).isTrue();
    rig.awaitCalls(3);

    a.give();
    rig.put("a2", "2").put("b", "2").awaitHeard("b=2");
    Rig.await(() -> rig.told("b").size() == 2);
    rig.clock.advance(Duration.ofMinutes(1));
    assertThat(a.ended).as("while a call runs").isFalse();
    assertThat(rig.told("a2")).as("a call that began in a shard to be given away").containsExactly("add a2=1");

    go.countDown();

    Rig.await(() -> a.ended);
    assertThat(rig.told("a1")).containsExactly("add a1=1");
  }

  @Test
  @DisplayName("Invariant 4: the calls of a shard that is lost are cancelled, those of others are not")
  void cancelsTheCallsOfALostShard() throws Exception {
    rig.put("a", "1");
    block("a", true);
    start();
    ManualHolding a = shards.gain('a');
    assertThat(entered.await(30, TimeUnit.SECONDS)).isTrue();

    a.lose();

    Rig.await(() -> a.ended);
    rig.behave((call, context) -> assertThat(context.leadership().token()).isEqualTo(call.name().equals("a") ? 3 : 1));
    shards.gain('a');
    rig.awaitCalls(2).settle();
    assertThat(rig.told()).containsExactly("add a=1", "add a=1");
    assertThat(rig.hasEnded()).isFalse();
  }

  @Test
  @DisplayName("Invariant 8: nothing is told as deleted since a shard went, nor what was deleted while another process had it")
  void tellsNoDeletesOfAShardThatWent() {
    rig.put("a1", "1").put("a2", "1");
    start();
    ManualHolding a = shards.gain('a');
    rig.awaitCalls(2);
    a.give();
    Rig.await(() -> a.ended);
    rig.source.delete("a1");
    rig.settle();

    shards.gain('a');

    rig.awaitCalls(3).settle();
    assertThat(rig.told("a1")).containsExactly("add a1=1");
    assertThat(rig.told("a2")).containsExactly("add a2=1", "add a2=1");
  }

  @Test
  void forgetsTheRetriesOfAShardThatWent() {
    rig.put("a", "1").behave((call, context) -> {
      if (call.name().equals("a")) {
        throw new IllegalStateException("as ever");
      }
    });
    start();
    ManualHolding a = shards.gain('a');
    Rig.await(() -> rig.queue().delayed() > 0);
    a.give();
    Rig.await(() -> a.ended);

    assertThat(rig.queue().delayed()).isZero();
    rig.advance(Duration.ofMinutes(2), 2);
    int calls = rig.calls().size();
    rig.advance(Duration.ofMinutes(2), 2);
    assertThat(rig.calls()).hasSize(calls);
  }

  @Test
  void resyncsAndTriggersKeysOfItsShardsAlone() {
    rig.put("a", "1").put("b", "1").start(builder -> builder.shards(shards).resync(SECOND.multipliedBy(60)));
    Rig.await(() -> !shards.said.isEmpty());
    shards.gain('z');
    shards.gain('a');
    rig.awaitCalls(1).advance(Duration.ofMinutes(3), 18);

    assertThat(rig.told("a")).hasSizeGreaterThan(1);
    assertThat(rig.told("b")).isEmpty();
    assertThat(rig.controller().trigger(FakeSource.key("a"))).isTrue();
    assertThat(rig.controller().trigger(FakeSource.key("b"))).isFalse();
  }

  @Test
  @DisplayName("Invariant 5: a stop handles what is queued with the leases held, and gives them back then")
  void givesAllBackAtTheStop() throws Exception {
    rig.put("a1", "1");
    block("a1", true);
    start();
    shards.gain('a');
    assertThat(entered.await(30, TimeUnit.SECONDS)).isTrue();
    rig.put("a2", "1").awaitHeard("a2=1");
    Thread closing = new Thread(rig.controller()::close);
    closing.start();
    Rig.await(() -> shards.said.contains("leave"));
    assertThat(shards.said).containsExactly("join", "leave");

    go.countDown();

    rig.awaitEnd();
    closing.join();
    assertThat(shards.said).containsExactly("join", "leave", "close[]");
    assertThat(rig.told()).containsExactlyInAnyOrder("add a1=1", "add a2=1");
  }

  @Test
  void abandonsAShardWhoseHandlersIgnoreTheEnd() throws Exception {
    rig.put("a", "1");
    block("a", false);
    start();
    ManualHolding a = shards.gain('a');
    assertThat(entered.await(30, TimeUnit.SECONDS)).isTrue();
    a.lose();

    assertThatThrownBy(() -> rig.advanceToEnd(SECOND)).hasMessageContaining("handlers still run")
        .hasMessageContaining("default/a");

    assertThat(a.ended).isFalse();
    assertThat(shards.said.get(2)).startsWith("close[").contains("a");
  }

  @Test
  void isReadyWithoutAShard() {
    rig.start(builder -> builder.shards(shards));
    Rig.await(() -> rig.controller().health().ready());
    shards.defect = "broken";

    assertThat(rig.controller().health().live()).isFalse();
  }
}
