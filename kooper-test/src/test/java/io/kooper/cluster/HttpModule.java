package io.kooper.cluster;

import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.http.HttpClient;
import io.fabric8.kubernetes.client.jdkhttp.JdkHttpClientFactory;
import io.fabric8.kubernetes.client.vertx5.Vertx5HttpClientFactory;

/** The HTTP clients of fabric8 that Kooper supports. */
enum HttpModule {
  VERTX(new Vertx5HttpClientFactory()),
  JDK(new JdkHttpClientFactory());

  private final HttpClient.Factory factory;

  HttpModule(HttpClient.Factory factory) {
    this.factory = factory;
  }

  KubernetesClient client(Config config) {
    config.setHttp2Disable(true); // on HTTP/2 the JDK's client never leaves a half-open connection
    return new KubernetesClientBuilder().withConfig(config).withHttpClientFactory(factory).build();
  }
}
