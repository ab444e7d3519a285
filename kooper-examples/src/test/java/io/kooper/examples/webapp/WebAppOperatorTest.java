package io.kooper.examples.webapp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.kooper.event.EventRecorder;
import io.kooper.operator.Operator;
import io.kooper.test.EmbeddedApiServer;
import io.kooper.write.Conditions;
import io.kooper.write.Owner;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.Test;

class WebAppOperatorTest {

  private static ConditionFactory eventually() {
    return await().atMost(Duration.ofMinutes(1));
  }

  @Test
  void deploysAnAppFollowsItsDeploymentAndCleansUp() throws Exception {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (EmbeddedApiServer server = EmbeddedApiServer.start(); KubernetesClient client = server.client();
        EventRecorder events = EventRecorder.of(client, "web-app")) {
      Operator operator = WebAppOperator.operator(
          client, events, new PrintedDns(new PrintStream(out, true, StandardCharsets.UTF_8)));
      operator.initialize();
      Thread run = new Thread(operator::run);
      run.start();

      client.resource(SimulatedWebApps.webApp("shop", 2)).create();
      eventually().until(() -> deployment(client) != null && !app(client).getStatus().getConditions().isEmpty());
      assertThat(deployment(client).getMetadata().getOwnerReferences()).containsExactly(Owner.of(app(client)));
      assertThat(client.services().inNamespace("default").withName("shop").get()).isNotNull();
      assertThat(Conditions.isTrue(app(client).getStatus().getConditions(), "Ready")).isFalse();

      SimulatedWebApps.progress(client, deployment(client));
      SimulatedWebApps.progress(client, deployment(client));
      eventually().until(() -> Conditions.isTrue(app(client).getStatus().getConditions(), "Ready"));
      eventually().until(() -> client.events().v1().events().inNamespace("default").list().getItems().stream()
          .anyMatch(event -> "2 of 2 pods are ready".equals(event.getNote())));

      client.resource(app(client)).delete();
      eventually().until(() -> app(client) == null);
      assertThat(out.toString(StandardCharsets.UTF_8).lines())
          .containsExactly("DNS record added: shop.example.com", "DNS record removed: shop.example.com");

      operator.close();
      run.join();
    }
  }

  private static WebApp app(KubernetesClient client) {
    return client.resources(WebApp.class).inNamespace("default").withName("shop").get();
  }

  private static Deployment deployment(KubernetesClient client) {
    return client.apps().deployments().inNamespace("default").withName("shop").get();
  }
}
