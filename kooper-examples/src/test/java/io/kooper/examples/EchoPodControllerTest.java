package io.kooper.examples;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.server.mock.EnableKubernetesMockClient;
import io.kooper.controller.Controller;
import io.kooper.test.EmbeddedApiServer;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

class EchoPodControllerTest {

  private static final Duration A_BUSY_MACHINE = Duration.ofSeconds(30);

  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
  private final PrintStream out = new PrintStream(bytes, true, StandardCharsets.UTF_8);

  private List<String> lines() {
    return bytes.toString(StandardCharsets.UTF_8).lines().toList();
  }

  private static Pod pod(String name) {
    return new PodBuilder()
        .withNewMetadata().withNamespace("default").withName(name).endMetadata()
        .withNewSpec().addNewContainer().withName("web").withImage("nginx").endContainer().endSpec()
        .build();
  }

  private void echoesALifeOfPods(KubernetesClient client) throws InterruptedException {
    client.resource(pod("listed")).create();
    Controller controller = EchoPodController.controller(client, out);
    Thread run = new Thread(controller::run);
    run.start();
    await().atMost(A_BUSY_MACHINE).until(() -> lines().contains("Pod added: default/listed"));
    await().atMost(A_BUSY_MACHINE).until(() -> controller.health().informer().watching());

    client.resource(pod("watched")).create();
    await().atMost(A_BUSY_MACHINE).until(() -> lines().contains("Pod added: default/watched"));
    client.resource(pod("watched")).delete();
    await().atMost(A_BUSY_MACHINE).until(() -> lines().contains("Pod deleted: default/watched"));

    controller.close();
    run.join();
    assertThat(lines()).doesNotContain("Pod deleted: default/listed");
  }

  @Nested
  class OnTheEmbeddedApiServer {

    @Test
    void echoesPodsThatAreListedWatchedAndDeleted() throws InterruptedException {
      try (EmbeddedApiServer server = EmbeddedApiServer.start(); KubernetesClient client = server.client()) {
        echoesALifeOfPods(client);
      }
    }

    @Test
    void livesForTheTimeItIsGivenAndShowsTheSimulatedPods() {
      PrintStream before = System.out;
      System.setOut(out);
      try {
        EchoPodController.main(new String[] {"--embedded", "--for=8s"});
      } finally {
        System.setOut(before);
      }
      assertThat(lines()).anyMatch(line -> line.startsWith("Pod added: default/web-"));
      assertThat(lines()).anyMatch(line -> line.startsWith("Pod deleted: default/web-"));
    }
  }

  @Nested
  @EnableKubernetesMockClient(crud = true)
  class OnTheMockServerOfFabric8 {

    private KubernetesClient client;

    @Test
    void echoesPodsThatAreListedWatchedAndDeleted() throws InterruptedException {
      echoesALifeOfPods(client);
    }
  }
}
