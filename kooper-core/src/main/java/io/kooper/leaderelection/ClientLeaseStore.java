package io.kooper.leaderelection;

import io.fabric8.kubernetes.api.model.coordination.v1.Lease;
import io.fabric8.kubernetes.api.model.coordination.v1.LeaseList;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.RequestConfigBuilder;
import io.fabric8.kubernetes.client.dsl.NonNamespaceOperation;
import io.fabric8.kubernetes.client.dsl.Resource;
import io.kooper.internal.ClientLife;
import io.kooper.internal.Durations;
import io.kooper.internal.NoCluster;
import io.kooper.internal.Throwables;
import io.kooper.internal.Urls;
import io.kooper.leaderelection.LeaseException.Kind;
import java.io.InterruptedIOException;
import java.net.URL;
import java.time.Duration;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** A Lease on an API server. A method sends exactly one request: the client's own retries, which would hide causes, are off. */
final class ClientLeaseStore implements LeaseStore {

  private final NonNamespaceOperation<Lease, LeaseList, Resource<Lease>> leases;
  private final ClientLife life;
  private final URL apiServer;
  private final String namespace;
  private final String name;

  ClientLeaseStore(KubernetesClient client, String namespace, String name, Duration timeout) {
    // never closed: it shares the connections of the client that it derives from
    KubernetesClient impatient = client.newClient(
        new RequestConfigBuilder(ClientLife.requestConfig(client)).withRequestTimeout(Durations.millis(timeout)).build())
        .adapt(KubernetesClient.class);
    this.life = ClientLife.of(client);
    this.leases = impatient.leases().inNamespace(namespace);
    this.apiServer = client.getMasterUrl();
    this.namespace = namespace;
    this.name = name;
  }

  private ClientLeaseStore(ClientLeaseStore other, String name) {
    this.life = other.life;
    this.leases = other.leases;
    this.apiServer = other.apiServer;
    this.namespace = other.namespace;
    this.name = name;
  }

  /** Another lease of the same namespace. */
  ClientLeaseStore other(String another) {
    return new ClientLeaseStore(this, another);
  }

  /** All leases with this label. */
  List<Lease> list(String label, String value) throws LeaseException {
    return send("list", () -> leases.withLabel(label, value).list().getItems());
  }

  /** Deletes it if it still is of this resourceVersion. */
  void delete(Lease lease) throws LeaseException {
    send("delete", () -> leases.resource(lease).lockResourceVersion(lease.getMetadata().getResourceVersion()).delete());
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

  @Override
  public void prove() throws InterruptedException {
    life.prove();
  }

  private <R extends @Nullable Object> R send(String verb, Supplier<R> request) throws LeaseException {
    refuse(verb);
    try {
      R answer = request.get();
      life.responded();
      return answer;
    } catch (Throwable t) { // the client's interceptors are user code
      if (t instanceof KubernetesClientException e && e.getCode() > 0) {
        life.responded();
      } else {
        life.failed(t, Throwables.anyCause(t, // its time was over: the watchdog says that by an interrupt
            one -> one instanceof InterruptedException || one instanceof InterruptedIOException));
        refuse(verb);
      }
      throw t instanceof KubernetesClientException e ? failure(verb, e)
          : new LeaseException(Kind.UNKNOWN, cannot(verb) + Throwables.text(t), t);
    }
  }

  private void refuse(String verb) throws LeaseException {
    String end = life.end();
    if (end != null) {
      throw new LeaseException(Kind.CLIENT_CLOSED, cannot(verb) + end, null);
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
    boolean stale = code == 409 || code == 404 && !verb.equals("create");
    Kind kind = stale ? Kind.CONFLICT : code >= 400 && code < 500 ? Kind.REFUSED : Kind.UNKNOWN;
    String said = e.getStatus() != null && e.getStatus().getMessage() != null
        ? code + " " + e.getStatus().getReason() + ", \"" + e.getStatus().getMessage() + '"'
        : NoCluster.words(e, Urls.withoutUser(apiServer.toString()));
    return new LeaseException(kind, cannot(verb) + said + advice(verb, code), e);
  }

  private String cannot(String verb) {
    return "cannot " + verb + (verb.equals("list") ? " leases of " : " lease ") + namespace + "/" + name + ": ";
  }

  private String advice(String verb, int code) {
    return switch (code) {
      case 401 -> "; the API server does not accept the client's credentials";
      case 403 -> "; grant the verbs \"get\", \"create\" and \"update\"" + (verb.equals("list") || verb.equals("delete")
          ? ", and for shards \"list\" and \"delete\"," : "") + " on resource \"leases\" of API group"
          + " \"coordination.k8s.io\" in namespace \"" + namespace + "\" by a Role and a RoleBinding";
      case 404 -> verb.equals("create") ? "; does namespace \"" + namespace + "\" exist?" : "";
      default -> "";
    };
  }
}
