package io.kooper.examples.support;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ExampleTest {

  @Test
  void readsFlags() {
    assertThat(Flags.parse()).isEqualTo(new Flags(false, null, 0, false));
    assertThat(Flags.parse("--embedded", "--for=10s")).isEqualTo(new Flags(true, Duration.ofSeconds(10), 0, false));
    assertThat(Flags.parse("--for=500ms").duration()).isEqualTo(Duration.ofMillis(500));
    assertThat(Flags.parse("--for=2m").duration()).isEqualTo(Duration.ofMinutes(2));
    assertThat(Flags.parse("--probes=8080").probes()).isEqualTo(8080);
    assertThat(Flags.parse("--help").help()).isTrue();
  }

  @Test
  void refusesWrongFlagsAllAtOnce() {
    assertThatThrownBy(() -> Flags.parse("--fast", "--for=soon", "--for=0s", "--probes=http"))
        .hasMessageContainingAll("--fast", "--for=soon", "--for=0s", "--probes=http");
  }

  @Test
  void usesTheClusterThatIsConfigured(@TempDir Path home) throws IOException {
    assertThat(Example.cluster(Map.of(), home)).isEmpty();
    assertThat(Example.cluster(Map.of("KUBERNETES_SERVICE_HOST", "10.0.0.1"), home)).contains("the cluster of this pod");

    Path kubeconfig = Files.createDirectories(home.resolve(".kube")).resolve("config");
    Files.writeString(kubeconfig, "apiVersion: v1");
    assertThat(Example.cluster(Map.of(), home)).contains("the kubeconfig " + kubeconfig);
    assertThat(Example.cluster(Map.of("KUBECONFIG", kubeconfig.toString()), home)).contains("the kubeconfig " + kubeconfig);
  }

  @Test
  void refusesAKubeconfigThatIsNotThere(@TempDir Path home) {
    assertThatThrownBy(() -> Example.cluster(Map.of("KUBECONFIG", "/not/there"), home))
        .hasMessageContainingAll("/not/there", "--embedded");
  }
}
