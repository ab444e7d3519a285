package io.kooper.leaderelection;

import io.fabric8.kubernetes.api.model.coordination.v1.Lease;
import io.fabric8.kubernetes.api.model.coordination.v1.LeaseList;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.RequestConfigBuilder;
import io.fabric8.kubernetes.client.dsl.NonNamespaceOperation;
import io.fabric8.kubernetes.client.dsl.Resource;
import io.kooper.internal.Durations;
import io.kooper.internal.NoCluster;
import io.kooper.internal.Urls;
import io.kooper.leaderelection.LeaseException.Kind;
import java.net.URL;
import java.time.Duration;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** A Lease on an API server. A method sends exactly one request: the client's own retries, which would hide causes, are off. */
final class ClientLeaseStore implements LeaseStore {

  private final NonNamespaceOperation<Lease, LeaseList, Resource<Lease>> leases;
  private final URL apiServer;
  private final String namespace;
  private final String name;

  ClientLeaseStore(KubernetesClient client, String namespace, String name, Duration timeout) {
    // never closed: it shares the connections of the client that it derives from
    KubernetesClient impatient = client.newClient(
        new RequestConfigBuilder(client.getConfiguration().getRequestConfig())
            .withRequestRetryBackoffLimit(0)
            .withRequestTimeout(Durations.millis(timeout))
            .build())
        .adapt(KubernetesClient.class);
    this.leases = impatient.leases().inNamespace(namespace);
    this.apiServer = client.getMasterUrl();
    this.namespace = namespace;
    this.name = name;
  }

  @Override
  public @Nullable Lease get() throws LeaseException {
    return send("get", () -> leases.withName(name).get());
  }

  @Override
  public Lease create(Lease lease) throws LeaseException {
    return answer("create", send("create", () -> leases.resource(lease).create()));
  }

  @Override
  public Lease update(Lease lease) throws LeaseException {
    return answer("update", send("update", () -> leases.resource(lease).update()));
  }

  private <R extends @Nullable Object> R send(String verb, Supplier<R> request) throws LeaseException {
    try {
      return request.get();
    } catch (KubernetesClientException e) {
      throw failure(verb, e);
    }
  }

  private Lease answer(String verb, @Nullable Lease lease) throws LeaseException {
    if (lease == null) {
      throw new LeaseException(Kind.UNKNOWN, cannot(verb) + "the answer was empty", null);
    }
    return lease;
  }

  private LeaseException failure(String verb, KubernetesClientException e) {
    int code = e.getCode();
    boolean stale = code == 409 || code == 404 && verb.equals("update");
    Kind kind = stale ? Kind.CONFLICT : code >= 400 && code < 500 ? Kind.REFUSED : Kind.UNKNOWN;
    String said = e.getStatus() != null && e.getStatus().getMessage() != null
        ? code + " " + e.getStatus().getReason() + ", \"" + e.getStatus().getMessage() + '"'
        : NoCluster.words(e, Urls.withoutUser(apiServer.toString()));
    return new LeaseException(kind, cannot(verb) + said + advice(verb, code), e);
  }

  private String cannot(String verb) {
    return "cannot " + verb + " lease " + namespace + "/" + name + ": ";
  }

  private String advice(String verb, int code) {
    return switch (code) {
      case 401 -> "; the API server does not accept the client's credentials";
      case 403 -> "; grant the verbs \"get\", \"create\" and \"update\" on resource \"leases\" of API group"
          + " \"coordination.k8s.io\" in namespace \"" + namespace + "\" by a Role and a RoleBinding";
      case 404 -> verb.equals("create") ? "; does namespace \"" + namespace + "\" exist?" : "";
      default -> "";
    };
  }
}
