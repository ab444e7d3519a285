package io.kooper.test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;
import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import java.net.BindException;
import java.time.Duration;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class EmbeddedApiServerTest {

  private static Set<Thread> threads() {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(thread -> thread.getName().startsWith("kooper-test-")).collect(Collectors.toSet());
  }

  @Test
  void endsItsThreadsAndHasOnlyDaemons() {
    Set<Thread> before = threads();
    EmbeddedApiServer server = EmbeddedApiServer.start();
    assertThat(threads()).filteredOn(thread -> !before.contains(thread)).isNotEmpty().allMatch(Thread::isDaemon);
    server.close();
    await().until(() -> before.containsAll(threads()));
    server.close();
  }

  @Test
  void givesAKubeconfigThatWorks() {
    try (EmbeddedApiServer server = EmbeddedApiServer.start();
        KubernetesClient client =
            new KubernetesClientBuilder().withConfig(Config.fromKubeconfig(server.kubeconfig())).build()) {
      assertThat(client.getMasterUrl()).hasToString(server.url() + "/");
      assertThat(client.namespaces().list().getItems()).extracting(n -> n.getMetadata().getName())
          .containsExactly("default", "kube-node-lease", "kube-public", "kube-system");
    }
  }

  @Test
  void speaksPlainHttpOnRequest() {
    try (EmbeddedApiServer server = EmbeddedApiServer.builder().tls(false).start();
        KubernetesClient client = server.client()) {
      assertThat(server.url()).startsWith("http://127.0.0.1:");
      client.configMaps().resource(new ConfigMapBuilder().withNewMetadata().withName("a").endMetadata().build())
          .create();
      assertThat(client.configMaps().withName("a").get()).isNotNull();
      assertThat(Config.fromKubeconfig(server.kubeconfig()).getMasterUrl()).startsWith(server.url());
    }
  }

  @Test
  void namesEverySettingThatIsWrong() {
    assertThatThrownBy(() -> EmbeddedApiServer.builder().port(-1).history(0).bookmarkInterval(Duration.ZERO).start())
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContainingAll("port", "history", "bookmarkInterval");
  }

  @Test
  void refusesAPortThatIsTaken() {
    try (EmbeddedApiServer server = EmbeddedApiServer.start()) {
      int port = Integer.parseInt(server.url().substring(server.url().lastIndexOf(':') + 1));
      assertThatThrownBy(() -> EmbeddedApiServer.builder().port(port).start())
          .hasRootCauseInstanceOf(BindException.class);
    }
  }

  @Test
  void remembersItsRequests() {
    try (EmbeddedApiServer server = EmbeddedApiServer.start()) {
      RawClient raw = new RawClient(server);
      raw.get("/api/v1/namespaces/default/pods/a%2Db?x=y");
      raw.send("DELETE", "/apis/apps/v1/namespaces/default/deployments", null, null);
      raw.get("/api/v1/namespaces/default/status");
      raw.get("/version");
      assertThat(server.requests()).extracting(ApiRequest::verb, ApiRequest::path, ApiRequest::query, ApiRequest::group,
          ApiRequest::resource, ApiRequest::namespace, ApiRequest::name, ApiRequest::subresource,
              ApiRequest::code).containsExactly(
              tuple("get", "/api/v1/namespaces/default/pods/a-b", "x=y", "", "pods", "default", "a-b", null, 404),
              tuple("deletecollection", "/apis/apps/v1/namespaces/default/deployments", "", "apps", "deployments", "default",
                  null,
                  null, 200),
              tuple("get", "/api/v1/namespaces/default/status", "", "", "namespaces", null, "default", "status", 200),
              tuple("get", "/version", "", "", "", null, null, null, 200));
      assertThat(server.requests(r -> r.is("*", "pods"))).hasSize(1);
    }
  }

  @Test
  void servesTensOfThousandsOfObjects() {
    try (EmbeddedApiServer server = EmbeddedApiServer.start()) {
      for (int i = 0; i < 20_000; i++) {
        server.faults().putRaw("v1", "secrets", "default", "s" + i, "{\"data\":{\"k\":\"" + "x".repeat(100) + "\"}}");
      }
      assertThat(new RawClient(server).get("/api/v1/secrets").body().path("items")).hasSize(20_000);
    }
  }
}
