package io.kooper.retrieve;

import io.fabric8.kubernetes.api.model.APIResource;
import io.fabric8.kubernetes.api.model.APIResourceList;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.ListOptions;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.kooper.internal.ClientLife;
import io.kooper.internal.Deadline;
import io.kooper.retrieve.HttpListerWatcher.Deadlines;
import io.kooper.retrieve.HttpListerWatcher.Form;
import io.kooper.retrieve.RetrieveException.Reason;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Lists and watches a kind of which the plural is not known: the API server is asked for it before the first list, and
 * again after the resource has gone, since a CRD may be installed later or anew.
 */
final class DiscoveringListerWatcher implements ListerWatcher<GenericKubernetesResource> {

  private static final int MOST = 16 * 1024 * 1024;

  private record Found(String plural, ListerWatcher<GenericKubernetesResource> listerWatcher) {}

  private final KubernetesClient client;
  private final ClientLife life;
  private final String apiVersion;
  private final String kind;
  private final Deadlines deadlines;
  private final Deadline headers; // of discovery
  private final Deadline body;
  private volatile @Nullable Found found;

  DiscoveringListerWatcher(KubernetesClient client, String apiVersion, String kind, Deadlines deadlines) {
    this.client = client;
    this.life = ClientLife.of(client);
    this.apiVersion = apiVersion;
    this.kind = kind;
    this.deadlines = deadlines;
    this.headers = deadlines.growing(deadlines.headers());
    this.body = deadlines.growing(deadlines.silence());
  }

  /** The plural, or the kind in lower case while the API server has not been asked. */
  String plural() {
    Found known = found;
    return known == null ? kind.toLowerCase(Locale.ROOT) : known.plural();
  }

  @Override
  public String list(ListOptions options, Consumer<SourceEvent<GenericKubernetesResource>> events)
      throws RetrieveException, InterruptedException {
    try {
      return found().list(options, events);
    } catch (RetrieveException e) {
      throw forgottenIfGone(e);
    }
  }

  @Override
  public void watch(ListOptions options, Consumer<SourceEvent<GenericKubernetesResource>> events)
      throws RetrieveException, InterruptedException {
    try {
      found().watch(options, events);
    } catch (RetrieveException e) {
      throw forgottenIfGone(e);
    }
  }

  private RetrieveException forgottenIfGone(RetrieveException e) {
    if (e.reason() == Reason.NOT_FOUND) {
      found = null;
    }
    return e;
  }

  private ListerWatcher<GenericKubernetesResource> found() throws RetrieveException, InterruptedException {
    Found known = found;
    if (known == null) {
      String plural = discover();
      int slash = apiVersion.indexOf('/');
      Target target = new Target(Target.server(client), slash < 0 ? "" : apiVersion.substring(0, slash),
          apiVersion.substring(slash + 1), plural, null, Map.of());
      known = new Found(plural, new HttpListerWatcher<>(
          client, GenericKubernetesResource.class, target, kind, Form.PACKED, deadlines));
      found = known;
    }
    return known.listerWatcher();
  }

  private String discover() throws RetrieveException, InterruptedException {
    String doing = "discover the kind " + kind + " of " + apiVersion;
    String url = Target.server(client) + (apiVersion.indexOf('/') < 0 ? "api/" : "apis/") + apiVersion;
    APIResourceList resources;
    try (Exchange exchange = Exchange.open(life, url, Exchange.JSON, headers, doing)) {
      if (exchange.status() != 200) {
        ErrorBody said = ErrorBody.read(exchange, body, client.getKubernetesSerialization());
        throw Failures.ofStatus(doing, exchange.status(), said.status(), exchange.header("Retry-After"),
            exchange.status() == 404 ? "; is its CRD installed, and this version served?" : "");
      }
      byte[] bytes = exchange.rest(body, MOST);
      resources = Binder.read(client.getKubernetesSerialization(), bytes, bytes.length, APIResourceList.class);
    } catch (RuntimeException | LinkageError e) {
      throw new RetrieveException(Reason.UNDECODABLE, "cannot " + doing + ": the answer cannot be read", null, e);
    }
    List<APIResource> all = resources == null || resources.getResources() == null ? List.of() : resources.getResources();
    return all.stream()
        .filter(resource -> kind.equals(resource.getKind()) && !resource.getName().contains("/")) // no subresources
        .map(APIResource::getName)
        .findFirst()
        .orElseThrow(() -> new RetrieveException(
            Reason.NOT_FOUND, "cannot " + doing + ": " + apiVersion + " has no such kind; is its CRD installed?"));
  }
}
