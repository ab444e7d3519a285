package io.kooper.controller;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.when;

import ch.qos.logback.classic.Level;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.kooper.fake.Logs;
import io.kooper.fake.Thrown;
import io.kooper.informer.InformerListener;
import io.kooper.metrics.ControllerMetrics;
import io.kooper.metrics.MetricsRecorder;
import io.kooper.queue.RateLimiter;
import io.kooper.tracing.Trace;
import java.time.Duration;
import java.util.AbstractList;
import java.util.List;
import java.util.function.BiConsumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Whatever user code throws, wherever it is called: the other objects are handled, changes come, and the stop ends. */
@Timeout(60)
class UserCodeTest {

  private static final Duration SECOND = Duration.ofSeconds(1);

  /** Where user code is called, but the handler. */
  private enum Place {
    INDEX((builder, code) -> builder.index("by", object -> ifBad(object, code, List.of("x")))),
    THE_VALUES_OF_AN_INDEX((builder, code) -> builder.index("by", object -> new AbstractList<>() {
      @Override
      public String get(int index) {
        return ifBad(object, code, "x");
      }

      @Override
      public int size() {
        return 1;
      }
    })),
    TRANSFORM((builder, code) -> builder.transform(object -> ifBad(object, code, object))),
    LISTENER((builder, code) -> builder.listener(failing(InformerListener.class, code))),
    METRICS((builder, code) -> {
      MetricsRecorder recorder = mock();
      when(recorder.controller(any(), any())).thenReturn(failing(ControllerMetrics.class, code));
      builder.metrics(recorder);
    }),
    TRACING((builder, code) -> builder.tracing(job -> {
      code.run();
      return null;
    })),
    TRACE((builder, code) -> builder.tracing(job -> failing(Trace.class, code))),
    RATE_LIMITER((builder, code) -> builder.rateLimiter(failing(RateLimiter.class, code)));

    private final BiConsumer<ControllerBuilder<ConfigMap>, Runnable> configure;

    Place(BiConsumer<ControllerBuilder<ConfigMap>, Runnable> configure) {
      this.configure = configure;
    }
  }

  private final Logs quiet = new Logs("io.kooper", Level.ERROR);
  private final Rig rig = new Rig();

  @AfterEach
  void stop() {
    rig.close();
    quiet.close();
  }

  private static <R> R ifBad(ConfigMap object, Runnable code, R otherwise) {
    if (object.getMetadata().getName().equals("bad")) {
      code.run();
    }
    return otherwise;
  }

  /** One of which every method runs this. */
  @SuppressWarnings("unchecked") // a mock of a generic type is one of any of its types
  private static <T> T failing(Class<? super T> type, Runnable code) {
    return (T) mock(type, call -> {
      code.run();
      return null;
    });
  }

  private static Stream<Arguments> everywhere() {
    return Stream.of(Place.values()).flatMap(place -> Stream.of(Thrown.values()).map(thrown -> Arguments.of(place, thrown)));
  }

  @ParameterizedTest(name = "{1} thrown by {0}")
  @MethodSource("everywhere")
  void concernsNothingElse(Place place, Thrown thrown) throws Exception {
    rig.put("bad", "1").put("good", "1").start(builder -> {
      place.configure.accept(builder, thrown.code());
      return builder;
    });

    rig.advanceUntil(SECOND, () -> rig.told("good").contains("add good=1"));
    rig.put("good", "2");
    rig.advanceUntil(SECOND, () -> rig.told("good").contains("add good=2"));
    if (place != Place.TRANSFORM || thrown == Thrown.OUT_OF_MEMORY) {
      rig.advanceUntil(SECOND, () -> rig.told("bad").contains("add bad=1"));
    }
    rig.source.delete("good");
    rig.advanceUntil(SECOND, () -> rig.told("good").contains("delete good=2"));
    rig.advanceUntil(SECOND, () -> rig.controller().health().ready());
    assertThat(rig.controller().health().live()).isTrue();
    rig.close();
    rig.awaitEnd();
  }

  @ParameterizedTest(name = "{0} thrown by the handler")
  @EnumSource
  void aHandlersIsAFailureThatIsRepeated(Thrown thrown) {
    rig.behave((call, context) -> {
      if (call.attempt() < 3) {
        Thrown.sneak(thrown.make());
      }
    });
    rig.put("a", "1").start(builder -> builder.tracing(job -> mock(Trace.class)));
    rig.advanceUntil(SECOND, () -> rig.calls().size() >= 3);
    rig.settle();
    assertThat(rig.calls()).extracting(Rig.Call::attempt).containsExactly(1, 2, 3);
  }

  @ParameterizedTest(name = "{0} thrown by the source")
  @EnumSource
  void aSourcesIsAFailureOfTheListOrWatch(Thrown thrown) {
    rig.source.failList(thrown.make());
    rig.source.failWatch(thrown.make());
    rig.put("a", "1").start();
    rig.advanceUntil(SECOND, () -> rig.told().contains("add a=1"));
    rig.put("a", "2");
    rig.advanceUntil(SECOND, () -> rig.told().contains("add a=2"));
  }

  @ParameterizedTest(name = "{0} thrown by the election, the executor or the recorder")
  @EnumSource
  void endsTheRunThatItKeepsFromStarting(Thrown thrown) {
    for (BiConsumer<ControllerBuilder<ConfigMap>, Runnable> place : List.<BiConsumer<ControllerBuilder<ConfigMap>, Runnable>>of(
        (builder, code) -> builder.election(work -> code.run()),
        (builder, code) -> builder.executor(task -> code.run()),
        (builder, code) -> builder.metrics(failing(MetricsRecorder.class, code)))) {
      try (Rig one = new Rig()) {
        one.put("a", "1").start(builder -> {
          place.accept(builder, thrown.code());
          return builder;
        });
        Rig.await(one::hasEnded);
        assertThat(one.controller().health().live()).isFalse();
        assertThat(one.controller().health().reasons()).singleElement().asString().contains("could not start");
      }
    }
  }

  @Test
  void aLimiterThatThrowsAtASuccessDoesNotCallTheHandlerAgain() {
    rig.put("a", "1").start(builder -> builder.rateLimiter(failing(RateLimiter.class, Thrown.ASSERTION.code())));
    rig.awaitCalls(1).settle().advance(Duration.ofSeconds(10), 10);

    assertThat(rig.told()).containsExactly("add a=1");
  }
}
