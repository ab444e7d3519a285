package io.kooper.controller;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import io.kooper.fake.BrokenAppender;
import io.kooper.fake.FakeSource;
import io.kooper.fake.Logs;
import io.kooper.queue.RateLimiter;
import io.kooper.retrieve.ObjectKey;
import io.kooper.retrieve.RetrieveException.Reason;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Dealing with a failure may itself fail, and that ends nothing; what only a restart mends turns live false. */
@Timeout(60)
class LifeTest {

  private final Rig rig = new Rig();

  @AfterEach
  void stop() {
    rig.close();
  }

  @Test
  void workerAndInformerGoOnWhenNothingCanBeLogged() {
    rig.behave((call, context) -> {
      if (call.attempt() < 3) {
        throw new IllegalStateException("as asked");
      }
    });
    try (BrokenAppender appender = new BrokenAppender("controller", "informer", "queue")) {
      rig.put("a", "1").start();
      rig.advanceUntil(Duration.ofSeconds(1), () -> rig.calls().size() == 3);
      rig.source.endWatch(FakeSource.fault(Reason.SERVER_ERROR));
      rig.source.failList(new NoClassDefFoundError("as asked"));
      rig.put("b", "1");
      rig.advanceUntil(Duration.ofSeconds(1), () -> rig.calls().stream().anyMatch(call -> call.name().equals("b")));
      assertThat(rig.controller().health().live()).isTrue();
      assertThat(appender.lines()).isPositive();
    }
  }

  @Test
  void aKeyComesAgainWhenWhatDealsWithItsFailureFails() {
    rig.behave((call, context) -> {
      if (rig.calls().size() < 3) {
        throw new IllegalStateException("as asked");
      }
    });
    RateLimiter<ObjectKey> limiter = (key, failures) -> {
      throw new OutOfMemoryError("as asked");
    };
    rig.put("a", "1").start(builder -> builder.noResync().rateLimiter(limiter));
    rig.advanceUntil(Duration.ofSeconds(1), () -> rig.calls().size() == 3);
    Rig.await(() -> rig.queue().inFlight() == 0);
    assertThat(rig.controller().health().live()).isTrue();
  }

  @Test
  void aWorkerWhoseKeyWasGivenBackAlreadyGoesOn() { // as after an OutOfMemoryError on the way back
    rig.behave((call, context) -> {
      if (call.value().equals("1")) {
        rig.queue().done(new ObjectKey("default", "a"));
      }
    });
    rig.put("a", "1").start(builder -> builder.noResync()).awaitCalls(1);
    rig.put("a", "2").awaitCalls(2).settle();
    assertThat(rig.controller().health().live()).isTrue();
  }

  @Test
  void aClientThatIsOfNoUseAnyMoreIsSaidOnceAndNotTriedAgain() throws Exception {
    try (Logs log = new Logs("io.kooper.informer.Reflector", Level.WARN)) {
      rig.put("a", "1").start().awaitCalls(1).settle();
      int requests = rig.source.lists().size() + rig.source.watches().size();
      rig.source.endWatch(FakeSource.fault(Reason.CLIENT_CLOSED));
      Rig.await(() -> !rig.controller().health().live());
      rig.clock.advance(Duration.ofDays(1));
      assertThat(rig.controller().health().reasons()).first().asString().contains("has to be restarted");
      assertThat(log.lines()).singleElement().asString().startsWith("ERROR").contains("CLIENT_CLOSED");
      assertThat(rig.source.lists().size() + rig.source.watches().size()).isEqualTo(requests);
      rig.controller().close();
      rig.awaitEnd();
    }
  }

  @ParameterizedTest
  @EnumSource(value = Reason.class, names = {"CLIENT_CLOSED"}, mode = EnumSource.Mode.EXCLUDE)
  void noOtherFailureOfAServerTurnsLiveFalse(Reason reason) {
    rig.put("a", "1").start().awaitCalls(1);
    Rig.await(() -> rig.source.watching() == 1); // the first call may come before
    rig.source.endWatch(FakeSource.fault(reason));
    Rig.await(() -> rig.controller().health().informer().lastError() != null || rig.source.watches().size() > 1);
    assertThat(rig.controller().health().live()).isTrue();
  }

  @Test
  void aWorkerThatHasEndedTurnsLiveFalse() {
    rig.put("a", "1").start().awaitCalls(1);
    rig.queue().shutDownNow();
    awaitDefect("1 of 1 workers have ended");
  }

  @Test
  void aThreadOfResyncsThatHasEndedTurnsLiveFalse() {
    rig.put("a", "1").start(builder -> builder.resync(Duration.ofMinutes(1))).awaitCalls(1);
    Objects.requireNonNull(controller().engine.resync).stop();
    awaitDefect("thread kooper-configmaps-resync has ended");
  }

  @Test
  void aThreadOfTimeoutsThatHasEndedTurnsLiveFalse() {
    rig.put("a", "1").start(builder -> builder.handlerTimeout(Duration.ofMinutes(1))).awaitCalls(1);
    Objects.requireNonNull(controller().engine.timeouts).stop(Duration.ofSeconds(5));
    awaitDefect("thread kooper-configmaps-timeouts has ended");
  }

  private DefaultController<?> controller() {
    return (DefaultController<?>) rig.controller();
  }

  private void awaitDefect(String defect) {
    Rig.await(() -> !rig.controller().health().live());
    assertThat(rig.controller().health().reasons()).first().isEqualTo("configmaps has to be restarted: " + defect);
  }

  @Test
  void anElectionThatOnlyARestartMendsTurnsLiveFalseOnAStandbyToo() {
    AtomicReference<String> defect = new AtomicReference<>();
    ManualRunner election = new ManualRunner() {
      @Override
      public String defect() {
        return defect.get();
      }

      @Override
      public List<String> reasons() {
        return List.of("a reason of the election");
      }
    };
    rig.put("a", "1").start(builder -> builder.election(election));
    Rig.await(() -> rig.controller().health().ready());
    assertThat(rig.controller().health().live()).isTrue();
    assertThat(rig.controller().health().reasons()).containsExactly("a reason of the election");

    defect.set("its client is closed");

    assertThat(rig.controller().health().live()).isFalse();
    assertThat(rig.controller().health().reasons())
        .containsExactly("configmaps has to be restarted: its client is closed");
  }
}
