package com.example;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.javaoperatorsdk.operator.Operator;
import io.javaoperatorsdk.operator.api.config.LeaderElectionConfigurationBuilder;
import io.kooper.test.EmbeddedApiServer;
import io.kooper.test.junit.KooperTest;
import java.time.Duration;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.Test;

@KooperTest(manifests = "src/test/resources")
class SiteTest {

  private static ConditionFactory patiently() {
    return await().atMost(Duration.ofSeconds(30));
  }

  private static Site site(String text) {
    Site site = new Site();
    site.getMetadata().setName("shop");
    site.setSpec(new Site.Spec());
    site.getSpec().text = text;
    return site;
  }

  private static ConfigMap page(KubernetesClient client) {
    return client.configMaps().withName("shop").get();
  }

  @Test
  void leadsAppliesAndOwnsAndItsChildrenAreCollected(EmbeddedApiServer server, KubernetesClient client) {
    Operator operator = new Operator(config -> config.withKubernetesClient(client).withCloseClientOnStop(false)
        .withLeaderElectionConfiguration(LeaderElectionConfigurationBuilder.aLeaderElectionConfiguration("sites")
            .withLeaseNamespace(client.getNamespace()).withIdentity("a").withExitOnStopLeading(false).build()));
    operator.register(new SiteReconciler(), config -> config.settingNamespace(client.getNamespace()));
    operator.start();
    try {
      client.resource(site("hello")).create();
      patiently().until(() -> page(client) != null);
      ConfigMap first = page(client);
      patiently().until(() -> client.resource(site("hello")).get().getStatus() != null);
      assertEquals("shop", client.resource(site("hello")).get().getStatus().page);
      assertEquals("a", client.leases().withName("sites").get().getSpec().getHolderIdentity());

      client.resource(site("hello again")).patch();
      patiently().until(() -> page(client).getData().containsValue("hello again"));

      client.resource(page(client)).delete();
      patiently().until(() -> page(client) != null && !page(client).getMetadata().getUid().equals(first.getMetadata().getUid()));

      client.resource(site("")).delete();
      patiently().until(() -> page(client) == null);
      assertTrue(server.leaked().isEmpty());
    } finally {
      operator.stop();
    }
  }

  @Test
  void theServerHasItsOwnJackson() {
    assertThrows(ClassNotFoundException.class, () -> Class.forName("tools.jackson.databind.ObjectMapper"));
  }

  @Test
  void whatItsDefinitionForbidsIsRefused(KubernetesClient client) {
    KubernetesClientException refusal = assertThrows(KubernetesClientException.class, () -> client.resource(site("")).create());
    assertEquals(422, refusal.getCode());
  }
}
