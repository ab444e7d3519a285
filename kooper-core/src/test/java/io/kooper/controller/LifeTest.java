package io.kooper.controller;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.AppenderBase;
import io.kooper.fake.FakeSource;
import io.kooper.fake.Logs;
import io.kooper.queue.RateLimiter;
import io.kooper.retrieve.ObjectKey;
import io.kooper.retrieve.RetrieveException.Reason;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.slf4j.LoggerFactory;

/** Dealing with a failure may itself fail, and that ends nothing; what only a restart mends turns live false. */
@Timeout(60)
class LifeTest {

  private final Rig rig = new Rig();

  @AfterEach
  void stop() {
    rig.close();
  }

  /** As on a full disk, with a configuration that lets it be seen. */
  private static final class BrokenAppender extends AppenderBase<ILoggingEvent> implements AutoCloseable {

    private final List<Logger> loggers = Stream.of("controller", "informer", "queue")
        .map(name -> (Logger) LoggerFactory.getLogger("io.kooper." + name)).toList();
    private final List<@Nullable Level> before = new ArrayList<>(); // null as its parent's
    private final AtomicInteger lines = new AtomicInteger();

    BrokenAppender() {
      loggers.forEach(logger -> {
        before.add(logger.getLevel());
        logger.setLevel(Level.TRACE);
        logger.addAppender(this);
      });
    }

    @Override
    public void doAppend(ILoggingEvent event) {
      if (lines.incrementAndGet() % 2 == 0) {
        throw new IllegalStateException("no space left on device");
      }
      throw new OutOfMemoryError("as asked");
    }

    @Override
    protected void append(ILoggingEvent event) {}

    @Override
    public void close() {
      for (int i = 0; i < loggers.size(); i++) {
        loggers.get(i).detachAppender(this);
        loggers.get(i).setLevel(before.get(i));
      }
    }
  }

  @Test
  void workerAndInformerGoOnWhenNothingCanBeLogged() {
    rig.behave((call, context) -> {
      if (call.attempt() < 3) {
        throw new IllegalStateException("as asked");
      }
    });
    try (BrokenAppender appender = new BrokenAppender()) {
      rig.put("a", "1").start();
      rig.advanceUntil(Duration.ofSeconds(1), () -> rig.calls().size() == 3);
      rig.source.endWatch(FakeSource.fault(Reason.SERVER_ERROR));
      rig.source.failList(new NoClassDefFoundError("as asked"));
      rig.put("b", "1");
      rig.advanceUntil(Duration.ofSeconds(1), () -> rig.calls().stream().anyMatch(call -> call.name().equals("b")));
      assertThat(rig.controller().health().live()).isTrue();
      assertThat(appender.lines).hasPositiveValue();
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
    rig.source.endWatch(FakeSource.fault(reason));
    Rig.await(() -> rig.controller().health().informer().lastError() != null || rig.source.watches().size() > 1);
    assertThat(rig.controller().health().live()).isTrue();
  }
}
