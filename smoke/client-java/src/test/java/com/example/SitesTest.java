package com.example;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.api.model.ManagedFieldsEntry;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.kooper.test.EmbeddedApiServer;
import io.kooper.test.junit.KooperTest;
import io.kubernetes.client.openapi.ApiClient;
import io.kubernetes.client.util.Config;
import java.io.IOException;
import java.io.StringReader;
import java.time.Duration;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.Test;

@KooperTest
class SitesTest {

  private static ConditionFactory patiently() {
    return await().atMost(Duration.ofSeconds(60));
  }

  private static Secret secret(KubernetesClient client) {
    return client.secrets().withName("shop").get();
  }

  @Test
  void leadsAppliesAndOwnsAndItsChildrenAreCollected(EmbeddedApiServer server, KubernetesClient client)
      throws IOException, InterruptedException {
    ApiClient api = Config.fromConfig(new StringReader(server.kubeconfig()));
    api.setReadTimeout(0); // a watch may be silent
    Sites program = new Sites(api, client.getNamespace());
    program.start();
    try {
      ConfigMap site = new ConfigMapBuilder().withNewMetadata().withName("shop").endMetadata().build();
      client.resource(site).create();
      patiently().until(() -> secret(client) != null);
      Secret first = secret(client);
      assertEquals("c2hvcA==", first.getData().get("of"));
      ManagedFieldsEntry applied = first.getMetadata().getManagedFields().get(0);
      assertEquals("sites Apply", applied.getManager() + " " + applied.getOperation());
      assertEquals("a", client.leases().withName("sites").get().getSpec().getHolderIdentity());

      client.resource(first).delete();
      patiently().until(() -> secret(client) != null
          && !secret(client).getMetadata().getUid().equals(first.getMetadata().getUid()));

      client.resource(site).delete();
      patiently().until(() -> secret(client) == null);
      assertTrue(server.leaked().isEmpty());
    } finally {
      program.stop();
    }
  }
}
