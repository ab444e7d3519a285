package io.kooper.crd;

import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.VersionInfo;
import java.time.Duration;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The API server's side of definitions, as trees of maps and lists, since a typed model would lose what it does not know
 * when a definition is written back. Each call is one request, not repeated.
 *
 * <p>All throw {@link KubernetesClientException} when the request fails; {@code patience} is how long it may take.
 */
interface CrdApi {

  /** The definition, or null when there is none. */
  @Nullable Map<String, Object> get(String name, Duration patience) throws InterruptedException;

  /** The definition as created. */
  Map<String, Object> create(Map<String, Object> definition, Duration patience) throws InterruptedException;

  /** The definition as updated, if its {@code resourceVersion} is still the newest. */
  Map<String, Object> update(Map<String, Object> definition, Duration patience) throws InterruptedException;

  /** Asks for objects as an informer's first list does, of which none is sent; returns when the server has answered so. */
  void list(String group, String version, String plural, Duration patience) throws InterruptedException;

  /** Whether there was one to delete. */
  boolean delete(String name) throws InterruptedException;

  /** The API server's version, if it tells. */
  @Nullable VersionInfo version() throws InterruptedException;
}
