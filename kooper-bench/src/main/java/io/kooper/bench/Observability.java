package io.kooper.bench;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.kooper.bench.EngineThroughput.Round;
import io.kooper.controller.ControllerBuilder;
import io.kooper.metrics.micrometer.MicrometerRecorder;
import io.kooper.tracing.opentracing.OpenTracing;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.opentracing.noop.NoopTracerFactory;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.UnaryOperator;

/**
 * What metrics and tracing cost an event, with nothing else in the handler: the same engine with and without, in turns.
 *
 * <pre>
 * mvn -q -B verify -DskipTests -Pbench -pl kooper-bench -am -Dbench=Observability -Dbench.args="[EVENTS [KEYS [ROUNDS]]]"
 * </pre>
 *
 * <p>Metrics go to a Prometheus registry. Traces go to OpenTracing's no-op tracer: what a real one adds is its own.
 */
public final class Observability {

  private Observability() {}

  public static void main(String[] args) throws InterruptedException {
    int events = args.length > 0 ? Integer.parseInt(args[0]) : 1_000_000;
    int keys = args.length > 1 ? Integer.parseInt(args[1]) : events;
    int rounds = args.length > 2 ? Integer.parseInt(args[2]) : 7;
    UnaryOperator<ControllerBuilder<ConfigMap>> metrics =
        builder -> builder.metrics(new MicrometerRecorder(new PrometheusMeterRegistry(PrometheusConfig.DEFAULT)));
    UnaryOperator<ControllerBuilder<ConfigMap>> tracing = builder -> builder.tracing(OpenTracing.of(NoopTracerFactory.create()));
    Map<String, UnaryOperator<ControllerBuilder<ConfigMap>>> modes = new LinkedHashMap<>();
    modes.put("neither", builder -> builder);
    modes.put("metrics", metrics);
    modes.put("tracing", tracing);
    modes.put("both", builder -> tracing.apply(metrics.apply(builder)));
    List<ConfigMap> objects = EngineThroughput.objects(events, keys);
    Map<String, List<Round>> results = new LinkedHashMap<>();
    for (int i = 0; i <= rounds; i++) {
      for (Map.Entry<String, UnaryOperator<ControllerBuilder<ConfigMap>>> mode : modes.entrySet()) {
        Round round = EngineThroughput.round(objects, mode.getValue());
        if (i > 0) { // the first warms up
          results.computeIfAbsent(mode.getKey(), key -> new ArrayList<>()).add(round);
        }
      }
    }
    double base = median(results.get("neither")).nanos();
    results.forEach((mode, all) -> {
      Round median = median(all);
      System.out.printf(Locale.ROOT, "%-8s %,.0f ns and %.0f bytes an event, %.2f times neither%n",
          mode, median.nanos(), median.bytes(), median.nanos() / base);
    });
  }

  private static Round median(List<Round> rounds) {
    return rounds.stream().sorted(Comparator.comparingDouble(Round::nanos)).toList().get(rounds.size() / 2);
  }
}
