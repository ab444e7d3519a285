package io.kooper.metrics.micrometer;

import io.kooper.internal.Durations;
import io.kooper.metrics.ControllerFigures;
import io.kooper.metrics.ControllerMetrics;
import io.kooper.metrics.ElectionFigures;
import io.kooper.metrics.ElectionMetrics;
import io.kooper.metrics.InformerFigures;
import io.kooper.metrics.InformerMetrics;
import io.kooper.metrics.MetricsRecorder;
import io.kooper.metrics.ShardFigures;
import io.kooper.metrics.ShardMetrics;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import java.util.stream.LongStream;

/**
 * Records in a Micrometer registry, under the names that Kooper has where it has one; {@code docs/metrics.md} lists them.
 *
 * <p><b>Guarantees.</b> All series of a controller are there, with 0, from the moment it runs, so that a rate counts the
 * first event too; recording an event looks nothing up and allocates nothing. When the controller has ended its gauges are
 * removed; its counters and histograms stay, and a later controller of the same name goes on with them. Times are in the
 * registry's base unit: seconds for Prometheus.
 *
 * <p><b>Threads.</b> May be used by any number at once. A registry has one recorder, which may serve all controllers,
 * elections and operators of the process.
 *
 * <p><b>Errors.</b> A controller whose name is being recorded already, and a lease that another recorder has registered, are
 * refused with an {@link IllegalArgumentException} that says what to do. What the registry throws while series
 * are registered is thrown on, after the gauges registered so far were removed.
 *
 * <pre>{@code
 * PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
 * Controller.builder(retriever, handler).metrics(new MicrometerRecorder(registry)).build().run();
 * // and where /metrics is served: registry.scrape()
 * }</pre>
 */
public final class MicrometerRecorder implements MetricsRecorder {

  /** The default of Prometheus' client libraries, which Kooper uses. */
  static final List<Duration> DURATIONS = millis(5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000);

  private final MeterRegistry registry;
  private final List<Duration> handlerBuckets;
  private final Map<String, LeaseMeters> leases = new ConcurrentHashMap<>();

  /** With the buckets of Kooper, from 5 ms to 10 s, for the handler's time. */
  public MicrometerRecorder(MeterRegistry registry) {
    this(registry, DURATIONS);
  }

  /**
   * With buckets that fit the handlers, as for calls that take minutes.
   *
   * @param handlerBuckets the upper bounds of {@code kooper.controller.processed.event.duration}, in any order
   * @throws IllegalArgumentException when there is none, or one is not above 0
   */
  public MicrometerRecorder(MeterRegistry registry, List<Duration> handlerBuckets) {
    this.registry = Objects.requireNonNull(registry, "registry");
    this.handlerBuckets = List.copyOf(handlerBuckets);
    if (handlerBuckets.isEmpty() || !handlerBuckets.stream().allMatch(Durations::isPositive)) {
      throw new IllegalArgumentException("buckets are needed, all above 0, not " + handlerBuckets);
    }
  }

  static List<Duration> millis(long... bounds) {
    return LongStream.of(bounds).mapToObj(Duration::ofMillis).toList();
  }

  @Override
  public synchronized ControllerMetrics controller(String name, ControllerFigures figures) {
    return registered("controller", name, "kooper.controller.workers",
        "give the controllers different names, ControllerBuilder.name(...), or run one after the other",
        registration -> new ControllerMeters(registration, figures, handlerBuckets));
  }

  @Override
  public synchronized InformerMetrics informer(String name, InformerFigures figures) {
    return registered("informer", name, "kooper.informer.synced",
        "give the controllers different names, or the relation by Related.name(...)",
        registration -> new InformerMeters(registration, figures));
  }

  @Override
  public ElectionMetrics election(String lease, ElectionFigures figures) {
    return leases.computeIfAbsent(lease, name -> registered("lease", name, "kooper.leader.election.leader",
        "use one MicrometerRecorder per registry", LeaseMeters::new)).election(figures);
  }

  @Override
  public synchronized ShardMetrics shards(String lease, ShardFigures figures) {
    return registered("lease", lease, "kooper.shards.held", "build the shards of a lease once a process",
        registration -> new ShardMeters(registration, figures));
  }

  /** A registry answers a second registration with the first one's gauge, which would show somebody else's figures. */
  private <M> M registered(String kind, String name, String gauge, String advice, Function<Registration, M> meters) {
    if (registry.find(gauge).tag(kind, name).meter() != null) {
      throw new IllegalArgumentException("the " + kind + " " + name
          + " is being recorded in this registry already, and figures of two would be true for neither: " + advice);
    }
    Registration registration = new Registration(registry, Tags.of(kind, name));
    try {
      return meters.apply(registration);
    } catch (Throwable t) {
      registration.removeGauges();
      throw t;
    }
  }

  @Override
  public void crdInitialized(String crd, Duration took, boolean succeeded) {
    Timer.builder("kooper.crd.wait.duration")
        .description("Tries to initialize a definition, its establishment included, and how long they took.")
        .tags("crd", crd, "success", Boolean.toString(succeeded))
        .register(registry)
        .record(took);
  }
}
