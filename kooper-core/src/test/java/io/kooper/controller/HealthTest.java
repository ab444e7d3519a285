package io.kooper.controller;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.kooper.fake.Logs;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A controller that looks alive and is not is the worst there is. */
@Timeout(60)
class HealthTest {

  private static final Duration MINUTE = Duration.ofMinutes(1);

  private final Rig rig = new Rig();
  private final CountDownLatch go = new CountDownLatch(1);

  @AfterEach
  void stop() {
    go.countDown();
    rig.close();
  }

  private void hang(String name) {
    rig.behave((call, context) -> {
      if (call.name().equals(name)) {
        go.await(30, TimeUnit.SECONDS);
      }
    });
  }

  private void awaitGo() {
    try {
      go.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Test
  void aControllerWhoseOnlyCallHangsIsNotLiveAndSaysWhichOnceWithAllThreads() {
    hang("a");
    try (Logs log = new Logs(HealthCheck.class.getName(), Level.INFO)) {
      rig.put("a", "1").start(builder -> builder.stuckAfter(MINUTE)).awaitCalls(1).awaitWatching();
      rig.clock.advance(MINUTE.minusMillis(1));
      assertThat(rig.controller().health().live()).isTrue();

      rig.clock.advance(Duration.ofMillis(1));

      assertThat(rig.controller().health().live()).isFalse();
      assertThat(rig.controller().health().reasons()).singleElement().asString()
          .contains("is stuck").contains("default/a");
      rig.advanceUntil(Duration.ofSeconds(15), () -> !log.lines().isEmpty());
      rig.clock.advance(MINUTE);
      go.countDown();
      rig.advanceUntil(Duration.ofSeconds(15), () -> log.lines().contains("INFO controller configmaps: no longer stuck"));
      assertThat(log.lines()).hasSize(2);
      assertThat(log.lines().get(0)).startsWith("ERROR").contains("default/a").contains("worker-0").contains("HealthTest");
      assertThat(rig.controller().health().live()).isTrue();
    }
  }

  @Test
  void aTransformThatHangsKeepsAllChangesAwayAndIsNotLive() {
    var entered = new CountDownLatch(1);
    UnaryOperator<ConfigMap> transform = object -> {
      if (object.getMetadata().getName().equals("b")) {
        entered.countDown();
        awaitGo();
      }
      return object;
    };
    rig.put("a", "1").start(builder -> builder.noResync().stuckAfter(MINUTE).transform(transform)).awaitCalls(1).settle();
    rig.clock.advance(Duration.ofDays(1));
    assertThat(rig.controller().health().live()).isTrue();
    rig.put("b", "1");
    Rig.await(() -> entered.getCount() == 0);
    rig.clock.advance(MINUTE.minusMillis(1));
    assertThat(rig.controller().health().live()).isTrue();

    rig.clock.advance(Duration.ofMillis(1));

    assertThat(rig.controller().health().live()).isFalse();
    assertThat(rig.controller().health().reasons()).singleElement().asString().contains("is stuck", "transform");
    go.countDown();
    rig.awaitCalls(2);
    Rig.await(() -> rig.controller().health().live());
  }

  @Test
  void aControllerWithNothingToDoIsLive() {
    rig.put("a", "1").start(builder -> builder.stuckAfter(MINUTE)).awaitCalls(1).settle();
    rig.clock.advance(Duration.ofDays(1));

    assertThat(rig.controller().health().live()).isTrue();
    assertThat(rig.controller().health().reasons()).isEmpty();
  }

  @Test
  void oneCallThatHangsWhileOthersEndIsSaidButIsNoDeath() {
    hang("a");
    rig.put("a", "1").start(builder -> builder.stuckAfter(MINUTE).workers(2)).awaitCalls(1).awaitWatching();
    for (int i = 0; i < 4; i++) {
      rig.clock.advance(MINUTE.dividedBy(2));
      rig.put("b", "" + i).awaitCalls(2 + i);
      Rig.await(() -> rig.queue().inFlight() == 1);
    }

    assertThat(rig.controller().health().live()).isTrue();
    assertThat(rig.controller().health().reasons()).singleElement().asString().contains("PT2M").contains("default/a");
  }

  /** What decides about a call is code of users, too. */
  @Test
  void aKeyWhosePredicateHangsIsSaid() {
    rig.start(builder -> builder.noResync().stuckAfter(MINUTE).workers(2).pauseWhen(object -> {
      if (object.getMetadata().getName().equals("a")) {
        awaitGo();
      }
      return false;
    })).awaitWatching();
    rig.put("a", "1");
    Rig.await(() -> rig.queue().inFlight() == 1);
    for (int i = 0; i < 4; i++) {
      rig.clock.advance(MINUTE.dividedBy(2));
      rig.put("b", "" + i).awaitCalls(1 + i);
      Rig.await(() -> rig.queue().inFlight() == 1);
    }

    assertThat(rig.controller().health().live()).isTrue();
    assertThat(rig.controller().health().reasons()).singleElement().asString().contains("PT2M").contains("default/a");
  }

  @Test
  void aStandbyWhoseKeysWaitIsLive() {
    var election = new ManualRunner();
    rig.put("a", "1").start(builder -> builder.stuckAfter(MINUTE).election(election)).awaitHeard("a=1");
    rig.awaitApplied();
    rig.clock.advance(Duration.ofDays(1));
    assertThat(rig.controller().health().live()).isTrue();

    hang("a");
    election.lead();
    rig.awaitCalls(1);
    assertThat(rig.controller().health().live()).as("its time begins with its term").isTrue();
    rig.clock.advance(MINUTE);
    assertThat(rig.controller().health().live()).isFalse();
  }

  @Test
  void aFailingHandlerIsNotStuck() {
    rig.behave((call, context) -> {
      throw new IllegalStateException("as asked");
    });
    rig.put("a", "1").start(builder -> builder.stuckAfter(MINUTE).retries(1000)).awaitCalls(1).awaitWatching();
    for (int i = 1; i < 20; i++) {
      int calls = rig.calls().size();
      rig.advanceUntil(Duration.ofSeconds(10), () -> rig.calls().size() > calls);
      assertThat(rig.controller().health().live()).isTrue();
    }
  }
}
