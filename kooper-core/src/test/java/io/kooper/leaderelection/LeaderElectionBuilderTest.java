package io.kooper.leaderelection;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fabric8.kubernetes.client.KubernetesClient;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.mockito.Mockito;

/** What an election may be built of. */
class LeaderElectionBuilderTest {

  private static final Duration FOREVER = ChronoUnit.FOREVER.getDuration();
  private static final Path NONE = Path.of("no", "such", "file");

  private static LeaderElectionBuilder builder(String name) {
    return LeaderElection.builder(Mockito.mock(KubernetesClient.class), name)
        .namespaceFile(NONE).namespace("default").store(new GatedStore());
  }

  static Stream<Arguments> refused() {
    return Stream.of(
        wrong("leaseDuration must be more than renewDeadline", it -> it.leaseDuration(Duration.ofSeconds(10))),
        wrong("leaseDuration must be whole seconds", it -> it.leaseDuration(Duration.ofMillis(15_500))),
        wrong("leaseDuration must be whole seconds", it -> it.leaseDuration(Duration.ZERO)),
        wrong("leaseDuration must be whole seconds", it -> it.leaseDuration(Duration.ofSeconds(-15))),
        wrong("leaseDuration must be whole seconds", it -> it.leaseDuration(Duration.ofSeconds(Long.MAX_VALUE))),
        wrong("renewDeadline must be more than zero", it -> it.renewDeadline(Duration.ZERO)),
        wrong("renewDeadline must be more than zero", it -> it.renewDeadline(Duration.ofSeconds(-1))),
        wrong("retryPeriod must be more than zero", it -> it.retryPeriod(Duration.ZERO)),
        wrong("retryPeriod must be more than zero", it -> it.retryPeriod(Duration.ofSeconds(-1))),
        wrong("1.2 times retryPeriod", it -> it.renewDeadline(Duration.ofMillis(2_400))),
        wrong("1.2 times retryPeriod", it -> it.retryPeriod(Duration.ofSeconds(9))),
        wrong("1.2 times retryPeriod", it -> it.retryPeriod(FOREVER)),
        wrong("leaseDuration must be more than renewDeadline", it -> it.renewDeadline(FOREVER)),
        wrong("healthTolerance must not be negative", it -> it.healthTolerance(Duration.ofNanos(-1))),
        wrong("identity must not be blank", it -> it.identity(" ")),
        wrong("identity must not be blank", it -> it.identity("")),
        wrong("namespace must be", it -> it.namespace("")),
        wrong("namespace must be", it -> it.namespace("Kube_System")));
  }

  private static Arguments wrong(String message, UnaryOperator<LeaderElectionBuilder> change) {
    return Arguments.of(message, change);
  }

  @ParameterizedTest(name = "L8: {0}")
  @MethodSource
  void refused(String message, UnaryOperator<LeaderElectionBuilder> change) {
    assertThatThrownBy(() -> change.apply(builder("op")).build())
        .isInstanceOf(IllegalArgumentException.class).hasMessageContaining(message);
  }

  @ParameterizedTest(name = "L8: the name \"{0}\"")
  @org.junit.jupiter.params.provider.ValueSource(strings = {"", " ", "Op", "op/x", "-op", "op-", "op_x"})
  void refusesANameThatNoLeaseCanHave(String name) {
    assertThatThrownBy(() -> builder(name).build()).hasMessageContaining("name must be");
  }

  @Test
  @DisplayName("L8: every error is in the message")
  void namesAllErrorsAtOnce() {
    assertThatThrownBy(() -> builder("Op").namespace("").identity("")
        .leaseDuration(Duration.ZERO).renewDeadline(Duration.ZERO).retryPeriod(Duration.ZERO).build())
        .hasMessageContainingAll("name", "namespace", "identity", "leaseDuration", "renewDeadline", "retryPeriod");
  }

  @Test
  @DisplayName("L8: the smallest that makes sense")
  void takesSmallValues() {
    assertThatCode(() -> builder("op").leaseDuration(Duration.ofSeconds(1)).renewDeadline(Duration.ofMillis(900))
        .retryPeriod(Duration.ofMillis(700)).build()).doesNotThrowAnyException();
  }

  @Test
  @DisplayName("L8: the largest that a lease can say")
  void takesLargeValues() throws InterruptedException {
    Duration most = Duration.ofSeconds(Integer.MAX_VALUE);
    LeaderElection election = builder("op").leaseDuration(most).renewDeadline(most.minusSeconds(1))
        .retryPeriod(most.dividedBy(2)).healthTolerance(FOREVER).build();
    election.run(term -> {
      assertThat(election.health().healthy()).isTrue();
      assertThat(term.remaining()).isPositive();
    });
  }

  @Test
  void namesEachProcessDifferentlyByDefault() {
    String first = builder("op").build().identity();
    assertThat(first).matches(".+_[0-9a-f]{8}-[0-9a-f-]{27}").isNotEqualTo(builder("op").build().identity());
  }

  @Test
  void takesTheNamespaceOfThePodThenOfTheClient(@TempDir Path directory) throws IOException {
    KubernetesClient client = Mockito.mock(KubernetesClient.class);
    Path file = Files.writeString(directory.resolve("namespace"), "Pods_\n");
    assertThatThrownBy(() -> LeaderElection.builder(client, "op").store(new GatedStore()).namespaceFile(file).build())
        .hasMessageContaining("\"Pods_\"");
    assertThatThrownBy(() -> LeaderElection.builder(client, "op").store(new GatedStore()).namespaceFile(NONE).build())
        .hasMessageContaining("namespace must be set");
    Mockito.when(client.getNamespace()).thenReturn("clients");
    assertThatCode(() -> LeaderElection.builder(client, "op").store(new GatedStore()).namespaceFile(NONE).build())
        .doesNotThrowAnyException();
  }
}
