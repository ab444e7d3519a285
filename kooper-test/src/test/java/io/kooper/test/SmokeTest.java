package io.kooper.test;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import org.junit.jupiter.api.Test;

class SmokeTest {

  @Test
  void createsAndReads() {
    try (EmbeddedApiServer server = EmbeddedApiServer.start(); KubernetesClient client = server.client()) {
      client.configMaps().resource(new ConfigMapBuilder().withNewMetadata().withName("a").endMetadata().build())
          .create();
      assertThat(client.configMaps().withName("a").get().getMetadata().getUid()).isNotNull();
    }
  }
}
