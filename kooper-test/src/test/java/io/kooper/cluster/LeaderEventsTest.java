package io.kooper.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.api.model.Event;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.kooper.leaderelection.LeaderElection;
import io.kooper.test.EmbeddedApiServer;
import java.util.List;
import org.junit.jupiter.api.Test;

class LeaderEventsTest {

  @Test
  void tellsTheClusterWhoBeganAndEndedToLead() throws InterruptedException {
    try (EmbeddedApiServer server = EmbeddedApiServer.start(); KubernetesClient client = server.client()) {
      LeaderElection election = LeaderElection.builder(client, "web").namespace("default").identity("a").recordEvents().build();

      election.run(leadership -> assertThat(leadership.isValid()).isTrue());

      await().until(() -> events(client).size() == 2);
      assertThat(events(client)).extracting(Event::getMessage)
          .containsExactlyInAnyOrder("a became leader", "a stopped leading");
      assertThat(events(client)).extracting(event -> event.getInvolvedObject().getName()).containsOnly("web");
    }
  }

  private static List<Event> events(KubernetesClient client) {
    return client.v1().events().inNamespace("default").list().getItems();
  }
}
