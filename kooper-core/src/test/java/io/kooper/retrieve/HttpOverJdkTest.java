package io.kooper.retrieve;

import io.fabric8.kubernetes.client.jdkhttp.JdkHttpClientFactory;
import org.junit.jupiter.api.Nested;

/** Over the JDK's client. */
class HttpOverJdkTest {

  @Nested
  class AList extends HttpListContract {
    AList() {
      super(new JdkHttpClientFactory());
    }
  }

  @Nested
  class AListsConnection extends HttpConnectionContract {
    AListsConnection() {
      super(new JdkHttpClientFactory());
    }
  }

  @Nested
  class AWatch extends HttpWatchContract {
    AWatch() {
      super(new JdkHttpClientFactory());
    }
  }
}
