package io.kooper.test.junit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.api.model.Namespace;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.kooper.controller.Controller;
import io.kooper.retrieve.Retriever;
import io.kooper.test.EmbeddedApiServer;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;

/** Uses the extension as users do, on whatever target the property names. */
@KooperTest(manifests = "src/test/resources/manifests")
class KooperTestTest {

  private static final Set<String> URLS = ConcurrentHashMap.newKeySet();

  @RepeatedTest(3)
  void eachTestHasANamespaceOfItsOwn(KubernetesClient client, Namespace namespace) {
    assertThat(client.getNamespace()).isEqualTo(namespace.getMetadata().getName());
    assertThat(client.configMaps().withName("mine").get()).isNull();
    client.configMaps().resource(new ConfigMapBuilder().withNewMetadata().withName("mine").endMetadata().build()).create();
    assertThat(client.configMaps().withName("given").get().getData()).containsEntry("from", "a file");
  }

  @Test
  void controllersRunForTheTest(KubernetesClient client, ControllerHarness controllers) {
    Set<String> seen = ConcurrentHashMap.newKeySet();
    controllers.run(Controller.sequential(
        Retriever.of(client, ConfigMap.class), (context, map) -> seen.add(map.getMetadata().getName())));
    client.configMaps().resource(new ConfigMapBuilder().withNewMetadata().withName("seen").endMetadata().build()).create();
    await().until(() -> seen.contains("seen"));
  }

  @RepeatedTest(2)
  void theServerIsShared(EmbeddedApiServer server) {
    URLS.add(server.url());
    assertThat(URLS).hasSize(1);
  }

  @Nested
  class Within {

    @Test
    void nestedClassesShareIt(EmbeddedApiServer server, KubernetesClient client) {
      assertThat(client.getMasterUrl().toString()).startsWith(server.url());
    }
  }
}
