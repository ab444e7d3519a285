package io.kooper.examples;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.kooper.controller.Controller;
import io.kooper.examples.support.Example;
import io.kooper.examples.support.SimulatedPods;
import io.kooper.examples.traced.Backends;
import io.kooper.examples.traced.Telemetry;
import io.kooper.examples.traced.TraceFlags;
import io.kooper.retrieve.Retriever;
import io.kooper.tracing.opentracing.OpenTracing;
import java.time.Duration;

/**
 * A controller whose handler calls a few (fake) services, and traces of all of it: Kooper's own two spans of each job, the
 * handler's, and those of the services, through OpenTracing and the OpenTelemetry SDK. They are printed as trees, or sent.
 *
 * <pre>
 * mvn -q compile exec:java -Dexec.mainClass=io.kooper.examples.TracedController -Dexec.args="--embedded --for=10s --fail=0.1"
 * mvn -q compile exec:java -Dexec.mainClass=io.kooper.examples.TracedController -Dexec.args="--zipkin=http://localhost:9411"
 * mvn -q compile exec:java -Dexec.mainClass=io.kooper.examples.TracedController -Dexec.args="--otlp=http://localhost:4318"
 * </pre>
 */
public final class TracedController {

  static final String NAME = "traced-pod-controller";

  private TracedController() {}

  public static void main(String[] args) {
    TraceFlags flags = TraceFlags.of("traced", args);
    try (Telemetry telemetry = Telemetry.start(flags, System.out);
        Example example = Example.start("traced", flags.others().toArray(String[]::new), SimulatedPods::live)) {
      example.run(controller(example.client(), telemetry, flags.fail()));
    }
  }

  /** The settings are those of Kooper's example, which has more workers. */
  static Controller controller(KubernetesClient client, Telemetry telemetry, double fail) {
    return Controller.builder(Retriever.of(client, Pod.class), new Backends(telemetry, NAME, fail).handler())
        .name(NAME)
        .workers(5)
        .retries(5)
        .resync(Duration.ofMinutes(2))
        .tracing(OpenTracing.of(telemetry.tracer(NAME)))
        .build();
  }
}
