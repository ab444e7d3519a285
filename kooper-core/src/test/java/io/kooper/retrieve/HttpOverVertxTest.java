package io.kooper.retrieve;

import io.fabric8.kubernetes.client.vertx5.Vertx5HttpClientFactory;

/** Over fabric8's default client. */
class HttpOverVertxTest extends HttpListerWatcherContract {

  HttpOverVertxTest() {
    super(new Vertx5HttpClientFactory());
  }
}
