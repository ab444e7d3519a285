package io.kooper.examples.support;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import java.util.Map;

/** Objects for simulations. */
public final class Samples {

  private Samples() {}

  /** A pod that nobody runs. */
  public static Pod pod(String namespace, String name, Map<String, String> labels) {
    return new PodBuilder()
        .withNewMetadata().withNamespace(namespace).withName(name).withLabels(labels).endMetadata()
        .withNewSpec().addNewContainer().withName("web").withImage("nginx").endContainer().endSpec()
        .build();
  }

  /** A config map with one entry, which the label {@code example} selects. */
  public static ConfigMap configMap(String namespace, String name, String example, String key, String value) {
    return new ConfigMapBuilder()
        .withNewMetadata().withNamespace(namespace).withName(name).addToLabels("example", example).endMetadata()
        .addToData(key, value)
        .build();
  }
}
