package io.kooper.controller;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.spi.ILoggingEvent;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.kooper.fake.Logs;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.slf4j.MDC;

/** What is logged of the handler's calls, and with what context. */
@Timeout(60)
class LogTest {

  private final Rig rig = new Rig();
  private final Logs log = new Logs(FailureLog.class.getName(), Level.INFO);

  @AfterEach
  void stop() {
    rig.close();
    log.close();
  }

  private void fail() {
    throw new IllegalStateException("as asked");
  }

  private List<ILoggingEvent> ofErrors() {
    return log.events().stream().filter(event -> event.getLevel() == Level.ERROR).toList();
  }

  @Test
  void theFirstFailureHasItsStackTraceAndSaysWhoseItIs() {
    rig.behave((call, context) -> fail());
    rig.put("a", "1").start().awaitCalls(1);
    Rig.await(() -> !log.events().isEmpty());

    ILoggingEvent first = log.events().get(0);
    assertThat(first.getFormattedMessage()).isEqualTo(
        "configmaps: add default/a, attempt 1, failed; it is tried again: java.lang.IllegalStateException: as asked");
    assertThat(first.getThrowableProxy()).isNotNull();
    assertThat(first.getMDCPropertyMap()).containsExactlyInAnyOrderEntriesOf(
        Map.of("controller", "configmaps", "namespace", "default", "name", "a", "attempt", "1", "reasons", "added"));
  }

  @Test
  void aThousandFailuresAlikeAreAFewLinesAndTheRestIsCounted() {
    rig.behave((call, context) -> fail());
    for (int i = 0; i < 1000; i++) {
      rig.put("a" + i, "1");
    }
    rig.start(builder -> builder.retries(0)).awaitCalls(1000);
    Rig.await(() -> rig.queue().inFlight() == 0 && rig.queue().length() == 0);
    assertThat(ofErrors()).hasSize(10);
    assertThat(ofErrors()).filteredOn(event -> event.getThrowableProxy() != null).hasSize(1);
    assertThat(ofErrors().get(9).getFormattedMessage()).endsWith("(more alike within this minute are logged at debug)");

    rig.clock.advance(Duration.ofMinutes(1));
    rig.put("b", "1");
    Rig.await(() -> ofErrors().size() > 10);
    assertThat(ofErrors().get(10).getFormattedMessage()).endsWith("(and 990 more alike in the minute before, at debug)");
    assertThat(ofErrors().get(10).getThrowableProxy()).isNotNull();
  }

  @Test
  void failuresOfAnotherKindAreNotHiddenByThoseOfTheSamePlace() {
    rig.behave((call, context) -> {
      boolean last = call.name().equals("last");
      throw new IllegalStateException("wrapped", new KubernetesClientException(
          "the server says no to " + call.name(), last ? 422 : 403, null));
    });
    for (int i = 0; i < 15; i++) {
      rig.put("a" + i, "1");
    }
    rig.start(builder -> builder.retries(0)).awaitCalls(15);
    rig.put("last", "1").awaitCalls(16);

    Rig.await(() -> ofErrors().stream().anyMatch(event -> event.getFormattedMessage().contains("default/last")));
    assertThat(ofErrors()).hasSize(11);
  }

  @Test
  void aThousandTimeoutsAreAFewLines() {
    CountDownLatch never = new CountDownLatch(1);
    rig.behave((call, context) -> never.await());
    for (int i = 0; i < 30; i++) {
      rig.put("a" + i, "1");
    }
    rig.start(builder -> builder.retries(0).handlerTimeout(Duration.ofSeconds(1)));
    rig.advanceUntil(Duration.ofMillis(500), () -> rig.calls().size() == 30);
    rig.advanceUntil(Duration.ofMillis(500), () -> rig.queue().inFlight() == 0);

    assertThat(log.lines()).filteredOn(line -> line.contains("takes longer than PT1S")).hasSizeBetween(10, 20).first().asString()
        .startsWith("WARN configmaps: add default/");
  }

  @Test
  void conflictsAreNoiseUntilTheyAreGivenUp() {
    rig.behave((call, context) -> {
      throw new KubernetesClientException("modified", 409, null);
    });
    rig.put("a", "1").start(builder -> builder.retries(2));
    rig.advanceUntil(Duration.ofSeconds(1), () -> !ofErrors().isEmpty());

    assertThat(log.events()).singleElement().extracting(ILoggingEvent::getFormattedMessage).asString()
        .contains("attempt 3").contains("given up");
  }

  @Test
  void theContextIsThereForTheHandlerAndGoneAfterIt() {
    var seen = new CopyOnWriteArrayList<Map<String, String>>();
    var executor = Executors.newSingleThreadExecutor(task -> new Thread(() -> {
      MDC.put("mine", "kept");
      task.run();
      seen.add(MDC.getCopyOfContextMap());
    }));
    rig.behave((call, context) -> {
      seen.add(MDC.getCopyOfContextMap());
      MDC.put("left", "behind");
    });
    rig.put("a", "1").start(builder -> builder.executor(executor)).awaitCalls(1).settle();
    rig.close();
    executor.shutdown();
    Rig.await(() -> seen.size() >= 2);

    assertThat(seen.get(0)).containsEntry("name", "a").containsEntry("mine", "kept").containsEntry("attempt", "1");
    assertThat(seen.get(seen.size() - 1)).containsExactlyEntriesOf(Map.of("mine", "kept"));
  }
}
