package io.kooper.controller;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import java.util.Arrays;
import java.util.function.Function;

/** Ready functions for {@link ControllerBuilder#onlyWhenChanged}. */
public final class Changes {

  private Changes() {}

  /**
   * The spec, the labels and the annotations: what people write, and not the status. The spec is compared by {@code
   * metadata.generation}. For a kind without it, such as a ConfigMap, every change counts.
   */
  public static <T extends HasMetadata> Function<T, Object> spec() {
    return object -> {
      ObjectMeta meta = object.getMetadata();
      Object spec = meta.getGeneration() == null ? meta.getResourceVersion() : meta.getGeneration();
      return Arrays.asList(spec, meta.getLabels(), meta.getAnnotations());
    };
  }
}
