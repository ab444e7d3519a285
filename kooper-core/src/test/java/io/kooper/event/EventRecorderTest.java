package io.kooper.event;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;
import static org.mockito.Mockito.mock;

import ch.qos.logback.classic.Level;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.api.model.events.v1.Event;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.kooper.clock.ManualClock;
import io.kooper.fake.Logs;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class EventRecorderTest {

  private final ManualClock clock = new ManualClock();
  private final BlockingQueue<Event> written = new LinkedBlockingQueue<>();
  private final AtomicReference<RuntimeException> failure = new AtomicReference<>();
  private final EventRecorder events = new EventRecorder("example.com/web-apps", this::write, clock);
  private final ConfigMap web = object("web");
  private final Logs logs = new Logs("io.kooper.event", Level.WARN);

  @AfterEach
  void close() {
    logs.close();
  }

  private void write(Event event) {
    RuntimeException thrown = failure.get();
    if (thrown != null) {
      throw thrown;
    }
    written.add(event);
  }

  private static ConfigMap object(String name) {
    return new ConfigMapBuilder().withNewMetadata().withNamespace("shop").withName(name).withUid("uid-" + name).endMetadata()
        .build();
  }

  private Event next() throws InterruptedException {
    Event event = written.poll(30, TimeUnit.SECONDS);
    assertThat(event).isNotNull();
    return event;
  }

  private static List<Thread> threads() {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(thread -> thread.getName().equals("kooper-example.com-web-apps-events")).toList();
  }

  private void awaitIdle() {
    await().until(() -> threads().isEmpty());
  }

  private void tell(String note) {
    events.normal(web, "Deployed", "Deploy", note);
  }

  @Test
  void writesAnEvent() throws InterruptedException {
    clock.advance(Duration.ofMillis(1_500));

    events.warning(web, "Deployed", "Deploy", "image 1");

    Event event = next();
    assertThat(event.getMetadata().getNamespace()).isEqualTo("shop");
    assertThat(event.getMetadata().getName()).startsWith("web-");
    assertThat(event.getType()).isEqualTo("Warning");
    assertThat(List.of(event.getReason(), event.getAction(), event.getNote())).containsExactly("Deployed", "Deploy", "image 1");
    assertThat(event.getRegarding().getKind()).isEqualTo("ConfigMap");
    assertThat(event.getRegarding().getUid()).isEqualTo("uid-web");
    assertThat(event.getRegarding().getResourceVersion()).isNull();
    assertThat(event.getEventTime().getTime()).isEqualTo("1970-01-01T00:00:01.500000Z");
    assertThat(event.getReportingController()).isEqualTo("example.com/web-apps");
    assertThat(event.getReportingInstance()).startsWith("example.com/web-apps-");
    assertThat(event.getSeries()).isNull();
  }

  @Test
  void itsThreadIsADaemonAndEndsWhenThereIsNothingToWrite() throws InterruptedException {
    AtomicReference<Boolean> daemon = new AtomicReference<>();
    EventRecorder recorder = new EventRecorder("example.com/web-apps", event -> {
      daemon.set(Thread.currentThread().isDaemon());
      written.add(event);
    }, clock);
    recorder.normal(web, "Deployed", "Deploy", "1");
    next();
    awaitIdle();

    recorder.normal(web, "Deployed", "Deploy", "2");
    next();

    assertThat(daemon.get()).isTrue();
    awaitIdle();
  }

  @Test
  void anObjectWithoutNamespaceHasItsEventsInDefault() throws InterruptedException {
    web.getMetadata().setNamespace(null);
    web.getMetadata().setName("system:node");

    tell("1");

    Event event = next();
    assertThat(event.getMetadata().getNamespace()).isEqualTo("default");
    assertThat(event.getMetadata().getName()).startsWith("event-");
  }

  @Test
  void cutsANoteToWhatTheApiServerTakes() throws InterruptedException {
    tell("é".repeat(2_000));

    assertThat(next().getNote().getBytes(StandardCharsets.UTF_8).length).isBetween(1_000, 1_024);
  }

  @Test
  void refusesAComponentThatIsNoName() {
    assertThatThrownBy(() -> EventRecorder.of(mock(), "web apps")).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> EventRecorder.of(mock(), "x".repeat(64))).isInstanceOf(IllegalArgumentException.class);
  }

  @Nested
  class ARepeat {

    @Test
    void countsInTheSameEvent() throws InterruptedException {
      tell("1");
      Event first = next();
      clock.advance(Duration.ofSeconds(10));

      tell("1");

      Event repeat = next();
      assertThat(repeat.getMetadata()).isEqualTo(first.getMetadata());
      assertThat(repeat.getEventTime()).isEqualTo(first.getEventTime());
      assertThat(repeat.getSeries().getCount()).isEqualTo(2);
      assertThat(repeat.getSeries().getLastObservedTime().getTime()).isEqualTo("1970-01-01T00:00:10.000000Z");
    }

    @Test
    void afterTheFirstIsWrittenEverySixMinutes() throws InterruptedException {
      tell("1");
      next();
      tell("1");
      next();
      awaitIdle();
      for (int i = 0; i < 100; i++) {
        tell("1");
      }
      await().until(() -> clock.waiting() == 1);
      assertThat(written).isEmpty();

      clock.advance(Duration.ofMinutes(6));

      assertThat(next().getSeries().getCount()).isEqualTo(102);
      awaitIdle();
    }

    @Test
    void afterALongQuietBeginsAnotherEvent() throws InterruptedException {
      tell("1");
      Event first = next();
      awaitIdle();
      clock.advance(Duration.ofMinutes(6));

      tell("1");

      Event second = next();
      assertThat(second.getSeries()).isNull();
      assertThat(second.getMetadata().getName()).isNotEqualTo(first.getMetadata().getName());
    }

    @Test
    void isOneOfTheSameWords() throws InterruptedException {
      tell("1");
      tell("2");
      events.warning(web, "Deployed", "Deploy", "1");
      events.normal(object("other"), "Deployed", "Deploy", "1");

      for (int i = 0; i < 4; i++) {
        assertThat(next().getSeries()).isNull();
      }
      awaitIdle();
    }
  }

  @Nested
  class WhatIsTooMuch {

    @Test
    void aboutOneObjectIsDroppedCountedAndLoggedOnce() {
      for (int i = 0; i < 30; i++) {
        tell("note " + i);
      }
      events.normal(object("other"), "Deployed", "Deploy", "1");

      await().until(() -> written.size() == 26);
      assertThat(events.dropped()).isEqualTo(5);
      assertThat(logs.lines()).containsExactly("WARN events of example.com/web-apps were dropped, 1 so far; the last is Deployed"
          + " about ConfigMap web: it is one of more than 25 about this object, and one every five minutes");

      clock.advance(Duration.ofMinutes(5));
      tell("later");
      tell("too soon");
      await().until(() -> written.size() == 27);
      assertThat(events.dropped()).isEqualTo(6);
      assertThat(logs.lines()).hasSize(2).last().asString().contains("6 so far");
    }

    @Test
    void isBoundedWhileNothingCanBeWritten() throws InterruptedException {
      CountDownLatch hangs = new CountDownLatch(1);
      EventRecorder recorder = new EventRecorder("example.com/web-apps", event -> {
        written.add(event);
        try {
          hangs.await();
        } catch (InterruptedException e) {
          throw new IllegalStateException(e);
        }
      }, clock);
      recorder.normal(object("first"), "Deployed", "Deploy", "1");
      next();
      for (int i = 0; i < 1_010; i++) { // one takes the place of the first, which is being written
        recorder.normal(object("web" + i), "Deployed", "Deploy", "1");
      }
      assertThat(recorder.dropped()).isEqualTo(10);

      hangs.countDown();
      await().until(() -> written.size() == 1_000);
      awaitIdle();
      recorder.normal(object("last"), "Deployed", "Deploy", "1");
      awaitIdle();
      assertThat(recorder.dropped()).isEqualTo(10);
    }
  }

  @Nested
  class AFailure {

    @Test
    void isCountedAndTheNextRepeatTriesAgain() throws InterruptedException {
      failure.set(new KubernetesClientException("events is forbidden"));
      tell("1");
      await().until(() -> events.dropped() == 1);
      assertThat(logs.lines()).singleElement().asString().contains("Deployed about ConfigMap web: events is forbidden");
      failure.set(null);

      tell("1");

      assertThat(next().getSeries().getCount()).isEqualTo(2);
    }

    @Test
    void doesNotReachTheHandler() throws InterruptedException {
      events.normal(new ConfigMapBuilder().build(), "Deployed", "Deploy", "no metadata");

      tell("1");

      assertThat(next().getNote()).isEqualTo("1");
      assertThat(logs.lines()).anyMatch(line -> line.startsWith("ERROR recording an event of example.com/web-apps failed"));
    }
  }

  @Nested
  class TheEnd {

    @Test
    void writesWhatWaits() throws InterruptedException {
      tell("1");
      next();
      tell("1");
      next();
      tell("1");
      await().until(() -> clock.waiting() == 1);

      events.close();

      assertThat(next().getSeries().getCount()).isEqualTo(3);
      assertThat(events.dropped()).isZero();
      tell("late");
      assertThat(events.dropped()).isEqualTo(1);
      awaitIdle();
    }

    @Test
    void waitsForFiveSecondsAndNoLonger() throws InterruptedException {
      EventRecorder recorder = new EventRecorder("example.com/web-apps", event -> {
        written.add(event);
        try {
          new CountDownLatch(1).await();
        } catch (InterruptedException e) {
          throw new KubernetesClientException("interrupted", e);
        }
      }, clock);
      recorder.normal(web, "Deployed", "Deploy", "1");
      recorder.normal(web, "Deployed", "Deploy", "2");
      next();
      Thread closing = new Thread(recorder::close);
      closing.start();
      await().until(() -> clock.waiting() == 1);

      clock.advance(Duration.ofSeconds(5));

      closing.join();
      await().until(() -> recorder.dropped() == 2);
      awaitIdle();
    }

    @Test
    void ofARecorderThatToldNothingIsAtOnce() {
      events.close();
      events.close();
    }
  }
}
