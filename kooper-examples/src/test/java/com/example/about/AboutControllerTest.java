package com.example.about;

import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.kooper.controller.Controller;
import io.kooper.test.EmbeddedApiServer;
import java.util.Map;
import org.junit.jupiter.api.Test;

class AboutControllerTest {

  @Test
  void aboutFollowsTheNamespacesTeam() throws InterruptedException {
    try (EmbeddedApiServer server = EmbeddedApiServer.start(); KubernetesClient client = server.client()) {
      Controller controller = AboutController.controller(client);
      Thread run = new Thread(controller::run);
      run.start();

      client.resource(new NamespaceBuilder().withNewMetadata().withName("shop").endMetadata().build()).create();
      await().until(() -> Map.of("team", "nobody").equals(about(client)));

      client.namespaces().withName("shop").edit(
          shop -> new NamespaceBuilder(shop).editMetadata().addToLabels("team", "web").endMetadata().build());
      await().until(() -> Map.of("team", "web").equals(about(client)));

      controller.close();
      run.join();
    }
  }

  private static Map<String, String> about(KubernetesClient client) {
    ConfigMap about = client.configMaps().inNamespace("shop").withName("about").get();
    return about == null ? null : about.getData();
  }
}
