package io.kooper.test;

import io.fabric8.kubernetes.client.CustomResource;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;

/** Finds out whether a class of custom resources has a status. */
final class StatusTypes {

  private StatusTypes() {}

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
