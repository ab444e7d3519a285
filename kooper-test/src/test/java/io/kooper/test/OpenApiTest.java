package io.kooper.test;

import static org.assertj.core.api.Assertions.assertThat;

import io.kooper.test.RawClient.Reply;
import org.junit.jupiter.api.Test;

class OpenApiTest {

  @Test
  void saysOfWhatTypesAreMadeAndThatAPatchTakesFieldValidation() {
    try (EmbeddedApiServer server = EmbeddedApiServer.start()) {
      RawClient raw = new RawClient(server);
      Reply index = raw.get("/openapi/v3?timeout=32s");
      assertThat(index.body().path("paths").propertyNames()).contains("api/v1", "apis/apps/v1");
      Reply document = raw.get(index.at("/paths/apis~1apps~1v1/serverRelativeURL"));
      assertThat(document.body().path("paths").valueStream()).allSatisfy(path -> {
        assertThat(path.at("/patch/parameters").valueStream().map(p -> p.path("name").asString()))
            .contains("fieldValidation", "dryRun");
        assertThat(path.at("/patch/x-kubernetes-group-version-kind/group").asString()).isEqualTo("apps");
      });
      assertThat(raw.get("/openapi/v3/apis/none.io/v1").code()).isEqualTo(404);
      assertThat(raw.get("/openapi/v2").body().at("/definitions/io.k8s.api.core.v1.PodSpec/properties/nodeName/type").asString())
          .isEqualTo("string");
      assertThat(document.body().at("/components/schemas/io.k8s.api.apps.v1.Deployment/properties/spec/$ref").asString())
          .isEqualTo("#/components/schemas/io.k8s.api.apps.v1.DeploymentSpec");
    }
  }
}
