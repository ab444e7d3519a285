package io.kooper.examples;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.kooper.examples.MetricsController.Settings;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

class MetricsControllerTest {

  private static ConditionFactory eventually() {
    return await().atMost(Duration.ofMinutes(1)); // a busy machine takes its time to start all of this
  }

  private static HttpResponse<String> get(int port, String path) {
    try {
      return HttpClient.newHttpClient().send(HttpRequest.newBuilder(
          URI.create("http://localhost:" + port + path)).build(), HttpResponse.BodyHandlers.ofString());
    } catch (IOException | InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  /** The sum of all series of this name whose labels contain the text. */
  private static double sum(String scrape, String name, String labels) {
    return scrape.lines()
        .filter(line -> line.startsWith(name + "{") && line.contains(labels))
        .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
        .sum();
  }

  @Nested
  class Running {

    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

    private String out() {
      return bytes.toString(StandardCharsets.UTF_8);
    }

    private int port() {
      Pattern line = Pattern.compile("Metrics are at http://localhost:(\\d+)/metrics");
      eventually().until(() -> line.matcher(out()).find());
      Matcher matcher = line.matcher(out());
      assertThat(matcher.find()).isTrue();
      return Integer.parseInt(matcher.group(1));
    }

    private void running(Runnable test, String... args) throws InterruptedException {
      PrintStream before = System.out;
      System.setOut(new PrintStream(bytes, true, StandardCharsets.UTF_8));
      Thread main = new Thread(() -> MetricsController.main(args));
      try {
        main.start();
        test.run();
      } finally {
        main.interrupt(); // as close() would
        main.join();
        System.setOut(before);
      }
    }

    @Test
    @DisplayName("K11 shows true figures of a controller at work, and that it is ready")
    void servesMetricsAndProbes() throws InterruptedException {
      running(() -> {
        int port = port();
        eventually().until(() -> get(port, "/readyz").statusCode() == 200);
        eventually().until(() -> // and not just printed: a call is counted when it has ended
            sum(get(port, "/metrics").body(), "kooper_controller_processed_events_total", "type=\"delete\"") > 0);
        assertThat(get(port, "/livez").body()).isEqualTo("ok\n");

        String scrape = get(port, "/metrics").body();
        assertThat(get(port, "/metrics").headers().firstValue("Content-Type").orElseThrow()).contains("version=0.0.4");
        long printed = out().lines().filter(line -> line.startsWith("Pod added: ")).count();
        assertThat(sum(scrape, "kooper_controller_processed_events_total", "type=\"add\"")).isBetween(1.0, (double) printed);
        assertThat(sum(scrape, "kooper_controller_processed_event_errors_total", "")).isZero();
        assertThat(sum(scrape, "kooper_controller_processed_event_duration_seconds_count", ""))
            .isEqualTo(sum(scrape, "kooper_controller_processed_events_total", ""));
        assertThat(sum(scrape, "kooper_informer_synced", "informer=\"pods\"")).isEqualTo(1);
        assertThat(sum(scrape, "kooper_informer_objects", "informer=\"pods\"")).isBetween(1.0, 4.0);
        assertThat(sum(scrape, "kooper_informer_store_bytes", "informer=\"pods\"")).isPositive();
        assertThat(sum(scrape, "kooper_informer_errors_total", "")).isZero();
        assertThat(sum(scrape, "kooper_controller_workers", "controller=\"pods\"")).isEqualTo(2);
      }, "--embedded", "--for=3m", "--port=0");
    }

    @Test
    @DisplayName("K11 counts failures as such, and shows election and definition of an operator")
    void failsWhenAskedToAndLeads() throws InterruptedException {
      running(() -> {
        int port = port();
        eventually().until(() -> sum(get(port, "/metrics").body(), "kooper_controller_given_up_events_total", "") > 0);

        String scrape = get(port, "/metrics").body();
        double errors = sum(scrape, "kooper_controller_processed_event_errors_total", "");
        assertThat(errors).isGreaterThanOrEqualTo(4); // the first call and three retries
        assertThat(sum(scrape, "kooper_controller_event_retries_total", "")).isBetween(3.0, errors);
        assertThat(sum(scrape, "kooper_leader_election_leader", "lease=\"default/metrics-example\"")).isEqualTo(1);
        assertThat(sum(scrape, "kooper_leader_election_renew_duration_seconds_count", "")).isPositive();
        assertThat(sum(scrape, "kooper_crd_wait_duration_seconds_count", "success=\"true\"")).isEqualTo(1);
        assertThat(out()).doesNotContain("Pod added: ");
      }, "--embedded", "--for=3m", "--port=0", "--fail=1", "--operator");
    }
  }

  @Nested
  class Flags {

    @Test
    void areReadBesideThoseOfAllExamples() {
      assertThat(Settings.parse()).isEqualTo(new Settings(8081, 0, 0, false, List.of()));
      assertThat(Settings.parse("--port=9000", "--embedded", "--fail=0.5", "--slow=300", "--operator", "--for=1s"))
          .isEqualTo(new Settings(9000, 0.5, 300, true, List.of("--embedded", "--for=1s")));
    }

    @Test
    void thatAreWrongAreRefusedAllAtOnce() {
      assertThatThrownBy(() -> Settings.parse("--port=high", "--fail=2", "--fail=NaN", "--slow=-1"))
          .hasMessageContainingAll("--port=high", "--fail=2", "--fail=NaN", "--slow=-1");
    }
  }
}
