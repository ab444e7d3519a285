package com.example.about;

import io.fabric8.kubernetes.api.model.Namespace;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.kooper.controller.Controller;
import io.kooper.retrieve.Retriever;

public class AboutController {

  static Controller controller(KubernetesClient client) {
    return Controller.sequential(Retriever.of(client, Namespace.class), new AboutHandler(client));
  }

  public static void main(String[] args) {
    try (KubernetesClient client = new KubernetesClientBuilder().build()) {
      Controller controller = controller(client);
      Runtime.getRuntime().addShutdownHook(new Thread(controller::close));
      controller.run();
    }
  }
}
