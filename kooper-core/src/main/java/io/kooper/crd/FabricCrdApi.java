package io.kooper.crd;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.RequestConfigBuilder;
import io.kooper.clock.Clock;
import io.kooper.internal.Deadline;
import io.kooper.internal.Durations;
import io.kooper.internal.NoCluster;
import io.kooper.internal.Throwables;
import io.kooper.internal.Urls;
import java.io.InterruptedIOException;
import java.time.Duration;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Through fabric8's client, without its retries: they would hide for long why something fails. */
final class FabricCrdApi implements CrdApi {

  /** The last look, when all time is up, is to have a chance. */
  private static final long LEAST_MILLIS = 1000;

  private static final Map<String, String> METHODS = Map.of("create", "POST", "update", "PUT", "delete", "DELETE");
  private static final Clock CLOCK = Clock.system(); // as in retrieve: a request takes its own time

  private final KubernetesClient client;
  private final Deadline deadline = // a definition of a megabyte takes a second or two
      new Deadline(Duration.ofSeconds(10), Duration.ofSeconds(60));

  FabricCrdApi(KubernetesClient client) {
    this.client = client;
  }

  @Override
  @SuppressWarnings("unchecked") // a response is an object
  public Map<String, Object> send(String verb, String path, @Nullable Object body, Duration patience)
      throws InterruptedException {
    if (client.getHttpClient().isClosed()) {
      throw new CrdException(
          "cannot " + verb + " a CustomResourceDefinition: the HTTP client is closed, and only a restart helps");
    }
    long millis = Math.max(LEAST_MILLIS, Math.min(deadline.now().toMillis(), Durations.millis(patience)));
    // from the client's own: a blank one would drop impersonation. Not closed: it shares the connections of the user's
    KubernetesClient once = client.newClient(new RequestConfigBuilder(client.getConfiguration().getRequestConfig())
        .withRequestRetryBackoffLimit(0).withRequestTimeout((int) millis).build()).adapt(KubernetesClient.class);
    long start = CLOCK.nanoTime();
    try {
      String response = once.raw(path, METHODS.getOrDefault(verb, "GET"), body);
      deadline.met(CLOCK.nanoTime() - start);
      return client.getKubernetesSerialization().unmarshal(response, Map.class);
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
      throw e.getCode() > 0 ? e : new KubernetesClientException(
          NoCluster.words(e, Urls.server(client.getMasterUrl().toString())), e);
    }
  }
}
