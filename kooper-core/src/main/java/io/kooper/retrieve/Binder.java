package io.kooper.retrieve;

import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** Binds one object at a time, so that one that cannot be bound costs nothing but itself. */
final class Binder<T extends HasMetadata> implements Json.Binding<T> {

  final KubernetesSerialization serialization;
  private final Class<T> type;
  private final String apiVersion;
  private volatile @Nullable String kind;

  /** @param kind what objects that do not say it are; null to learn it from a list */
  Binder(KubernetesSerialization serialization, Class<T> type, String apiVersion, @Nullable String kind) {
    this.serialization = serialization;
    this.type = type;
    this.apiVersion = apiVersion;
    this.kind = kind;
    // an unregistered class binds as well, but takes a detour that costs three times as much where fabric8 binds by kind
    if (type != GenericKubernetesResource.class && HasMetadata.getApiVersion(type) != null
        && serialization.getRegisteredKubernetesResource(HasMetadata.getApiVersion(type), HasMetadata.getKind(type)) == null) {
      serialization.registerKubernetesResource(type);
    }
  }

  /** A list of {@code FooList} holds objects of kind {@code Foo}, which do not say so themselves. */
  void listKind(String listKind) {
    if (kind == null && listKind.endsWith("List")) {
      kind = listKind.substring(0, listKind.length() - "List".length());
    }
  }

  @Override
  public T bind(byte[] json, int length) {
    T object = read(serialization, json, length, type);
    if (object.getMetadata() == null || object.getMetadata().getName() == null || object.getMetadata().getName().isEmpty()) {
      throw new IllegalArgumentException("no metadata.name");
    }
    complete(object);
    return object;
  }

  @Override
  public ObjectMeta metadata(byte[] json, int length) {
    byte[] metadata = new ObjectPeek(json, length).metadata();
    if (metadata == null) {
      throw new IllegalArgumentException("no metadata");
    }
    return read(serialization, metadata, metadata.length, ObjectMeta.class);
  }

  @Override
  public byte[] json(T object) {
    return serialization.asJson(object).getBytes(StandardCharsets.UTF_8);
  }

  private void complete(T object) {
    if (object.getMetadata().getManagedFields() != null && !object.getMetadata().getManagedFields().isEmpty()) {
      object.getMetadata().setManagedFields(null); // spelled with escapes, it was not found in the bytes
    }
    if (object instanceof GenericKubernetesResource generic) {
      if (generic.getApiVersion() == null) {
        generic.setApiVersion(apiVersion);
      }
      if (generic.getKind() == null) {
        generic.setKind(kind);
      }
    }
  }

  /** Throws anything when the bytes are no JSON object, or none of this type. */
  static <R> R read(KubernetesSerialization serialization, byte[] bytes, int length, Class<R> type) {
    if (length == 0 || bytes[0] != '{') { // fabric8 would try it as YAML
      throw new IllegalArgumentException("not an object");
    }
    return serialization.unmarshal(new ByteArrayInputStream(bytes, 0, length), type);
  }
}
