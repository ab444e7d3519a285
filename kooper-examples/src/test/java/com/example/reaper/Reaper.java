package com.example.reaper;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.kooper.controller.Controller;
import io.kooper.controller.ControllerBuilder;
import io.kooper.leaderelection.LeaderElection;
import io.kooper.metrics.MetricsRecorder;
import io.kooper.metrics.micrometer.MicrometerRecorder;
import io.kooper.probe.ProbeServer;
import io.kooper.retrieve.Retriever;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.time.Clock;
import java.time.Duration;

public class Reaper {

  static ControllerBuilder<Pod> controller(KubernetesClient client, Clock clock) {
    Retriever<Pod> pods = Retriever.builder(client, Pod.class).withLabelSelector(ReaperHandler.TTL).build();
    return Controller.builder(pods, new ReaperHandler(client, clock))
        .name("reaper")
        .workers(4)
        .resync(Duration.ofMinutes(10))
        .handlerTimeout(Duration.ofSeconds(30));
  }

  public static void main(String[] args) {
    PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    MetricsRecorder metrics = new MicrometerRecorder(registry);
    try (KubernetesClient client = new KubernetesClientBuilder().build()) {
      LeaderElection election = LeaderElection.builder(client, "reaper").metrics(metrics).build();
      Controller controller = controller(client, Clock.systemUTC()).metrics(metrics).election(election).build();
      Runtime.getRuntime().addShutdownHook(new Thread(controller::close));

      try (ProbeServer server = ProbeServer.builder().controller(controller).scrape(registry::scrape).start()) {
        System.out.println("probes and metrics are on port " + server.port());
        controller.run();
      }
    }
  }
}
