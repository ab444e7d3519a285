package io.kooper.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.coordination.v1.LeaseBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.kooper.controller.Controller;
import io.kooper.leaderelection.LeaderElection;
import io.kooper.retrieve.Retriever;
import io.kooper.test.junit.KooperTest;
import io.kooper.test.junit.TestCluster;
import java.time.Duration;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Somebody closes the client of a controller that runs. */
@KooperTest
@Execution(ExecutionMode.CONCURRENT) // the JDK's client leaves the watch that is under way alone, for up to half a minute
@Timeout(120)
class ClosedClientTest {

  private static final Duration A_BUSY_MACHINE = Duration.ofSeconds(60);

  @ParameterizedTest
  @EnumSource(HttpModule.class)
  void turnsLiveFalseAndIsAskedNothingMore(HttpModule http, TestCluster cluster, KubernetesClient own)
      throws InterruptedException {
    KubernetesClient client = http.client(cluster.config());
    Controller controller = Controller.sequential(
        Retriever.builder(client, ConfigMap.class).inNamespace(own.getNamespace()).build(), (context, object) -> {});
    Thread running = start(controller);
    await().atMost(A_BUSY_MACHINE).until(() -> controller.health().ready() && controller.health().reasons().isEmpty());

    client.close();

    awaitDefect(controller);
    controller.close();
    running.join(A_BUSY_MACHINE.toMillis());
    assertThat(running.isAlive()).isFalse();
  }

  /** A cold standby has no informer that would notice. */
  @ParameterizedTest
  @EnumSource(HttpModule.class)
  void turnsAStandbysLiveFalse(HttpModule http, TestCluster cluster, KubernetesClient own) throws InterruptedException {
    own.leases().resource(new LeaseBuilder()
        .withNewMetadata().withNamespace(own.getNamespace()).withName("own").endMetadata()
        .withNewSpec().withHolderIdentity("other").withLeaseDurationSeconds(10_000).endSpec().build()).create();
    KubernetesClient client = http.client(cluster.config());
    LeaderElection election = LeaderElection.builder(client, "own").namespace(own.getNamespace())
        .leaseDuration(Duration.ofSeconds(3)).renewDeadline(Duration.ofSeconds(2)).retryPeriod(Duration.ofMillis(200)).build();
    Controller controller = Controller.builder(
        Retriever.builder(client, ConfigMap.class).inNamespace(own.getNamespace()).build(), (context, object) -> {})
        .election(election).coldStandby().build();
    Thread running = start(controller);
    await().atMost(A_BUSY_MACHINE).until(() -> "other".equals(election.health().holder()));
    assertThat(controller.health().live()).isTrue();

    client.close();

    awaitDefect(controller);
    controller.close();
    running.join(A_BUSY_MACHINE.toMillis());
    assertThat(running.isAlive()).isFalse();
  }

  private static Thread start(Controller controller) {
    Thread running = new Thread(controller::run, "run");
    running.setDaemon(true);
    running.start();
    return running;
  }

  private static void awaitDefect(Controller controller) {
    await().atMost(A_BUSY_MACHINE).until(() -> !controller.health().live());
    assertThat(controller.health().reasons()).first().asString().contains("has to be restarted").contains("it is closed");
  }
}
