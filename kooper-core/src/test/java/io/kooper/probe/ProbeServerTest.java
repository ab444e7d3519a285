package io.kooper.probe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.when;

import ch.qos.logback.classic.Level;
import io.kooper.controller.Controller;
import io.kooper.controller.Health;
import io.kooper.fake.Logs;
import java.io.IOException;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class ProbeServerTest {

  private final Controller pods = mock();
  private final Controller services = mock();
  private final ProbeServer server = ProbeServer.builder().port(0).controller(pods).controller(services)
      .scrape(() -> "kooper_up 1\n").start();
  private final HttpClient http = HttpClient.newHttpClient();

  @AfterEach
  void close() {
    server.close();
  }

  private HttpResponse<String> get(ProbeServer from, String path) throws IOException, InterruptedException {
    URI uri = URI.create("http://localhost:" + from.port() + path);
    return http.send(HttpRequest.newBuilder(uri).build(), BodyHandlers.ofString());
  }

  private void says(ProbeServer from, String path, int code, String text) throws Exception {
    HttpResponse<String> response = get(from, path);
    assertThat(response.statusCode() + " " + response.body()).isEqualTo(code + " " + text);
  }

  private static void is(Controller controller, boolean live, boolean ready, String... reasons) {
    when(controller.health()).thenReturn(new Health(live, ready, null, List.of(reasons)));
  }

  @Test
  void isFineWhenAllAre() throws Exception {
    is(pods, true, true);
    is(services, true, true);

    says(server, "/livez", 200, "ok\n");
    says(server, "/readyz", 200, "ok\n");
  }

  @Test
  void answersThoughOthersHaveSentHalfARequest() throws Exception {
    is(pods, true, true);
    is(services, true, true);
    List<Socket> halves = new ArrayList<>();
    try {
      for (int i = 0; i < 10; i++) {
        Socket half = new Socket("localhost", server.port());
        halves.add(half);
        half.getOutputStream().write("GET /liv".getBytes(StandardCharsets.US_ASCII));
      }
      says(server, "/livez", 200, "ok\n");
    } finally {
      for (Socket half : halves) {
        half.close();
      }
    }
  }

  @Test
  void saysWhyOneIsNot() throws Exception {
    is(pods, true, false, "pods has not synced", "pods does not watch");
    is(services, true, true, "services works slowly");

    says(server, "/livez", 200, "pods has not synced\npods does not watch\nservices works slowly\n");
    says(server, "/readyz", 503, "pods has not synced\npods does not watch\nservices works slowly\n");

    is(services, false, false);
    says(server, "/livez", 503, "pods has not synced\npods does not watch\n");
    is(pods, true, true);
    says(server, "/livez", 503, "no reason was given\n");
  }

  @Test
  void aHealthFunctionThatThrowsIsNeitherLiveNorReady() throws Exception {
    is(pods, true, true);
    when(services.health()).thenThrow(new LinkageError("secret"));
    try (Logs logs = new Logs(ProbeServer.class.getName(), Level.ERROR)) {
      says(server, "/livez", 503, "a health function fails, see the log\n");
      says(server, "/readyz", 503, "a health function fails, see the log\n");
      assertThat(logs.lines()).hasSize(1);
    }
  }

  @Test
  void takesAFunctionAndServesNoMetricsThatItWasNotGiven() throws Exception {
    Supplier<Health> own = () -> new Health(false, true, null, List.of("the database is gone"));
    try (ProbeServer probes = ProbeServer.builder().port(0).health(own).start()) {
      says(probes, "/livez", 503, "the database is gone\n");
      says(probes, "/readyz", 200, "the database is gone\n");
      says(probes, "/metrics", 404, "there is /livez, /readyz\n");
    }
  }

  @Test
  void servesMetrics() throws Exception {
    says(server, "/metrics", 200, "kooper_up 1\n");
    assertThat(get(server, "/metrics").headers().firstValue("Content-Type").orElseThrow()).contains("version=0.0.4");
  }

  @Test
  void aScrapeThatThrowsIsAnError() throws Exception {
    Supplier<String> broken = mock();
    when(broken.get()).thenThrow(new IllegalStateException("secret"));
    try (ProbeServer probes = ProbeServer.builder().port(0).scrape(broken).start();
        Logs logs = new Logs(ProbeServer.class.getName(), Level.ERROR)) {
      says(probes, "/metrics", 500, "the metrics cannot be read, see the log\n");
      assertThat(logs.lines()).hasSize(1);
    }
  }

  @Test
  void knowsNothingElse() throws Exception {
    says(server, "/livez/x", 404, "there is /livez, /readyz and /metrics\n");
    HttpRequest post = HttpRequest.newBuilder(URI.create("http://localhost:" + server.port() + "/livez"))
        .POST(HttpRequest.BodyPublishers.noBody()).build();
    assertThat(http.send(post, BodyHandlers.ofString()).statusCode()).isEqualTo(405);
  }

  @Test
  void allItsThreadsAreDaemons() throws Exception {
    says(server, "/metrics", 200, "kooper_up 1\n");

    assertThat(Thread.getAllStackTraces().keySet())
        .filteredOn(thread -> thread.getName().startsWith("kooper-probe-") || thread.getName().equals("HTTP-Dispatcher"))
        .hasSizeGreaterThan(1).allMatch(Thread::isDaemon);
  }

  @Test
  void refusesAPortThatIsTakenOrNone() {
    assertThatThrownBy(() -> ProbeServer.builder().port(server.port()).controller(pods).start())
        .isInstanceOf(IllegalStateException.class).hasMessageContaining("port " + server.port() + " is taken");
    assertThatThrownBy(() -> ProbeServer.builder().port(70_000).controller(pods).start())
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> ProbeServer.builder().start()).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void endsWithClose() throws Exception {
    says(server, "/metrics", 200, "kooper_up 1\n");
    server.close();

    assertThatThrownBy(() -> get(server, "/metrics")).isInstanceOf(IOException.class);
  }
}
