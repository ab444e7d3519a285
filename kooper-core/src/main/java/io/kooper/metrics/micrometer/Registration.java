package io.kooper.metrics.micrometer;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.TimeGauge;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;

/** Registers the meters of one controller, informer or lease, and removes its gauges. */
record Registration(MeterRegistry registry, Tags tags, List<Meter> gauges) {

  Registration(MeterRegistry registry, Tags tags) {
    this(registry, tags, new CopyOnWriteArrayList<>());
  }

  Counter counter(String name, String description, String... labels) {
    return Counter.builder(name).description(description).tags(tags.and(labels)).register(registry);
  }

  /** A histogram, or only count and sum when there are no buckets. */
  Timer timer(String name, String description, List<Duration> buckets, String... labels) {
    return Timer.builder(name).description(description).tags(tags.and(labels))
        .serviceLevelObjectives(buckets.toArray(Duration[]::new)).register(registry);
  }

  /** Micrometer holds what gauges read weakly by default: one that nobody else holds would soon show nothing. */
  <T> void gauge(String name, String description, T source, ToDoubleFunction<T> value, String... labels) {
    gauges.add(Gauge.builder(name, source, value).description(description).tags(tags.and(labels))
        .strongReference(true).register(registry));
  }

  /** In the registry's unit of time. A {@code value} of NaN nanoseconds means that there is none yet. */
  <T> void timeGauge(String name, String description, T source, ToDoubleFunction<T> value) {
    gauges.add(TimeGauge.builder(name, source, TimeUnit.NANOSECONDS, value).description(description).tags(tags)
        .strongReference(true).register(registry));
  }

  /** Twice is once: the second time might remove a successor's gauges. */
  void removeGauges() {
    List<Meter> ours = List.copyOf(gauges);
    gauges.clear();
    ours.forEach(registry::remove);
  }

  static String label(Enum<?> value) {
    return value.name().toLowerCase(Locale.ROOT);
  }

  static <E extends Enum<E>, V> Map<E, V> each(Class<E> type, Function<E, V> value) {
    Map<E, V> all = new EnumMap<>(type);
    for (E constant : type.getEnumConstants()) {
      all.put(constant, value.apply(constant));
    }
    return all;
  }

  static <E extends Enum<E>, V> V of(Map<E, V> all, E constant) {
    return Objects.requireNonNull(all.get(constant)); // each constant has one
  }
}
