package io.kooper.fake;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import io.kooper.retrieve.Json;
import io.kooper.retrieve.SourceEvent;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Queue;

/** Config maps as an API server sends them: JSON that is bound later. */
public final class Jsons {

  private static final KubernetesSerialization SERIALIZATION = new KubernetesSerialization();

  private static final Json.Binding<ConfigMap> BINDING = binding(new ArrayDeque<>());

  private Jsons() {}

  private static Json.Binding<ConfigMap> binding(Queue<? extends RuntimeException> failures) {
    return new Json.Binding<>() {
      @Override
      public ConfigMap bind(byte[] json, int length) {
        RuntimeException failure = failures.poll();
        if (failure != null) {
          throw failure;
        }
        return SERIALIZATION.unmarshal(new ByteArrayInputStream(json, 0, length), ConfigMap.class);
      }

      @Override
      public ObjectMeta metadata(byte[] json, int length) {
        return SERIALIZATION.unmarshal(new ByteArrayInputStream(json, 0, length), GenericKubernetesResource.class).getMetadata();
      }

      @Override
      public byte[] json(ConfigMap object) {
        return SERIALIZATION.asJson(object).getBytes(StandardCharsets.UTF_8);
      }
    };
  }

  public static Json<ConfigMap> of(SourceEvent.Type type, ConfigMap object) {
    return of(type, SERIALIZATION.asJson(object));
  }

  /** That cannot be bound until it has failed in these ways. */
  public static Json<ConfigMap> failing(SourceEvent.Type type, ConfigMap object, Queue<? extends RuntimeException> failures) {
    byte[] bytes = SERIALIZATION.asJson(object).getBytes(StandardCharsets.UTF_8);
    return new Json<>(type, bytes, bytes.length, binding(failures), false);
  }

  /** That cannot be bound, but whose identity can be read. */
  public static Json<ConfigMap> broken(SourceEvent.Type type, ConfigMap object) {
    String json = SERIALIZATION.asJson(object);
    return of(type, json.substring(0, json.length() - 1) + ",\"immutable\":[1]}");
  }

  private static Json<ConfigMap> of(SourceEvent.Type type, String json) {
    byte[] bytes = json.getBytes(StandardCharsets.UTF_8);
    return new Json<>(type, bytes, bytes.length, BINDING, false);
  }
}
