package com.example.testing;

import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.kooper.controller.Controller;
import io.kooper.handler.Handler;
import io.kooper.retrieve.Retriever;
import io.kooper.test.junit.ControllerHarness;
import io.kooper.test.junit.KooperTest;
import org.junit.jupiter.api.Test;

@KooperTest
class ReaperTest {

  @Test
  void reapsWhatIsOld(KubernetesClient client, ControllerHarness controllers) {
    Retriever<ConfigMap> oldMaps = Retriever.builder(client, ConfigMap.class)
        .inNamespace(client.getNamespace()).withLabelSelector("old").build();
    Handler<ConfigMap> reaper = (context, map) -> client.resource(map).delete();
    controllers.run(Controller.sequential(oldMaps, reaper));
    ConfigMap old = new ConfigMapBuilder().withNewMetadata().withName("a").addToLabels("old", "yes").endMetadata().build();

    client.resource(old).create();

    await().until(() -> client.resource(old).get() == null);
  }
}
