package io.kooper.retrieve;

import io.fabric8.kubernetes.client.http.HttpClient;
import java.util.ServiceLoader;

/** Over fabric8's default client, of whichever Vert.x. */
class HttpOverVertxTest extends HttpListerWatcherContract {

  HttpOverVertxTest() {
    super(ServiceLoader.load(HttpClient.Factory.class).stream().filter(factory -> factory.type().getName().contains(".vertx"))
        .findFirst().orElseThrow().get());
  }
}
