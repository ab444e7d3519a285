package io.kooper.metrics.micrometer;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.TimeGauge;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;

/** Registers the meters of one controller or lease: all of them, or none. For one thread. */
final class Registration {

  private final MeterRegistry registry;
  private final String kind;
  private final String name;
  private final Tags tags;
  private final Set<Meter> before; // counters of a former controller of this name: they are not for us to remove
  private final List<Meter> registered = new ArrayList<>();
  private final List<Meter> gauges = new ArrayList<>();

  Registration(MeterRegistry registry, String kind, String name) {
    this.registry = registry;
    this.kind = kind;
    this.name = name;
    this.tags = Tags.of(kind, name);
    this.before = new HashSet<>(registry.getMeters());
  }

  static IllegalArgumentException refused(String kind, String name) {
    return new IllegalArgumentException("the " + kind + " " + name + " is being recorded in this registry already, and"
        + " figures of two would be true for neither: " + (kind.equals("controller")
            ? "give the controllers different names, ControllerBuilder.name(...), or run one after the other"
            : "use one MicrometerRecorder per registry"));
  }

  Counter counter(String name, String description, String... labels) {
    return kept(Counter.builder(name).description(description).tags(tags.and(labels)).register(registry));
  }

  /** A histogram, or only count and sum when there are no buckets. */
  Timer timer(String name, String description, List<Duration> buckets, String... labels) {
    return kept(Timer.builder(name).description(description).tags(tags.and(labels))
        .serviceLevelObjectives(buckets.toArray(Duration[]::new)).register(registry));
  }

  /** Micrometer holds what gauges read weakly by default: one that nobody else holds would soon show nothing. */
  <T> void gauge(String name, @Nullable String unit, String description, T source, ToDoubleFunction<T> value,
      String... labels) {
    ours(Gauge.builder(name, source, value).baseUnit(unit).description(description).tags(tags.and(labels))
        .strongReference(true).register(registry));
  }

  /** In the registry's unit of time. A {@code value} of NaN nanoseconds means that there is none yet. */
  <T> void timeGauge(String name, String description, T source, ToDoubleFunction<T> value) {
    ours(TimeGauge.builder(name, source, TimeUnit.NANOSECONDS, value).description(description).tags(tags)
        .strongReference(true).register(registry));
  }

  private <M extends Meter> M kept(M meter) {
    registered.add(meter);
    return meter;
  }

  /** A registry answers a second registration with the first one's gauge, which would show somebody else's figures. */
  private void ours(Meter gauge) {
    if (before.contains(gauge)) {
      throw refused(kind, name);
    }
    registered.add(gauge);
    gauges.add(gauge);
  }

  /** What removes the gauges registered so far; it does not hold on to the rest. */
  Runnable removal() {
    MeterRegistry from = registry;
    List<Meter> ours = List.copyOf(gauges);
    return () -> ours.forEach(from::remove);
  }

  void undo() {
    registered.stream().filter(meter -> !before.contains(meter)).forEach(registry::remove);
  }
}
