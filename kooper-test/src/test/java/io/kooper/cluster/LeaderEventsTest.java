package io.kooper.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.api.model.events.v1.Event;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.kooper.leaderelection.LeaderElection;
import java.util.List;
import org.junit.jupiter.api.Test;

class LeaderEventsTest {

  @Test
  void tellsTheClusterWhoBeganAndEndedToLead() throws Exception {
    try (Cluster cluster = Cluster.start(); KubernetesClient client = cluster.client()) {
      String namespace = cluster.namespace();
      LeaderElection election = LeaderElection.builder(client, "web").namespace(namespace).identity("a").recordEvents().build();

      election.run(leadership -> assertThat(leadership.isValid()).isTrue());

      await().until(() -> events(client, namespace).size() == 2);
      assertThat(events(client, namespace)).extracting(Event::getNote)
          .containsExactlyInAnyOrder("a became leader", "a stopped leading");
      assertThat(events(client, namespace)).extracting(event -> event.getRegarding().getName()).containsOnly("web");
    }
  }

  private static List<Event> events(KubernetesClient client, String namespace) {
    return client.events().v1().events().inNamespace(namespace).list().getItems();
  }
}
