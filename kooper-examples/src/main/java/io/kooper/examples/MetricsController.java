package io.kooper.examples;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.kooper.controller.Controller;
import io.kooper.controller.ControllerBuilder;
import io.kooper.crd.CRD;
import io.kooper.examples.podterminator.PodTerminator;
import io.kooper.examples.support.Example;
import io.kooper.examples.support.SimulatedPods;
import io.kooper.handler.Handler;
import io.kooper.handler.HandlerContext;
import io.kooper.leaderelection.LeaderElection;
import io.kooper.metrics.MetricsRecorder;
import io.kooper.metrics.micrometer.MicrometerRecorder;
import io.kooper.operator.Operator;
import io.kooper.probe.ProbeServer;
import io.kooper.retrieve.Retriever;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.PrintStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;

/**
 * The echo-pod controller, measured: it serves /metrics, /livez and /readyz, and its handler can be made to fail and to be
 * slow, so that there is something to see. {@code docs/metrics.md} tells how to look at it with Prometheus and Grafana.
 *
 * <pre>
 * mvn -q compile exec:java -Dexec.mainClass=io.kooper.examples.MetricsController \
 *     -Dexec.args="--embedded --operator --fail=0.1 --slow=300"
 * curl localhost:8081/metrics
 * </pre>
 */
public final class MetricsController {

  /**
   * The flags that only this example has.
   *
   * @param fail the share of the calls that fail, from 0 to 1
   * @param slow how many milliseconds a call may take; most take much less
   * @param operator run as an operator, with a definition and an election
   * @param others the flags that all examples have
   */
  record Settings(int port, double fail, int slow, boolean operator, List<String> others) {

    static final String USAGE = """
        Flags of this example:
          --port=N       where to serve /metrics, /livez and /readyz; default: 8081
          --fail=SHARE   let this share of the calls fail, for instance 0.1
          --slow=MILLIS  let calls take up to so long; one in a hundred takes longer and is cancelled
          --operator     run as an operator: installs the definition of PodTerminator, and elects a leader""";

    /**
     * @throws IllegalArgumentException naming every flag that is wrong
     */
    static Settings parse(String... args) {
      int port = 8081;
      double fail = 0;
      int slow = 0;
      boolean operator = false;
      List<String> others = new ArrayList<>();
      List<String> errors = new ArrayList<>();
      for (String arg : args) {
        String value = arg.substring(arg.indexOf('=') + 1);
        try {
          if (arg.startsWith("--port=")) {
            port = (int) between(0, Integer.parseInt(value), 65_535);
          } else if (arg.startsWith("--fail=")) {
            fail = between(0, Double.parseDouble(value), 1);
          } else if (arg.startsWith("--slow=")) {
            slow = (int) between(0, Integer.parseInt(value), 60_000);
          } else if (arg.equals("--operator")) {
            operator = true;
          } else {
            others.add(arg);
          }
        } catch (IllegalArgumentException e) {
          errors.add(arg + " makes no sense");
        }
      }
      if (!errors.isEmpty()) {
        throw new IllegalArgumentException(String.join("; ", errors));
      }
      return new Settings(port, fail, slow, operator, List.copyOf(others));
    }

    private static double between(double least, double value, double most) {
      if (!(least <= value && value <= most)) { // NaN is refused too
        throw new IllegalArgumentException();
      }
      return value;
    }
  }

  private MetricsController() {}

  public static void main(String[] args) {
    Settings settings;
    try {
      settings = Settings.parse(args);
    } catch (IllegalArgumentException e) {
      System.err.println("metrics: " + e.getMessage() + System.lineSeparator() + Settings.USAGE);
      System.exit(2);
      throw e;
    }
    if (settings.others().contains("--help")) {
      System.out.println(Settings.USAGE);
    }
    PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    try (Example example = Example.start("metrics", settings.others().toArray(String[]::new), SimulatedPods::live)) {
      Controller controller = controller(example.client(), new MicrometerRecorder(registry), settings, System.out);
      try (ProbeServer server =
          ProbeServer.builder().port(settings.port()).controller(controller).scrape(registry::scrape).start()) {
        System.out.println("Metrics are at http://localhost:" + server.port() + "/metrics");
        example.run(controller);
      }
    }
  }

  static Controller controller(KubernetesClient client, MetricsRecorder metrics, Settings settings, PrintStream out) {
    Handler<Pod> handler = Handler.of(
        (context, pod) -> {
          simulate(context, settings);
          out.println("Pod added: " + context.key());
        },
        (context, pod) -> out.println("Pod deleted: " + context.key()));
    ControllerBuilder<Pod> pods = Controller.builder(Retriever.of(client, Pod.class), handler)
        .workers(2)
        .resync(Duration.ofSeconds(10))
        .retries(3) // then the resync tries again, and the metrics show what was given up
        .handlerTimeout(Duration.ofSeconds(2).plusMillis(settings.slow()))
        .metrics(metrics);
    if (!settings.operator()) {
      return pods.build();
    }
    return Operator.builder("metrics")
        .crd(CRD.of(client, PodTerminator.class))
        .election(LeaderElection.builder(client, "metrics-example").namespace("default").metrics(metrics).build())
        .controller(pods)
        .metrics(metrics)
        .build();
  }

  /** What real handlers have from networks and mistakes. */
  private static void simulate(HandlerContext<Pod> context, Settings settings) throws InterruptedException {
    ThreadLocalRandom random = ThreadLocalRandom.current();
    if (settings.slow() > 0) {
      double share = random.nextDouble();
      boolean hangs = share < 0.01; // until it is cancelled, and interrupted
      Thread.sleep(hangs ? 60_000 : (long) (settings.slow() * share * share * share));
    }
    if (random.nextDouble() < settings.fail()) {
      throw new IllegalStateException(context.key() + " fails, as --fail=" + settings.fail() + " asked for");
    }
  }
}
