package io.kooper.internal;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.ConnectException;
import java.net.UnknownHostException;
import java.nio.channels.UnresolvedAddressException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class NoClusterTest {

  private static final String FALLBACK = "https://kubernetes.default.svc";

  @Test
  void namesTheVariableAndTheFilesThatWereLookedFor() {
    assertThat(NoCluster.advice(null, List.of("/home/u/.kube/config"), file -> null))
        .contains("KUBECONFIG is not set", "/home/u/.kube/config is not there");
    assertThat(NoCluster.advice("/a:/b", List.of("/a", "/b"), file -> file.equals("/b") ? "current-context: ''" : null))
        .contains("KUBECONFIG is /a:/b", "/a is not there", "/b is there, but is not valid YAML, or its current context names");
  }

  @ParameterizedTest
  @ValueSource(strings = {
      "a: b\ncurrent-context: prod\nkind: Config", "current-context: \"prod\"", "{\n  \"current-context\": \"prod\",\n}"})
  void namesTheContext(String file) {
    assertThat(NoCluster.advice(null, List.of("/c"), name -> file)).contains("its current context \"prod\" names no cluster");
  }

  @Test
  void isSilentAboutAnyOtherFailure() {
    assertThat(NoCluster.advice(new UnknownHostException("example.com"), "https://example.com")).isEmpty();
    assertThat(NoCluster.advice(new IllegalStateException(), FALLBACK)).isEmpty();
    assertThat(NoCluster.words(new IOException("no route"), FALLBACK)).isEqualTo("java.io.IOException: no route");
    assertThat(NoCluster.words(new IOException(new ConnectException()), "https://a")).startsWith("no connection to https://a;");
  }

  @ParameterizedTest
  @MethodSource
  void findsTheUnknownHostAmongTheCauses(Exception asTheClientSays) {
    assertThat(NoCluster.words(new IllegalStateException(asTheClientSays), FALLBACK))
        .startsWith("the host of https://kubernetes.default.svc is unknown").contains("KUBECONFIG");
    assertThat(NoCluster.words(asTheClientSays, "https://a")).isEqualTo("the host of https://a is unknown");
  }

  static List<Exception> findsTheUnknownHostAmongTheCauses() {
    ConnectException ofTheJdk = new ConnectException();
    ofTheJdk.initCause(new UnresolvedAddressException());
    return List.of(new UnknownHostException("a"), ofTheJdk);
  }
}
