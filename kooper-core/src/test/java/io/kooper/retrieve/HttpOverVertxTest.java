package io.kooper.retrieve;

import io.fabric8.kubernetes.client.http.HttpClient;
import java.util.ServiceLoader;
import org.junit.jupiter.api.Nested;

/** Over fabric8's default client, of whichever Vert.x. */
class HttpOverVertxTest {

  private static final HttpClient.Factory FACTORY = ServiceLoader.load(HttpClient.Factory.class).stream()
      .filter(factory -> factory.type().getName().contains(".vertx")).findFirst().orElseThrow().get();

  @Nested
  class AList extends HttpListContract {
    AList() {
      super(FACTORY);
    }
  }

  @Nested
  class AListsConnection extends HttpConnectionContract {
    AListsConnection() {
      super(FACTORY);
    }
  }

  @Nested
  class AWatch extends HttpWatchContract {
    AWatch() {
      super(FACTORY);
    }
  }
}
