package io.kooper.examples;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.kooper.clock.Clock;
import io.kooper.controller.Controller;
import io.kooper.examples.support.Example;
import io.kooper.examples.support.SimulatedPods;
import io.kooper.handler.Handler;
import io.kooper.informer.InformerListener;
import io.kooper.leaderelection.LeaderElection;
import io.kooper.metrics.micrometer.MicrometerRecorder;
import io.kooper.queue.RateLimiter;
import io.kooper.retrieve.RetrieveException;
import io.kooper.retrieve.Retriever;
import io.kooper.tracing.opentracing.OpenTracing;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.opentracingshim.OpenTracingShim;
import io.opentracing.Tracer;
import java.io.PrintStream;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Executor;

/**
 * Every option that a controller has, each with what it is for. None of them is needed: {@link EchoPodController} does
 * without any.
 *
 * <pre>
 * mvn -q compile exec:java -Dexec.mainClass=io.kooper.examples.ConfigCustomController -Dexec.args="--embedded --for=8s"
 * </pre>
 */
public final class ConfigCustomController {

  private ConfigCustomController() {}

  public static void main(String[] args) {
    try (Example example = Example.start("config-custom", args, SimulatedPods::live)) {
      example.run(controller(example.client(), System.out));
    }
  }

  /** A pod that no kubelet has seen may have none. */
  private static String phase(Pod pod) {
    return pod.getStatus() == null || pod.getStatus().getPhase() == null ? "Unknown" : pod.getStatus().getPhase();
  }

  static Controller controller(KubernetesClient client, PrintStream out) {
    Handler<Pod> handler = Handler.of(
        (context, pod) -> out.println("Pod added: " + context.key() + ", attempt " + context.attempt()
            + ", one of " + context.store().byIndex("phase", phase(pod)).size() + " that are " + phase(pod)),
        (context, pod) -> out.println("Pod deleted: " + context.key()));
    Executor executor = task -> new Thread(task, "my-worker").start();
    MeterRegistry meters = new SimpleMeterRegistry(); // yours, as the tracer is
    Tracer tracer = tracer();

    return Controller.builder(Retriever.of(client, Pod.class), handler)

        // --- who it is

        // in logs, threads and metrics; two controllers of one resource need two names
        .name("custom-pods")

        // --- how much at once

        // two pods may be handled at once, one pod never twice
        .workers(2)
        // runs the workers: on JDK 21 Executors.newVirtualThreadPerTaskExecutor() is a choice; left out, own daemon threads
        .executor(executor)

        // --- what calls it

        // other kinds too: owns(retriever) for what an object owns, see WebAppOperator, references(retriever, keys) for what it
        // names, watches(retriever, keys) for anything else

        // a change calls only if this has changed; see Changes.spec() for most kinds
        .onlyWhenChanged(pod -> phase(pod))
        // of many changes of one pod, one call in this time
        .minInterval(Duration.ofMillis(100))
        // not while somebody works on it by hand
        .pauseWhen(pod -> "true".equals(pod.getMetadata().getLabels().get("paused")))
        // more calls of one pod in a minute are told: its handler probably calls itself
        .loopLimit(120)

        // --- when it is called again

        // though nothing has changed, so that what was done by hand elsewhere is put right; noResync() for never
        .resync(Duration.ofSeconds(5))
        // after a failure, before the next change or resync; retries(0) for none
        .retries(5)
        // how long it waits before each of them: for a key, not for the others
        .rateLimiter(RateLimiter.exponential(Duration.ofMillis(50), Duration.ofSeconds(30)))

        // --- how long things may take

        // the first list: run() fails after that, so that a wrong permission is seen at once in a deployment
        .syncTimeout(Duration.ofMinutes(1))
        // one call of the handler: then it is interrupted and has failed
        .handlerTimeout(Duration.ofSeconds(20))
        // no call has ended for so long, though there is work: live() is false, and the log shows all threads
        .stuckAfter(Duration.ofMinutes(2))
        // at the end: what is queued is still handled, then handlers are interrupted
        .stopDeadline(Duration.ofSeconds(10))

        // --- of several replicas, one

        // the handler is called while this process leads; for replicas that work at once, each on a part of the objects:
        // .shards(LeaderElection.shards(client, "config-custom-example", 16))
        .election(LeaderElection.builder(client, "config-custom-example").namespace("default").build())
        // wait to lead again when the leadership was lost; otherwise run() fails, and Kubernetes starts the pod again
        .campaignAgain()
        // a standby neither lists nor watches: less memory, a later start as the leader
        .coldStandby()

        // --- what is kept in memory

        // before it is stored: what the handler never reads need not be kept
        .transform(pod -> new PodBuilder(pod).editMetadata().withAnnotations(null).endMetadata().withSpec(null).build())
        // finds pods in the handler by context.store().byIndex("phase", "Running")
        .index("phase", pod -> List.of(phase(pod)))

        // --- what it shows

        // figures for Prometheus and others, see MetricsController
        .metrics(new MicrometerRecorder(meters))
        // a trace of each call, see TracedController
        .tracing(OpenTracing.of(tracer))
        // what the informer sees, on its own thread: it must not block
        .listener(new Reporter(out))

        // --- for tests

        // a ManualClock lets hours pass at once
        .clock(Clock.system())

        .build();
  }

  @SuppressWarnings("deprecation") // the shim, as OpenTracing is complete and has a successor
  private static Tracer tracer() {
    return OpenTracingShim.createTracerShim(OpenTelemetry.noop());
  }

  private record Reporter(PrintStream out) implements InformerListener<Pod> {

    @Override
    public void added(Pod pod, boolean initial) {}

    @Override
    public void updated(Pod before, Pod after) {}

    @Override
    public void deleted(Pod lastState) {}

    @Override
    public void synced() {
      out.println("All pods have been seen");
    }

    @Override
    public void failed(RetrieveException cause) {
      out.println("The pods cannot be watched for now: " + cause.getMessage());
    }
  }
}
