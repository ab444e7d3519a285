package io.kooper.retrieve;

import io.fabric8.kubernetes.client.jdkhttp.JdkHttpClientFactory;

/** Over the JDK's client. */
class HttpOverJdkTest extends HttpListerWatcherContract {

  HttpOverJdkTest() {
    super(new JdkHttpClientFactory());
  }
}
