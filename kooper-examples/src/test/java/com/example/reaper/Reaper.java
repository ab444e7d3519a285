package com.example.reaper;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.kooper.controller.Controller;
import io.kooper.controller.ControllerBuilder;
import io.kooper.controller.Health;
import io.kooper.leaderelection.LeaderElection;
import io.kooper.metrics.MetricsRecorder;
import io.kooper.metrics.micrometer.MicrometerRecorder;
import io.kooper.retrieve.Retriever;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
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

  public static void main(String[] args) throws IOException {
    PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    MetricsRecorder metrics = new MicrometerRecorder(registry);
    try (KubernetesClient client = new KubernetesClientBuilder().build()) {
      LeaderElection election = LeaderElection.builder(client, "reaper").metrics(metrics).build();
      Controller controller = controller(client, Clock.systemUTC()).metrics(metrics).election(election).build();

      HttpServer http = HttpServer.create(new InetSocketAddress(8080), 0);
      http.createContext("/metrics", exchange -> send(exchange, true, registry.scrape()));
      http.createContext("/healthz", exchange -> {
        Health health = controller.health();
        send(exchange, health.live(), String.join("\n", health.reasons()));
      });
      http.createContext("/readyz", exchange -> send(exchange, controller.health().ready(), ""));
      http.start();

      Runtime.getRuntime().addShutdownHook(new Thread(controller::close));
      try {
        controller.run();
      } finally {
        http.stop(0);
      }
    }
  }

  private static void send(HttpExchange exchange, boolean ok, String text) throws IOException {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    exchange.sendResponseHeaders(ok ? 200 : 503, bytes.length == 0 ? -1 : bytes.length);
    exchange.getResponseBody().write(bytes);
    exchange.close();
  }
}
