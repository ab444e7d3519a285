package io.kooper.internal;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.UnknownHostException;
import java.util.List;
import org.junit.jupiter.api.Test;

class NoClusterTest {

  @Test
  void namesTheVariableAndTheFilesThatWereLookedFor() {
    assertThat(NoCluster.advice(null, List.of("/home/u/.kube/config"), file -> false))
        .contains("KUBECONFIG is not set", "/home/u/.kube/config is not there");
    assertThat(NoCluster.advice("/a:/b", List.of("/a", "/b"), "/b"::equals))
        .contains("KUBECONFIG is /a:/b", "/a is not there", "/b is there, but is not valid YAML, or its current context");
  }

  @Test
  void isSilentAboutAnyOtherFailure() {
    assertThat(NoCluster.advice(new UnknownHostException("example.com"))).isEmpty();
    assertThat(NoCluster.advice(new IllegalStateException("kubernetes.default.svc"))).isEmpty();
  }

  @Test
  void findsTheUnknownHostAmongTheCauses() {
    assertThat(NoCluster.advice(new RuntimeException(new UnknownHostException("kubernetes.default.svc")))).contains("KUBECONFIG");
  }
}
