package io.kooper.retrieve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.OwnerReference;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class BinderTest {

  private final Binder<ConfigMap> binder = new Binder<>(new KubernetesSerialization(), ConfigMap.class, "v1", "ConfigMap");

  private static byte[] bytes(String json) {
    return json.replace('\'', '"').getBytes(StandardCharsets.UTF_8);
  }

  @Test
  void readsTheMetadataOfWhatCannotBeBound() {
    byte[] json = bytes("{'kind':'ConfigMap','metadata':{'name':'a','namespace':'x','generation':3,'labels':{'app':'web'},"
        + "'ownerReferences':[{'apiVersion':'v1','kind':'Node','name':'n','uid':'u','controller':true}]},'data':[1]}");

    assertThatThrownBy(() -> binder.bind(json, json.length)).isInstanceOf(Exception.class);
    ObjectMeta metadata = binder.metadata(json, json.length);
    assertThat(metadata.getName()).isEqualTo("a");
    assertThat(metadata.getGeneration()).isEqualTo(3);
    assertThat(metadata.getLabels()).containsEntry("app", "web");
    assertThat(metadata.getOwnerReferences()).extracting(OwnerReference::getKind).containsExactly("Node");
  }

  @Test
  void throwsIfThereIsNoMetadata() {
    byte[] json = bytes("{'metadata':{'name':'a'");

    assertThatThrownBy(() -> binder.metadata(json, json.length)).isInstanceOf(IllegalArgumentException.class);
  }
}
