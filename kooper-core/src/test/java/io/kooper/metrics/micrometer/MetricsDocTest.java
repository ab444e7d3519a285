package io.kooper.metrics.micrometer;

import static org.assertj.core.api.Assertions.assertThat;

import io.kooper.metrics.ElectionFigures;
import io.kooper.metrics.ShardFigures;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** docs/metrics.md lists what a scrape shows, no more and no less; dashboard and alerts use only what it lists. */
class MetricsDocTest {

  private static final Path ROOT = Path.of("..").toAbsolutePath().normalize();
  private static final Pattern ROW = Pattern.compile("(?m)^\\| `(kooper_\\w+)` \\| (\\w+) \\| ([^|]*) \\| [^|]+ \\|$");
  private static final Pattern ALERT_ROW = Pattern.compile("(?m)^\\| `(Kooper\\w+)` \\|");
  private static final Pattern ALERT = Pattern.compile("(?m)^ +- alert: (\\w+)");

  private record Family(String type, Set<String> labels) {}

  private static String read(String file) throws IOException {
    return Files.readString(ROOT.resolve(file));
  }

  private static Map<String, Family> documented() throws IOException {
    Map<String, Family> families = new TreeMap<>();
    for (MatchResult row : ROW.matcher(read("docs/metrics.md")).results().toList()) {
      Set<String> labels = new TreeSet<>(Arrays.asList(row.group(3).replace("`", "").split(", ")));
      assertThat(families.put(row.group(1), new Family(row.group(2), labels))).as("twice: " + row.group(1)).isNull();
    }
    return families;
  }

  private static Set<String> groups(Pattern pattern, String text) {
    return pattern.matcher(text).results().map(match -> match.group(1)).collect(Collectors.toCollection(TreeSet::new));
  }

  @Test
  void thePageListsExactlyWhatAScrapeShows() throws IOException {
    PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    MicrometerRecorder recorder = new MicrometerRecorder(registry);
    recorder.controller("pods", new Figures());
    recorder.informer("pods", new Figures());
    recorder.election("web", new ElectionFigures() {
      @Override
      public boolean leading() {
        return true;
      }

      @Override
      public boolean leaderless() {
        return false;
      }
    });
    recorder.shards("shop/sites", new ShardFigures() {
      @Override
      public int held() {
        return 5;
      }

      @Override
      public int due() {
        return 5;
      }

      @Override
      public int unowned() {
        return 0;
      }
    });
    recorder.crdInitialized("podterminators", Duration.ofSeconds(1), true);
    Scrape scrape = Scrape.of(registry);

    Map<String, Family> shown = new TreeMap<>();
    scrape.types().forEach((name, type) -> shown.put(name, new Family(type, scrape.labels(name))));
    shown.keySet().removeIf(name -> name.endsWith("_max") && shown.containsKey(name.replaceAll("_max$", "")));

    assertThat(documented()).isEqualTo(shown);
  }

  @ParameterizedTest
  @ValueSource(strings = {"grafana/dashboard.json", "grafana/alerts.yml", "grafana/alerts_test.yml",
      "docs/operations.md"})
  void onlyWhatThePageListsIsUsed(String file) throws IOException {
    Set<String> used = groups(Pattern.compile("\\b(kooper_\\w+)"), read(file));
    Map<String, Family> documented = documented();
    used.removeIf(name -> documented.containsKey(name)
        || documented.containsKey(name.replaceAll("_(bucket|sum|count)$", ""))
            && !documented.get(name.replaceAll("_(bucket|sum|count)$", "")).type().equals("gauge"));
    assertThat(used).isEmpty();
  }

  @Test
  void thePageListsExactlyTheAlertsThereAreAndEachHasATest() throws IOException {
    Set<String> alerts = groups(ALERT, read("grafana/alerts.yml"));
    assertThat(alerts).isNotEmpty().isEqualTo(groups(ALERT_ROW, read("docs/metrics.md")));
    assertThat(groups(Pattern.compile("alertname: (\\w+)"), read("grafana/alerts_test.yml"))).isEqualTo(alerts);
  }
}
