package io.kooper.retrieve;

import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.KubernetesResourceList;
import io.fabric8.kubernetes.api.model.ListOptions;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.dsl.Listable;
import io.fabric8.kubernetes.client.http.AsyncBody;
import io.fabric8.kubernetes.client.http.HttpClient;
import io.fabric8.kubernetes.client.http.HttpRequest;
import io.fabric8.kubernetes.client.http.HttpResponse;
import io.fabric8.kubernetes.client.http.StandardHttpClientBuilder;
import io.fabric8.kubernetes.client.http.WebSocket;
import io.kooper.internal.Throwables;
import io.kooper.internal.Urls;
import java.io.IOException;
import java.net.URI;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Finds out what a selection written in fabric8's DSL selects: it is made to list on a client that only notes the address
 * asked for. Nothing is sent, and no thread is started.
 */
final class Selection {

  private Selection() {}

  /** @throws IllegalArgumentException when the function does anything but select objects of {@code type} */
  static <T extends HasMetadata> Target of(KubernetesClient client, Class<T> type,
      Function<KubernetesClient, ? extends Listable<? extends KubernetesResourceList<T>>> selection) {
    NotingClient noting = new NotingClient(client.getHttpClient());
    try (KubernetesClient throwaway = new KubernetesClientBuilder()
        .withConfig(client.getConfiguration())
        .withKubernetesSerialization(client.getKubernetesSerialization())
        .withHttpClientFactory(noting)
        .build()) {
      Listable<?> listable;
      try {
        listable = selection.apply(throwaway);
      } catch (Throwable t) {
        throw new IllegalArgumentException("the function has to select, as c -> c.pods().inNamespace(\"x\") does, but "
            + (noting.asked == null ? "it threw " + Throwables.text(t)
                : "it asked the API server for " + Urls.withoutUser(noting.asked.toString())), t);
      }
      Throwable thrown = null;
      try {
        listable.list(new ListOptions());
      } catch (Throwable t) {
        thrown = t;
      }
      if (noting.asked == null) {
        throw new IllegalArgumentException("the function's selection cannot be listed", thrown);
      }
      return checked(type, Target.ofList(Target.server(client), noting.asked));
    }
  }

  private static <T extends HasMetadata> Target checked(Class<T> type, Target target) {
    if (type == GenericKubernetesResource.class) {
      return target;
    }
    String resource = HasMetadata.getPlural(type) + " of " + HasMetadata.getApiVersion(type);
    String selected = target.plural() + " of " + target.apiVersion();
    if (!resource.equals(selected)) {
      throw new IllegalArgumentException(
          "the function selects " + selected + ", but " + type.getSimpleName() + " stands for " + resource);
    }
    return target;
  }

  /** Notes the first address it is asked for and fails. It is made by itself. */
  private static final class NotingClient implements HttpClient, HttpClient.Factory {
    private final HttpClient real;
    private volatile @Nullable URI asked;

    NotingClient(HttpClient real) {
      this.real = real;
    }

    private <R> CompletableFuture<R> note(HttpRequest request) {
      if (asked == null) {
        asked = request.uri();
      }
      return CompletableFuture.failedFuture(new IOException("only noted, not sent"));
    }

    @Override
    public <R> CompletableFuture<HttpResponse<R>> sendAsync(HttpRequest request, Class<R> type) {
      return note(request);
    }

    @Override
    public CompletableFuture<HttpResponse<AsyncBody>> consumeBytes(
        HttpRequest request, AsyncBody.Consumer<List<ByteBuffer>> consumer) {
      return note(request);
    }

    @Override
    public NotingBuilder newBuilder() {
      return new NotingBuilder(this);
    }

    @Override
    public NotingBuilder newBuilder(Config config) {
      return newBuilder(); // without reading certificates
    }

    @Override
    public HttpRequest.Builder newHttpRequestBuilder() {
      return real.newHttpRequestBuilder();
    }

    @Override
    public WebSocket.Builder newWebSocketBuilder() {
      throw new UnsupportedOperationException("only lists are noted");
    }

    @Override
    public boolean isClosed() {
      return false;
    }

    @Override
    public void close() {
      // the real client is the user's
    }
  }

  /** Whatever it is configured with, as certificates and proxies, is of no use here. */
  private static final class NotingBuilder extends StandardHttpClientBuilder<HttpClient, HttpClient.Factory, NotingBuilder> {

    NotingBuilder(NotingClient noting) {
      super(noting);
      this.client = noting;
    }

    @Override
    public HttpClient build() {
      return client;
    }

    @Override
    protected NotingBuilder newInstance(HttpClient.Factory factory) {
      return this;
    }
  }
}
