package io.kooper.crd;

import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinition;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.time.Duration;
import java.util.Objects;

/**
 * Installs, awaits and deletes custom resource definitions; Kooper's {@code crd.Interface}.
 *
 * <p><b>Guarantees.</b> Several threads and several replicas may do the same at once. Updates carry the version that they
 * were computed from, so that nobody's change is lost. An interrupt ends every call soon.
 *
 * <p><b>Errors.</b> Lost connections, 429, 5xx, conflicts and missing permissions are tried again until the timeout. The log
 * names the missing rule. A definition that the API server refuses fails at once.
 *
 * <p><b>Caveats.</b> The server needs Kubernetes 1.16 or newer. Where nothing establishes definitions, as in fabric8's mock
 * server, every wait ends in a timeout.
 *
 * <pre>{@code
 * CrdClient crds = CrdClient.of(client);
 * crds.ensurePresent(CrdDefinitions.of(Foo.class), CrdPolicy.UPDATE, CrdClient.DEFAULT_TIMEOUT);
 * }</pre>
 */
public interface CrdClient {

  /** Kooper's 3 minutes. */
  Duration DEFAULT_TIMEOUT = Duration.ofMinutes(3);

  /** A client that speaks through {@code client}, which stays the caller's and is not closed. */
  static CrdClient of(KubernetesClient client) {
    return DefaultCrdClient.of(Objects.requireNonNull(client, "client"));
  }

  /**
   * Creates the definition, or compares the one that exists and follows the policy. Then, in every case, it waits until the API
   * server has accepted its names, established it, and responds to a list in each version that both definitions serve. A refused
   * list is such a response: the permission to list all objects is not needed. A definition that is being deleted is created
   * again once it is gone.
   *
   * <p>Labels, annotations and webhooks that {@code definition} does not mention are no difference.
   *
   * <p>A definition without a schema, as from {@link CrdDefinitions#of}, never changes the schema of one that
   * has one, whatever the policy: that is logged.
   *
   * @param timeout for everything together, save that a last request may take a second more
   * @throws CrdException when it could not be done or the time is up; the message has the last state and failure
   * @throws IllegalArgumentException when the definition cannot be one, with everything that is wrong
   */
  void ensurePresent(CustomResourceDefinition definition, CrdPolicy policy, Duration timeout)
      throws InterruptedException;

  /**
   * Waits until a definition exists, its names are accepted, it is established and its objects can be listed.
   *
   * @param name {@code PLURAL.GROUP}
   * @throws CrdException when the time is up; the message has the last state and failure
   */
  void waitToBePresent(String name, Duration timeout) throws InterruptedException;

  /**
   * Asks for a definition to be deleted, and with it <b>all objects of its kind</b>. It is not waited for; no error when
   * there is none.
   *
   * @param name {@code PLURAL.GROUP}
   * @throws CrdException when the API server refuses or cannot be reached; it is tried once
   */
  void delete(String name) throws InterruptedException;
}
