package io.kooper.metrics.micrometer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.kooper.metrics.ControllerMetrics;
import io.kooper.metrics.EventType;
import io.kooper.metrics.InformerMetrics;
import io.kooper.retrieve.RetrieveException.Reason;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class MicrometerRecorderTest {

  private static final String DURATION = "kooper_controller_processed_event_duration_seconds";
  private static final String IN_QUEUE = "kooper_controller_event_in_queue_duration_seconds";

  private final PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
  private final MicrometerRecorder recorder = new MicrometerRecorder(registry);
  private final Figures figures = new Figures();

  private Scrape scrape() {
    return Scrape.of(registry);
  }

  private static long millis(long millis) {
    return TimeUnit.MILLISECONDS.toNanos(millis);
  }

  private static Map<Double, Double> cumulated(double... boundsAndCounts) {
    Map<Double, Double> buckets = new TreeMap<>();
    for (int i = 0; i < boundsAndCounts.length; i += 2) {
      buckets.put(boundsAndCounts[i], boundsAndCounts[i + 1]);
    }
    return buckets;
  }

  @Nested
  class Events {

    private final ControllerMetrics pods = recorder.controller("pods", figures);
    private final InformerMetrics maps = recorder.informer("maps", figures);

    @ParameterizedTest
    @EnumSource
    @DisplayName("K11 each type is counted as that type, from 0 on")
    void countsEachTypeAsThatType(EventType type) {
      pods.queued(type);
      pods.queued(type);
      pods.processed(type, millis(1), true);

      Scrape scrape = scrape();
      for (EventType each : EventType.values()) {
        String[] labels = {"controller", "pods", "type", each.label()};
        assertThat(scrape.value("kooper_controller_queued_events_total", labels)).isEqualTo(each == type ? 2 : 0);
        assertThat(scrape.value("kooper_controller_processed_events_total", labels)).isEqualTo(each == type ? 1 : 0);
        assertThat(scrape.value(DURATION + "_count", labels)).isEqualTo(each == type ? 1 : 0);
        assertThat(scrape.value("kooper_controller_processed_event_errors_total", labels)).isZero();
      }
    }

    @Test
    @DisplayName("K11 a failure is counted as processed and as an error, a success is no error")
    void countsFailures() {
      pods.processed(EventType.UPDATE, millis(1), false);
      pods.processed(EventType.UPDATE, millis(1), true);

      assertThat(scrape().value("kooper_controller_processed_events_total", "type", "update")).isEqualTo(2);
      assertThat(scrape().value("kooper_controller_processed_event_errors_total", "type", "update")).isEqualTo(1);
      assertThat(scrape().value("kooper_controller_processed_event_errors_total", "type", "add")).isZero();
    }

    @Test
    @DisplayName("K11 the handler's time has the default buckets of Prometheus, sum and count")
    void handlerTimesHaveKoopersBuckets() {
      pods.processed(EventType.ADD, millis(5), true); // bounds are inclusive
      pods.processed(EventType.ADD, millis(300), true);
      pods.processed(EventType.ADD, millis(60_000), true);

      assertThat(scrape().types()).containsEntry(DURATION, "histogram");
      assertThat(scrape().buckets(DURATION, "controller", "pods", "type", "add")).isEqualTo(cumulated(.005, 1, .01, 1,
          .025, 1, .05, 1, .1, 1, .25, 1, .5, 2, 1, 2, 2.5, 2, 5, 2, 10, 2, Double.POSITIVE_INFINITY, 3));
      assertThat(scrape().value(DURATION + "_sum", "type", "add")).isEqualTo(60.305);
      assertThat(scrape().value(DURATION + "_count", "type", "add")).isEqualTo(3);
    }

    @Test
    @DisplayName("K11 the time in the queue has the buckets of Kooper v2")
    void timesInTheQueueHaveKoopersBuckets() {
      pods.taken(millis(2_000));

      assertThat(scrape().buckets(IN_QUEUE, "controller", "pods")).isEqualTo(cumulated(.01, 0, .05, 0, .1, 0, .25, 0,
          .5, 0, 1, 0, 3, 1, 10, 1, 20, 1, 60, 1, 150, 1, 300, 1, Double.POSITIVE_INFINITY, 1));
      assertThat(scrape().value(IN_QUEUE + "_sum")).isEqualTo(2);
    }

    @Test
    void retriesGiveUpsAndTimeoutsAreCountedApart() {
      pods.retried();
      pods.retried();
      pods.retried();
      pods.gaveUp();
      pods.gaveUp();
      pods.timedOut();

      assertThat(scrape().value("kooper_controller_event_retries_total", "controller", "pods")).isEqualTo(3);
      assertThat(scrape().value("kooper_controller_given_up_events_total", "controller", "pods")).isEqualTo(2);
      assertThat(scrape().value("kooper_controller_handler_timeouts_total", "controller", "pods")).isEqualTo(1);
    }

    @Test
    void costNoMemory() {
      var threads = (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
      long self = Thread.currentThread().getId();
      long least = Long.MAX_VALUE;
      for (int round = 0; round < 20; round++) { // the first ones load classes, and any may see a window of the maximum end
        long before = threads.getThreadAllocatedBytes(self);
        for (int i = 0; i < 1_000; i++) {
          pods.queued(EventType.ADD);
          pods.taken(i);
          pods.processed(EventType.UPDATE, i, i % 2 == 0);
          maps.watchEnded(Reason.GONE);
        }
        least = Math.min(least, threads.getThreadAllocatedBytes(self) - before);
      }
      assertThat(least).as("bytes for 1,000 rounds of events").isLessThan(1_000);
    }

    @Test
    void noneIsLostAmongThreads() throws InterruptedException {
      List<Thread> threads = new ArrayList<>();
      for (int i = 0; i < 4; i++) {
        threads.add(new Thread(() -> {
          for (int n = 0; n < 5_000; n++) {
            pods.queued(EventType.ADD);
            pods.taken(millis(1));
            pods.processed(EventType.ADD, millis(1), n % 2 == 0);
          }
        }));
      }
      threads.forEach(Thread::start);
      for (int i = 0; i < 20; i++) {
        assertThat(scrape().value(DURATION + "_count", "type", "add")).isBetween(0.0, 20_000.0); // scraped meanwhile
      }
      for (Thread thread : threads) {
        thread.join();
      }

      assertThat(scrape().value("kooper_controller_queued_events_total", "type", "add")).isEqualTo(20_000);
      assertThat(scrape().value("kooper_controller_processed_events_total", "type", "add")).isEqualTo(20_000);
      assertThat(scrape().value("kooper_controller_processed_event_errors_total", "type", "add")).isEqualTo(10_000);
      assertThat(scrape().buckets(IN_QUEUE).get(.01)).isEqualTo(20_000);
    }
  }

  @Nested
  class Gauges {

    @Test
    @DisplayName("K11 the queue's length is told by lane")
    void queueLengthByLane() {
      recorder.controller("pods", figures);

      String name = "kooper_controller_event_queue_length";
      assertThat(scrape().value(name, "controller", "pods", "lane", "change")).isEqualTo(10);
      assertThat(scrape().value(name, "controller", "pods", "lane", "retry")).isEqualTo(11);
      assertThat(scrape().value(name, "controller", "pods", "lane", "resync")).isEqualTo(12);
    }

    @Test
    void showTheFiguresOfThisMomentInSecondsAndBytes() {
      recorder.controller("pods", figures);
      recorder.informer("maps", figures);
      assertThat(scrape().value("kooper_informer_synced")).isZero();
      assertThat(scrape().value("kooper_informer_watching")).isZero();
      assertThat(scrape().value("kooper_informer_last_event_age_seconds")).as("before the first event").isNaN();

      figures.synced = true;
      figures.watching = true;
      figures.sinceLastEvent = Duration.ofMillis(250);

      Scrape scrape = scrape();
      String[] pods = {"controller", "pods"};
      String[] maps = {"informer", "maps"};
      assertThat(scrape.value("kooper_controller_delayed_events", pods)).isEqualTo(20);
      assertThat(scrape.value("kooper_controller_in_flight_events", pods)).isEqualTo(21);
      assertThat(scrape.value("kooper_controller_workers", pods)).isEqualTo(22);
      assertThat(scrape.value("kooper_controller_oldest_event_waiting_seconds", pods)).isEqualTo(1.5);
      assertThat(scrape.value("kooper_controller_longest_handler_running_seconds", pods)).isEqualTo(2.5);
      assertThat(scrape.value("kooper_controller_informer_info", "controller", "pods", "informer", "maps")).isEqualTo(1);
      assertThat(scrape.value("kooper_informer_objects", maps)).isEqualTo(23);
      assertThat(scrape.value("kooper_informer_store_bytes", maps)).isEqualTo(5e9);
      assertThat(scrape.value("kooper_informer_synced", maps)).isEqualTo(1);
      assertThat(scrape.value("kooper_informer_watching", maps)).isEqualTo(1);
      assertThat(scrape.value("kooper_informer_last_event_age_seconds", maps)).isEqualTo(.25);
    }

    @Test
    void outliveEverybodyElsesInterestInTheFigures() {
      recorder.controller("forgotten", new Figures());
      recorder.informer("forgotten", new Figures());
      System.gc();

      assertThat(scrape().value("kooper_controller_workers", "controller", "forgotten")).isEqualTo(22);
      assertThat(scrape().value("kooper_informer_objects", "informer", "forgotten")).isEqualTo(23);
    }

    @Test
    void goWhenTheControllerHasEndedAndTheCountersStay() {
      ControllerMetrics pods = recorder.controller("pods", figures);
      recorder.controller("services", figures);
      pods.queued(EventType.ADD);
      pods.processed(EventType.ADD, millis(3), true);

      pods.close();

      assertThat(scrape().samples())
          .filteredOn(sample -> "pods".equals(sample.labels().get("controller")))
          .filteredOn(sample -> "gauge".equals(scrape().types().get(sample.name())) && !sample.name().endsWith("_max"))
          .isEmpty();
      assertThat(scrape().find("kooper_controller_workers", "controller", "services")).hasSize(1);
      assertThat(scrape().value("kooper_controller_queued_events_total", "controller", "pods", "type", "add")).isEqualTo(1);
      assertThat(scrape().value(DURATION + "_count", "controller", "pods", "type", "add")).isEqualTo(1);
    }
  }

  @Nested
  class AnInformer {

    private final InformerMetrics pods = recorder.informer("pods", figures);

    @Test
    void theFirstListIsNoRelist() {
      pods.listed(true);
      assertThat(scrape().value("kooper_informer_relists_total", "informer", "pods")).isZero();
      pods.listed(false);
      assertThat(scrape().value("kooper_informer_relists_total", "informer", "pods")).isEqualTo(1);
    }

    @Test
    void aWatchThatTheServerEndedIsNoError() {
      pods.watchEnded(null);

      assertThat(scrape().value("kooper_informer_watch_restarts_total", "cause", "ended")).isEqualTo(1);
      assertThat(scrape().find("kooper_informer_errors_total")).hasSize(2 * Reason.values().length)
          .allMatch(sample -> sample.value() == 0);
    }

    @Test
    void errorsAreToldByOperationAndReason() {
      pods.listFailed(Reason.FORBIDDEN);
      pods.watchEnded(Reason.CONNECTION_LOST);

      assertThat(scrape().find("kooper_informer_errors_total").stream().filter(sample -> sample.value() > 0).toList())
          .extracting(Scrape.Sample::labels)
          .containsExactlyInAnyOrder(
              Map.of("informer", "pods", "operation", "list", "reason", "forbidden"),
              Map.of("informer", "pods", "operation", "watch", "reason", "connection_lost"));
      assertThat(scrape().value("kooper_informer_watch_restarts_total", "cause", "connection_lost")).isEqualTo(1);
      assertThat(scrape().value("kooper_informer_watch_restarts_total", "cause", "ended")).isZero();
    }

    @Test
    void goesAndItsCountersStay() {
      pods.listed(false);

      pods.close();

      assertThat(scrape().find("kooper_informer_objects")).isEmpty();
      assertThat(scrape().value("kooper_informer_relists_total", "informer", "pods")).isEqualTo(1);
      recorder.informer("pods", figures).listed(false);
      assertThat(scrape().value("kooper_informer_relists_total", "informer", "pods")).isEqualTo(2);
    }

    @Test
    void ofANameThatIsRecordedIsRefused() {
      assertThatThrownBy(() -> recorder.informer("pods", new Figures())).isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("Related.name");
    }
  }

  @Test
  void definitionsAreTimedByOutcome() {
    recorder.crdInitialized("podterminators", Duration.ofSeconds(3), false);
    recorder.crdInitialized("podterminators", Duration.ofSeconds(1), true);
    recorder.crdInitialized("podterminators", Duration.ofSeconds(1), true);

    String name = "kooper_crd_wait_duration_seconds";
    assertThat(scrape().value(name + "_sum", "crd", "podterminators", "success", "false")).isEqualTo(3);
    assertThat(scrape().value(name + "_count", "crd", "podterminators", "success", "true")).isEqualTo(2);
  }

  @Nested
  class OnesOwnBuckets {

    @Test
    void replaceThoseOfTheHandlersTimeOnly() {
      new MicrometerRecorder(registry, List.of(Duration.ofMinutes(1), Duration.ofSeconds(1)))
          .controller("pods", figures).processed(EventType.ADD, millis(30_000), true);

      assertThat(scrape().buckets(DURATION, "type", "add"))
          .isEqualTo(cumulated(1, 0, 60, 1, Double.POSITIVE_INFINITY, 1));
      assertThat(scrape().buckets(IN_QUEUE)).hasSize(13);
    }

    @Test
    void mustBeAboveZeroAndAtLeastOne() {
      assertThatThrownBy(() -> new MicrometerRecorder(registry, List.of())).hasMessageContaining("buckets");
      assertThatThrownBy(() -> new MicrometerRecorder(registry, List.of(Duration.ofSeconds(1), Duration.ZERO)))
          .isInstanceOf(IllegalArgumentException.class).hasMessageContaining("PT0S");
    }
  }
}
