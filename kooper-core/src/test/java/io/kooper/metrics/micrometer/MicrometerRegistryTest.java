package io.kooper.metrics.micrometer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.kooper.metrics.ControllerMetrics;
import io.kooper.metrics.ElectionFigures;
import io.kooper.metrics.ElectionMetrics;
import io.kooper.metrics.EventType;
import io.kooper.retrieve.RetrieveException.Reason;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.composite.CompositeMeterRegistry;
import io.micrometer.core.instrument.config.MeterFilter;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.lang.ref.Reference;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a recorder does to its registry, and with others. */
class MicrometerRegistryTest {

  private final PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
  private final MicrometerRecorder recorder = new MicrometerRecorder(registry);
  private final Figures figures = new Figures();

  private Scrape scrape() {
    return Scrape.of(registry);
  }

  @Nested
  class ControllersOfOneName {

    @Test
    void areRefusedWhileTheFirstRuns() {
      ControllerMetrics first = recorder.controller("pods", figures);
      first.queued(EventType.ADD);

      assertThatThrownBy(() -> recorder.controller("pods", new Figures()))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContainingAll("pods", "ControllerBuilder.name");
      assertThat(scrape().value("kooper_controller_workers", "controller", "pods")).as("the first's gauges").isEqualTo(22);
      assertThat(scrape().value("kooper_controller_queued_events_total", "type", "add")).isEqualTo(1);
    }

    @Test
    void areRefusedAlsoInAnotherRecorderOfThisRegistry() {
      recorder.controller("pods", figures);

      MicrometerRecorder another = new MicrometerRecorder(registry);
      assertThatThrownBy(() -> another.controller("pods", new Figures())).hasMessageContaining("already");
      assertThat(scrape().value("kooper_controller_workers", "controller", "pods")).isEqualTo(22);
      another.controller("services", figures);
    }

    @Test
    void goOnWithTheCountersOneAfterTheOther() {
      ControllerMetrics first = recorder.controller("pods", figures);
      first.queued(EventType.ADD);
      first.close();
      ControllerMetrics second = recorder.controller("pods", new Figures());
      second.queued(EventType.ADD);
      first.close(); // a second time: it must not take the second's gauges away

      assertThat(scrape().value("kooper_controller_queued_events_total", "type", "add")).isEqualTo(2);
      assertThat(scrape().value("kooper_controller_workers")).as("the second's gauges").isEqualTo(22);
      assertThatThrownBy(() -> recorder.controller("pods", figures)).isInstanceOf(IllegalArgumentException.class);
    }
  }

  @Nested
  class ARegistryThatThrows {

    private void refuse(String name) {
      registry.config().meterFilter(new MeterFilter() {
        @Override
        public Meter.Id map(Meter.Id id) {
          if (refusing && id.getName().equals(name)) {
            throw new IllegalStateException("no " + name);
          }
          return id;
        }
      });
    }

    private boolean refusing = true;

    @ParameterizedTest
    @ValueSource(strings = {
        "kooper.controller.workers", "kooper.controller.informer.info", "kooper.controller.processed.events",
        "kooper.controller.processed.event.duration", "kooper.controller.handler.timeouts"})
    void leavesNoGauge(String name) {
      refuse(name);
      assertThatThrownBy(() -> recorder.controller("pods", figures)).hasMessage("no " + name);
      assertThat(registry.getMeters()).noneMatch(Gauge.class::isInstance);

      refusing = false;
      recorder.controller("pods", figures).queued(EventType.ADD);
      assertThat(scrape().value("kooper_controller_queued_events_total", "type", "add")).isEqualTo(1);
    }

    @Test
    void leavesNoGaugeOfAnInformer() {
      refuse("kooper.informer.undecodable.objects");
      assertThatThrownBy(() -> recorder.informer("pods", figures)).isInstanceOf(IllegalStateException.class);
      assertThat(registry.getMeters()).noneMatch(Gauge.class::isInstance);
    }

    @Test
    void leavesTheCountersOfAFormerController() {
      refusing = false;
      refuse("kooper.controller.handler.timeouts");
      ControllerMetrics first = recorder.controller("pods", figures);
      first.queued(EventType.ADD);
      first.close();
      List<Meter> before = registry.getMeters();

      refusing = true;
      // the registry would answer it without asking
      registry.remove(registry.get("kooper.controller.handler.timeouts").counter());
      assertThatThrownBy(() -> recorder.controller("pods", figures)).isInstanceOf(IllegalStateException.class);
      assertThat(registry.getMeters()).hasSize(before.size() - 1);
      assertThat(scrape().value("kooper_controller_queued_events_total", "type", "add")).isEqualTo(1);
    }

    @Test
    void leavesNoGaugeOfAnElection() {
      refuse("kooper.leader.election.transitions");
      assertThatThrownBy(() -> recorder.election("web", new Election())).isInstanceOf(IllegalStateException.class);
      assertThat(registry.getMeters()).noneMatch(Gauge.class::isInstance);

      refusing = false;
      ElectionMetrics held = recorder.election("web", new Election().leads(true));
      assertThat(scrape().value("kooper_leader_election_leader", "lease", "web")).isEqualTo(1);
      Reference.reachabilityFence(held);
    }
  }

  private static final class Election implements ElectionFigures {
    private boolean leads;
    private boolean leaderless;

    private Election leads(boolean now) {
      leads = now;
      return this;
    }

    @Override
    public boolean leading() {
      return leads;
    }

    @Override
    public boolean leaderless() {
      return leaderless;
    }
  }

  @Nested
  class Elections {

    @Test
    void ofOneLeaseAddUp() {
      Election first = new Election();
      Election second = new Election();
      ElectionMetrics one = recorder.election("web", first);
      ElectionMetrics other = recorder.election("web", second);
      ElectionMetrics another = recorder.election("shop", new Election());
      assertThat(scrape().value("kooper_leader_election_leader", "lease", "web")).isZero();

      first.leads(true);
      assertThat(scrape().value("kooper_leader_election_leader", "lease", "web")).isEqualTo(1);
      second.leads(true);
      assertThat(scrape().value("kooper_leader_election_leader", "lease", "web")).isEqualTo(2);
      first.leads(false);
      second.leads(false);
      second.leaderless = true;
      assertThat(scrape().value("kooper_leader_election_leader", "lease", "web")).isZero();

      assertThat(scrape().value("kooper_leader_election_leaderless", "lease", "web")).isEqualTo(1);
      assertThat(scrape().value("kooper_leader_election_leaderless", "lease", "shop")).isZero();

      one.newLeader();
      other.newLeader();
      another.attemptFailed();
      assertThat(scrape().value("kooper_leader_election_transitions_total", "lease", "web")).isEqualTo(2);
      assertThat(scrape().value("kooper_leader_election_failed_attempts_total", "lease", "web")).isZero();
      assertThat(scrape().value("kooper_leader_election_failed_attempts_total", "lease", "shop")).isEqualTo(1);
    }

    @Test
    void renewalsHaveBuckets() {
      recorder.election("web", new Election()).renewed(Duration.ofMillis(20));

      assertThat(scrape().buckets("kooper_leader_election_renew_duration_seconds", "lease", "web"))
          .containsEntry(.01, 0.0).containsEntry(.025, 1.0).hasSize(12);
    }

    @Test
    void areRefusedInASecondRecorderWhichCouldNotAddUp() {
      recorder.election("web", new Election());
      assertThatThrownBy(() -> new MicrometerRecorder(registry).election("web", new Election()))
          .isInstanceOf(IllegalArgumentException.class).hasMessageContainingAll("web", "one MicrometerRecorder");
    }
  }

  @Nested
  class OtherRegistries {

    private void works(MeterRegistry other, MeterRegistry shown) {
      MicrometerRecorder micrometer = new MicrometerRecorder(other);
      ControllerMetrics pods = micrometer.controller("pods", figures);
      pods.processed(EventType.DELETE, TimeUnit.MILLISECONDS.toNanos(20), false);

      assertThat(shown.get("kooper.controller.processed.events").tags("controller", "pods", "type", "delete")
          .counter().count()).isEqualTo(1);
      assertThat(shown.get("kooper.controller.processed.event.duration").tags("type", "delete")
          .timer().totalTime(TimeUnit.MILLISECONDS)).isEqualTo(20);
      assertThat(shown.get("kooper.controller.longest.handler.running").timeGauge().value(TimeUnit.MILLISECONDS))
          .isEqualTo(2_500);
      pods.close();
      assertThat(shown.find("kooper.controller.workers").gauge()).isNull();
      micrometer.controller("pods", figures).close();
    }

    @Test
    void asTheSimpleOneWork() {
      SimpleMeterRegistry simple = new SimpleMeterRegistry();
      works(simple, simple);
    }

    @Test
    void asACompositeWork() {
      SimpleMeterRegistry simple = new SimpleMeterRegistry();
      CompositeMeterRegistry composite = new CompositeMeterRegistry();
      composite.add(simple);
      works(composite, simple);
    }

    @Test
    void withCommonTagsAndFiltersWork() {
      registry.config().commonTags("region", "eu").meterFilter(MeterFilter.denyNameStartsWith("kooper.informer.errors"));
      recorder.informer("pods", figures).watchEnded(Reason.GONE);

      assertThat(scrape().find("kooper_informer_errors_total")).isEmpty();
      assertThat(scrape().value("kooper_informer_watch_restarts_total", "region", "eu", "cause", "gone")).isEqualTo(1);
      assertThatThrownBy(() -> new MicrometerRecorder(registry).informer("pods", figures)).hasMessageContaining("already");
    }
  }
}
