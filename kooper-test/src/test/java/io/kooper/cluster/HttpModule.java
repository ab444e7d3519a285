package io.kooper.cluster;

import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.http.HttpClient;
import java.util.ServiceLoader;

/** The HTTP clients of fabric8 that Kooper supports; the one over Vert.x has another name in each generation. */
public enum HttpModule {
  VERTX(".vertx"),
  JDK(".jdkhttp");

  private final HttpClient.Factory factory;

  HttpModule(String part) {
    factory = ServiceLoader.load(HttpClient.Factory.class).stream()
        .filter(one -> one.type().getPackageName().contains(part)).findFirst().orElseThrow().get();
  }

  public HttpClient.Factory factory() {
    return factory;
  }

  KubernetesClient client(Config config) {
    config.setHttp2Disable(true); // on HTTP/2 the JDK's client never leaves a half-open connection
    return new KubernetesClientBuilder().withConfig(config).withHttpClientFactory(factory).build();
  }
}
