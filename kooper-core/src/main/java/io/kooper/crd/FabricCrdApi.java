package io.kooper.crd;

import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.GenericKubernetesResourceList;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.RequestConfigBuilder;
import io.fabric8.kubernetes.client.VersionInfo;
import io.fabric8.kubernetes.client.dsl.NonNamespaceOperation;
import io.fabric8.kubernetes.client.dsl.Resource;
import io.fabric8.kubernetes.client.dsl.base.ResourceDefinitionContext;
import io.kooper.clock.Clock;
import io.kooper.internal.Deadline;
import io.kooper.internal.Durations;
import io.kooper.internal.Names;
import io.kooper.internal.Throwables;
import java.io.InterruptedIOException;
import java.time.Duration;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Through fabric8's client, without its retries: they would hide for long why something fails. */
final class FabricCrdApi implements CrdApi {

  /** A request that takes longer counts as lost, at first; a definition of a megabyte takes a second or two. */
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  /** A server that is slow is waited for so long in the end. */
  private static final Duration MOST_PATIENCE = Duration.ofSeconds(60);

  /** The last look, when all time is up, is to have a chance. */
  private static final Duration LEAST_PATIENCE = Duration.ofSeconds(1);

  private static final ResourceDefinitionContext DEFINITIONS = new ResourceDefinitionContext.Builder()
      .withGroup("apiextensions.k8s.io").withVersion("v1").withKind("CustomResourceDefinition")
      .withPlural("customresourcedefinitions").withNamespaced(false).build();

  private interface Request<R> {
    R send(KubernetesClient client);
  }

  private static final Clock CLOCK = Clock.system(); // as in retrieve: a request takes its own time

  private final KubernetesClient client;
  private final Deadline deadline = new Deadline(PATIENCE, MOST_PATIENCE);

  FabricCrdApi(KubernetesClient client) {
    this.client = client;
  }

  @Override
  public @Nullable Map<String, Object> get(String name, Duration patience) throws InterruptedException {
    GenericKubernetesResource found = send(patience, c -> definitions(c).withName(name).get());
    return found == null ? null : tree(found);
  }

  @Override
  public Map<String, Object> create(Map<String, Object> definition, Duration patience) throws InterruptedException {
    return tree(send(patience, c -> definitions(c).resource(resource(definition)).create()));
  }

  @Override
  public Map<String, Object> update(Map<String, Object> definition, Duration patience) throws InterruptedException {
    return tree(send(patience, c -> definitions(c).resource(resource(definition)).update()));
  }

  /**
   * From the watch cache, as an informer's first list: the storage may answer while the cache does not yet. A selector keeps
   * the objects of a definition that has many from being sent, which a limit does not when the cache answers.
   */
  @Override
  public void list(String group, String version, String plural, Duration patience) throws InterruptedException {
    String path = "/apis/" + Names.encoded(group) + "/" + Names.encoded(version) + "/" + Names.encoded(plural)
        + "?limit=1&resourceVersion=0&labelSelector=kooper.io%2Fno-such-label";
    send(patience, c -> c.raw(path, "GET", null));
  }

  @Override
  public boolean delete(String name) throws InterruptedException {
    return !send(MOST_PATIENCE, c -> definitions(c).withName(name).delete()).isEmpty();
  }

  @Override
  public @Nullable VersionInfo version() throws InterruptedException {
    return send(MOST_PATIENCE, KubernetesClient::getKubernetesVersion);
  }

  private static NonNamespaceOperation<
      GenericKubernetesResource, GenericKubernetesResourceList, Resource<GenericKubernetesResource>> definitions(
          KubernetesClient client) {
    return client.genericKubernetesResources(DEFINITIONS);
  }

  private <R> R send(Duration patience, Request<R> request) throws InterruptedException {
    long millis = Math.max(LEAST_PATIENCE.toMillis(), Math.min(deadline.now().toMillis(), Durations.millis(patience)));
    // from the client's own: a blank one would drop impersonation. Not closed: it shares the connections of the user's
    KubernetesClient once = client.newClient(new RequestConfigBuilder(client.getConfiguration().getRequestConfig())
        .withRequestRetryBackoffLimit(0).withRequestTimeout((int) millis).build()).adapt(KubernetesClient.class);
    long start = CLOCK.nanoTime();
    try {
      R answer = request.send(once);
      deadline.met(CLOCK.nanoTime() - start);
      return answer;
    } catch (KubernetesClientException e) {
      if (CLOCK.nanoTime() - start >= deadline.nanos()) {
        deadline.passed();
      } else if (e.getCode() <= 0) { // no answer, and for another reason
        deadline.reset();
      }
      if (Throwables.anyCause(e, t -> t instanceof InterruptedException || t instanceof InterruptedIOException)) {
        Thread.interrupted(); // set again by the client
        InterruptedException interrupted = new InterruptedException("interrupted while the API server was asked");
        interrupted.initCause(e);
        throw interrupted;
      }
      throw e;
    }
  }

  @SuppressWarnings("unchecked") // an object's JSON is an object
  private Map<String, Object> tree(GenericKubernetesResource resource) {
    return client.getKubernetesSerialization().convertValue(resource, Map.class);
  }

  private GenericKubernetesResource resource(Map<String, Object> tree) {
    return client.getKubernetesSerialization().convertValue(tree, GenericKubernetesResource.class);
  }
}
