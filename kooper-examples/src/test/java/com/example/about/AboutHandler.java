package com.example.about;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.api.model.Namespace;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.kooper.handler.Handler;
import io.kooper.handler.HandlerContext;

/** Each namespace gets a ConfigMap "about" that names the namespace's team. */
public class AboutHandler implements Handler<Namespace> {

  private final KubernetesClient client;

  public AboutHandler(KubernetesClient client) {
    this.client = client;
  }

  @Override
  public void add(HandlerContext<Namespace> context, Namespace namespace) {
    if (namespace.getMetadata().getDeletionTimestamp() != null) {
      return; // it is being deleted, and all in it
    }
    ConfigMap wanted = new ConfigMapBuilder()
        .withNewMetadata().withNamespace(namespace.getMetadata().getName()).withName("about").endMetadata()
        .addToData("team", namespace.getMetadata().getLabels().getOrDefault("team", "nobody"))
        .build();
    ConfigMap there = client.resource(wanted).get();
    if (there == null) {
      client.resource(wanted).create();
    } else if (!there.getData().equals(wanted.getData())) {
      client.resource(wanted).update();
    }
  }
}
