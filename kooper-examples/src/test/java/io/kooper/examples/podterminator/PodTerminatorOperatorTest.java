package io.kooper.examples.podterminator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.kooper.operator.Operator;
import io.kooper.test.EmbeddedApiServer;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class PodTerminatorOperatorTest {

  @Test
  @SuppressWarnings("try") // the simulation only has to live
  void installsItsDefinitionAndTerminatesPods() throws Exception {
    try (EmbeddedApiServer server = EmbeddedApiServer.start(); KubernetesClient client = server.client();
        SimulatedVictims victims = SimulatedVictims.live(client)) {
      Operator operator = PodTerminatorOperator.operator(client);
      Thread run = new Thread(operator::run);
      run.start();

      await().atMost(Duration.ofSeconds(60)).until(() -> !server.requests(
          request -> request.is("delete", "pods")).isEmpty());
      assertThat(client.apiextensions().v1().customResourceDefinitions()
          .withName("podterminators.chaos.kooper.io").get()).isNotNull();
      assertThat(client.pods().inNamespace("default").list().getItems()).hasSizeGreaterThanOrEqualTo(2);

      operator.close();
      run.join();
      assertThat(client.leases().inNamespace("default").withName("pod-terminator").get().getSpec().getHolderIdentity())
          .as("the lease is given back").isNullOrEmpty();
    }
  }
}
