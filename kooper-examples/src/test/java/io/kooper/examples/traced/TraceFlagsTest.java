package io.kooper.examples.traced;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.URI;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class TraceFlagsTest {

  @Test
  void readsItsFlagsAndLeavesTheOthers() {
    assertThat(TraceFlags.parse(Map.of(), "--embedded", "--fail=0.2", "--zipkin=http://localhost:9411", "--for=1s"))
        .isEqualTo(new TraceFlags(null, URI.create("http://localhost:9411/api/v2/spans"), 0.2, List.of("--embedded", "--for=1s")));
    assertThat(TraceFlags.parse(Map.of(), "--otlp=https://tempo:4318/").otlp()).hasToString("https://tempo:4318/v1/traces");
    assertThat(TraceFlags.parse(Map.of(), "--otlp=http://a/in/traces").otlp()).hasToString("http://a/in/traces");
  }

  @Test
  void takesOpenTelemetrysVariablesUnlessThereIsAFlag() {
    Map<String, String> environment = Map.of("OTEL_EXPORTER_OTLP_ENDPOINT", "http://variable:4318");

    assertThat(TraceFlags.parse(environment).otlp()).hasToString("http://variable:4318/v1/traces");
    assertThat(TraceFlags.parse(environment, "--otlp=http://flag:4318").otlp()).hasToString("http://flag:4318/v1/traces");
    assertThat(TraceFlags.parse(environment, "--otlp=").otlp()).isNull();
  }

  @Test
  void refusesWrongFlagsAllAtOnce() {
    assertThatThrownBy(() -> TraceFlags.parse(Map.of(), "--otlp=here", "--zipkin=ftp://there", "--fail=2"))
        .hasMessageContainingAll("here is", "ftp://there is", "--fail=2 is");
    assertThatThrownBy(() -> TraceFlags.parse(Map.of(), "--fail=often")).hasMessageContaining("--fail=often");
  }
}
