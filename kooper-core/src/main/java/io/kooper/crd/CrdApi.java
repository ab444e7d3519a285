package io.kooper.crd;

import java.time.Duration;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** An API server that is spoken to in JSON, since a typed model would lose what it does not know when it is written back. */
@FunctionalInterface
interface CrdApi {

  /**
   * Sends one request, not repeated, and returns the response.
   *
   * @param verb Kubernetes' word, such as {@code create}
   * @param patience how long it may take
   * @throws io.fabric8.kubernetes.client.KubernetesClientException when the request fails
   */
  Map<String, Object> send(String verb, String path, @Nullable Object body, Duration patience) throws InterruptedException;
}
