package io.kooper.docs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Defaults, times, versions and permissions that pages name are those of the code. */
class PromisesTest {

  private static final Path ROOT = Path.of("..").toAbsolutePath().normalize();

  private static String read(String file) throws IOException {
    return Files.readString(ROOT.resolve(file)).replaceAll("\\s+", " ");
  }

  private static MatchResult find(String file, String pattern) throws IOException {
    Matcher found = Pattern.compile(pattern).matcher(read(file));
    assertThat(found.find()).as("%s has %s", file, pattern).isTrue();
    return found.toMatchResult();
  }

  /** In the page's sentence <code>{}</code> stands for what the code says. */
  private static void holds(String page, String sentence, String value) throws IOException {
    assertThat(read(page)).as(page).contains(sentence.replace("{}", value));
  }

  private static String words(Duration duration) {
    long seconds = duration.toSeconds();
    return seconds >= 60 && seconds % 60 == 0 && seconds < 1000 ? seconds / 60 + " min" : seconds + " s";
  }

  @ParameterizedTest
  @CsvSource(delimiter = '~', textBlock = """
      controller/ControllerBuilder ~ resync ~ docs/concepts.md ~ .resync(Duration.ofMinutes(10)) // default: {};
      controller/ControllerBuilder ~ resync ~ docs/faq.md ~ every {} each object
      controller/ControllerBuilder ~ resync ~ docs/migration-from-java-operator-sdk.md ~ `.resync(...)` ({})
      controller/ControllerBuilder ~ resync ~ docs/migration-from-fabric8-informers.md ~ `.resync(...)`, {} by default
      controller/ControllerBuilder ~ resync ~ docs/migration-from-kooper.md ~ | 3 min | {} |
      controller/ControllerBuilder ~ stopDeadline ~ docs/concepts.md ~ .stopDeadline(Duration.ofSeconds(20)) // default: {}
      controller/ControllerBuilder ~ STUCK_AFTER ~ docs/operations.md ~ `stuckAfter` ({})
      controller/DefaultController ~ GRACE ~ docs/concepts.md ~ gives them {}
      crd/CrdClient ~ DEFAULT_TIMEOUT ~ docs/migration-from-kooper.md ~ | | {}; 4 min for all
      operator/OperatorBuilder ~ initTimeout ~ docs/migration-from-kooper.md ~ | | 3 min; {} for all
      leaderelection/LeaderElectionBuilder ~ leaseDuration ~ docs/leader-election.md ~ `leaseDuration` | {} |
      leaderelection/LeaderElectionBuilder ~ renewDeadline ~ docs/leader-election.md ~ `renewDeadline` | {} |
      leaderelection/LeaderElectionBuilder ~ retryPeriod ~ docs/leader-election.md ~ `retryPeriod` | {} |
      """)
  void times(String type, String name, String page, String sentence) throws IOException {
    MatchResult code = find("kooper-core/src/main/java/io/kooper/" + type + ".java",
        " " + name + " = Duration\\.of(Seconds|Minutes)\\((\\d+)\\)");
    long number = Long.parseLong(code.group(2));
    holds(page, sentence, words(code.group(1).equals("Minutes") ? Duration.ofMinutes(number) : Duration.ofSeconds(number)));
  }

  @ParameterizedTest
  @CsvSource(delimiter = '~', textBlock = """
      controller/ControllerBuilder ~ int workers = (\\d+) ~ docs/concepts.md ~ .workers(4) // default: {}
      controller/ControllerBuilder ~ int workers = (\\d+) ~ docs/migration-from-kooper.md ~ | workers | 1 | 3 | {} |
      queue/RateLimiter ~ each = exponential.Duration.ofMillis.(\\d+) ~ docs/concepts.md ~ after {} ms, then
      queue/RateLimiter ~ Duration longest = Duration.ofMinutes.(\\d+) ~ docs/concepts.md ~ up to {} min; all keys
      queue/RateLimiter ~ bucket.(\\d+), 100, clock ~ docs/concepts.md ~ retried {} times a second after a burst of 100
      queue/RateLimiter ~ bucket.10, (\\d+), clock ~ docs/concepts.md ~ retried 10 times a second after a burst of {}
      controller/FailureLog ~ int LINES = (\\d+) ~ docs/logging.md ~ (of {} in a minute)
      """)
  void numbers(String type, String pattern, String page, String sentence) throws IOException {
    holds(page, sentence, find("kooper-core/src/main/java/io/kooper/" + type + ".java", pattern).group(1));
  }

  @ParameterizedTest
  @CsvSource(delimiter = '~', textBlock = """
      fabric8 ~ README.md ~ `kubernetes-client-bom` {}
      fabric8 ~ docs/compatibility.md ~ | 0.1.0-SNAPSHOT | {} | embedded API server
      jackson ~ README.md ~ `jackson-bom` {}
      slf4j ~ docs/compatibility.md ~ | SLF4J | {} |
      logback ~ docs/compatibility.md ~ Logback {} |
      micrometer ~ docs/compatibility.md ~ | Micrometer | {} |
      opentracing ~ docs/compatibility.md ~ | OpenTracing | {} |
      spring-boot ~ docs/compatibility.md ~ | Spring Boot | {} |
      spring-boot ~ docs/spring-boot.md ~ with Spring Boot {} on
      junit ~ docs/compatibility.md ~ | JUnit, Mockito | {},
      mockito ~ docs/compatibility.md ~ , {} | run; JUnit 6
      """)
  void versions(String library, String page, String sentence) throws IOException {
    holds(page, sentence, find("pom.xml", "<" + library + "\\.version>([^<]+)<").group(1));
  }

  /** ManifestsTest compares the manifests with what the examples send. */
  @ParameterizedTest
  @CsvSource(delimiter = '~', textBlock = """
      echo-pod ~ pods ~ a retriever
      leader-election ~ leases ~ an election
      pod-terminator ~ customresourcedefinitions ~ a `CRD` with `CrdPolicy.UPDATE`, the default
      finalizer ~ configmaps ~ `FinalizerHandler`
      """)
  void permissions(String manifest, String resource, String feature) throws IOException {
    Set<String> granted = Pattern
        .compile("resources: \\[" + resource + "\\](?: resourceNames: \\[[^]]*\\])? verbs: \\[([^]]*)\\]")
        .matcher(read("kooper-examples/manifests/" + manifest + ".yml")).results()
        .flatMap(rule -> Stream.of(rule.group(1).split(", "))).collect(Collectors.toCollection(TreeSet::new));
    if (feature.equals("`FinalizerHandler`")) {
      granted.removeAll(Set.of("list", "watch")); // its retriever's
    }

    String verbs = find("docs/security.md", Pattern.quote("| " + feature + " |") + "[^|]*\\|([^|]*)\\|").group(1);

    Set<String> said = Pattern.compile("`(\\w+)`").matcher(verbs).results().map(verb -> verb.group(1))
        .collect(Collectors.toCollection(TreeSet::new));
    assertThat(said).isNotEmpty().isEqualTo(granted);
  }

  /** In test scope it would win over the version that a program runs on. */
  @Test
  void theTestKitBringsNoHttpLibrary() throws IOException {
    assertThat(Files.readString(ROOT.resolve("kooper-test/pom.xml"))).doesNotContain("io.vertx", "io.netty", "httpclient-vertx");
  }
}
