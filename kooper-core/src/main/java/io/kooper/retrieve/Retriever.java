package io.kooper.retrieve;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.KubernetesClient;

/**
 * What a controller watches: a {@link ListerWatcher} and the type of its objects.
 *
 * @param <T> the type of the objects
 */
public interface Retriever<T extends HasMetadata> {

  /** Lists and watches the objects. */
  ListerWatcher<T> listerWatcher();

  /** The Java type of the objects. */
  Class<T> objectType();

  /** The resource's plural name, as in {@code kubectl get pods}; names a controller that is given no name. */
  default String plural() {
    return HasMetadata.getPlural(objectType());
  }

  /** All objects of a type, in all namespaces. */
  static <T extends HasMetadata> Retriever<T> of(KubernetesClient client, Class<T> type) {
    return builder(client, type).build();
  }

  /** Some of the objects of a type. */
  static <T extends HasMetadata> RetrieverBuilder<T> builder(KubernetesClient client, Class<T> type) {
    return new RetrieverBuilder<>(client, type);
  }
}
