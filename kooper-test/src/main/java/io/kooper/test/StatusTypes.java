package io.kooper.test;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Namespaced;
import io.fabric8.kubernetes.client.CustomResource;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;

/** Finds out what the class of a resource says of its type, and whether that has a status. */
final class StatusTypes {

  private StatusTypes() {}

  /** The type of a class. */
  static ResourceType resourceType(Class<? extends HasMetadata> type) {
    String apiVersion = HasMetadata.getApiVersion(type);
    int slash = apiVersion.indexOf('/');
    ResourceType resource = ResourceType.of(slash < 0 ? "" : apiVersion.substring(0, slash),
        apiVersion.substring(slash + 1), HasMetadata.getKind(type), HasMetadata.getPlural(type),
        Namespaced.class.isAssignableFrom(type));
    return hasStatus(type) ? resource.withStatus() : resource;
  }

  /** Whether {@code S} of {@code CustomResource<T, S>} is something other than {@link Void}. */
  static boolean hasStatus(Class<?> type) {
    for (Class<?> c = type; c != null && CustomResource.class.isAssignableFrom(c); c = c.getSuperclass()) {
      Type parent = c.getGenericSuperclass();
      if (parent instanceof ParameterizedType p && p.getRawType() == CustomResource.class) {
        return p.getActualTypeArguments()[1] != Void.class;
      }
    }
    return false;
  }
}
