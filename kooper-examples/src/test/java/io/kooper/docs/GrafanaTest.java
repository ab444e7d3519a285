package io.kooper.docs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.fabric8.kubernetes.client.utils.Serialization;
import io.kooper.examples.MetricsController;
import java.io.File;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What is in grafana/ works with a real Prometheus: the rules pass their tests, and every query of the dashboard finds
 * something while the example runs. Skipped where Prometheus is not installed: {@code apt-get install prometheus}.
 */
class GrafanaTest {

  private static final Path GRAFANA = Path.of("../grafana").toAbsolutePath().normalize();

  private record Query(String panel, String text) {

    /** As Grafana would ask, for all controllers and short ranges. */
    String filled() {
      return text.replace("$controller", ".*").replace("$informer", ".*").replace("$__rate_interval", "10s");
    }
  }

  @BeforeAll
  static void isInstalled() {
    for (String binary : List.of("prometheus", "promtool")) {
      boolean there = Stream.of(System.getenv().getOrDefault("PATH", "").split(File.pathSeparator))
          .anyMatch(folder -> Files.isExecutable(Path.of(folder, binary)));
      assumeTrue(there, binary + " is not on the PATH: rules and dashboard are not checked against it");
    }
  }

  @Test
  void rulesAndConfigurationAreValidAndPassTheirTests() throws Exception {
    assertThat(promtool("check", "config", "prometheus.yml")).contains("SUCCESS: 1 rule files found");
    assertThat(promtool("check", "rules", "alerts.yml")).contains("SUCCESS");
    assertThat(promtool("test", "rules", "alerts_test.yml")).contains("SUCCESS");
  }

  private static String promtool(String... arguments) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(List.of("promtool"));
    command.addAll(List.of(arguments));
    Process process = new ProcessBuilder(command).directory(GRAFANA.toFile()).redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as(output).isZero();
    return output;
  }

  @Test
  void everyPanelShowsSomethingWhileTheExampleRuns(@TempDir Path folder) throws Exception {
    int example = freePort();
    int prometheus = freePort();
    Path config = folder.resolve("prometheus.yml");
    Files.writeString(config, Files.readString(GRAFANA.resolve("prometheus.yml"))
        .replace("localhost:8081", "localhost:" + example)
        .replace("5s", "1s")
        .replace("alerts.yml", GRAFANA.resolve("alerts.yml").toString()));
    Process server = new ProcessBuilder("prometheus", "--config.file=" + config, "--log.level=warn",
        "--storage.tsdb.path=" + folder.resolve("data"), "--web.listen-address=localhost:" + prometheus)
        .inheritIO().start();
    Thread main = new Thread(() -> MetricsController.main(new String[] {
        "--embedded", "--operator", "--fail=0.2", "--slow=300", "--for=3m", "--port=" + example}));
    try {
      main.start();
      List<Query> queries = queries();
      assertThat(queries).hasSizeGreaterThan(30);
      Map<Query, String> found = new LinkedHashMap<>();
      await().atMost(Duration.ofMinutes(2)).pollInterval(Duration.ofSeconds(1)).ignoreExceptions().untilAsserted(() -> {
        for (Query query : queries) {
          if (!found.containsKey(query)) {
            String value = ask(prometheus, query.filled());
            if (!value.isEmpty() || query.text().contains("kooper_shards_")) { // the example has none: that it is valid must do
              found.put(query, value);
            }
          }
        }
        assertThat(queries).allMatch(found::containsKey);
      });
      queries.forEach(query -> System.out.println(query.panel() + ": " + found.get(query)));
    } finally {
      server.destroy();
      main.interrupt(); // as close() would
      main.join();
      if (!server.waitFor(10, TimeUnit.SECONDS)) {
        server.destroyForcibly();
      }
    }
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0)) {
      return socket.getLocalPort();
    }
  }

  private static List<Query> queries() throws IOException {
    List<Query> queries = new ArrayList<>();
    Map<?, ?> dashboard = Serialization.unmarshal(Files.readString(GRAFANA.resolve("dashboard.json")), Map.class);
    for (Object panel : (List<?>) dashboard.get("panels")) {
      Map<?, ?> fields = (Map<?, ?>) panel;
      if (fields.get("targets") instanceof List<?> targets) {
        targets.forEach(target -> queries.add(
            new Query((String) fields.get("title"), (String) ((Map<?, ?>) target).get("expr"))));
      }
    }
    return queries;
  }

  /** The first of the answer's series that has a number, or nothing. */
  private static String ask(int port, String query) throws IOException, InterruptedException {
    URI uri = URI.create(
        "http://localhost:" + port + "/api/v1/query?query=" + URLEncoder.encode(query, StandardCharsets.UTF_8));
    String answer = HttpClient.newHttpClient().send(HttpRequest.newBuilder(uri).build(), BodyHandlers.ofString()).body();
    Map<?, ?> parsed = Serialization.unmarshal(answer, Map.class);
    assertThat(parsed.get("status")).as(query + ": " + answer).isEqualTo("success");
    return ((List<?>) ((Map<?, ?>) parsed.get("data")).get("result")).stream()
        .map(series -> (Map<?, ?>) series)
        .filter(series -> !"NaN".equals(((List<?>) series.get("value")).get(1)))
        .map(series -> series.get("metric") + " " + ((List<?>) series.get("value")).get(1))
        .findFirst().orElse("");
  }
}
