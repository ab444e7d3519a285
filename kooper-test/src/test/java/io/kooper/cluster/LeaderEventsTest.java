package io.kooper.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.api.model.events.v1.Event;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.kooper.leaderelection.LeaderElection;
import io.kooper.test.junit.KooperTest;
import java.util.List;
import org.junit.jupiter.api.Test;

@KooperTest
class LeaderEventsTest {

  @Test
  void tellsTheClusterWhoBeganAndEndedToLead(KubernetesClient client) throws Exception {
    LeaderElection election =
        LeaderElection.builder(client, "web").namespace(client.getNamespace()).identity("a").recordEvents().build();

    election.run(leadership -> assertThat(leadership.isValid()).isTrue());

    await().until(() -> events(client).size() == 2);
    assertThat(events(client)).extracting(Event::getNote).containsExactlyInAnyOrder("a became leader", "a stopped leading");
    assertThat(events(client)).extracting(event -> event.getRegarding().getName()).containsOnly("web");
  }

  private static List<Event> events(KubernetesClient client) {
    return client.events().v1().events().list().getItems();
  }
}
