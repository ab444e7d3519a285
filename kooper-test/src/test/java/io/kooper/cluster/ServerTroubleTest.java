package io.kooper.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.kooper.controller.Controller;
import io.kooper.leaderelection.LeaderElection;
import io.kooper.leaderelection.LeaderElectionListener;
import io.kooper.retrieve.Retriever;
import io.kooper.test.EmbeddedApiServer;
import io.kooper.test.Fault;
import io.kooper.test.junit.KooperTest;
import io.kooper.test.junit.TestCluster;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** A server that is down, slow, refusing or throttling is no reason to restart a controller, nor its election. */
@KooperTest(serverPerTest = true)
@Execution(ExecutionMode.CONCURRENT)
@Timeout(180)
class ServerTroubleTest {

  private static final Duration A_BUSY_MACHINE = Duration.ofSeconds(90);
  private static final int FAILURES = 5; // more than what makes a client suspect

  /** What only the embedded server can be made to do. */
  enum Trouble {
    THROTTLES(Fault.status(429).retryAfter(Duration.ofSeconds(1))),
    REFUSES(Fault.status(503)),
    FORBIDS(Fault.status(403)),
    BREAKS_OFF(Fault.disconnect()),
    HANGS(Fault.hang()),
    IS_SLOW(Fault.delay(Duration.ofSeconds(4)));

    private final Fault fault;

    Trouble(Fault fault) {
      this.fault = fault;
    }
  }

  @ParameterizedTest
  @CsvSource({"VERTX, THROTTLES", "JDK, REFUSES", "VERTX, FORBIDS", "JDK, BREAKS_OFF", "VERTX, HANGS", "JDK, HANGS",
      "VERTX, IS_SLOW"})
  void whatItAnswersNeverTurnsLiveFalse(HttpModule http, Trouble trouble, EmbeddedApiServer server, KubernetesClient own)
      throws InterruptedException {
    staysLive(http.client(server.config()), own.getNamespace(), () -> {
      server.faults().inject(trouble.fault);
      server.faults().cutConnections();
    });
  }

  @ParameterizedTest
  @EnumSource
  void itsEndNeverTurnsLiveFalse(HttpModule http, TestCluster cluster, KubernetesClient own) throws InterruptedException {
    staysLive(http.client(cluster.config()), own.getNamespace(), cluster::kill);
  }

  @ParameterizedTest
  @EnumSource
  void itsSilenceNeverTurnsLiveFalse(HttpModule http, TestCluster cluster, KubernetesClient own) throws Exception {
    try (Wire wire = new Wire(cluster.config())) {
      staysLive(http.client(wire.config(cluster.config())), own.getNamespace(), () -> wire.blackhole(true));
    }
  }

  private static void staysLive(KubernetesClient client, String namespace, Runnable trouble) throws InterruptedException {
    AtomicInteger failures = new AtomicInteger();
    LeaderElection election = LeaderElection.builder(client, "own").namespace(namespace)
        .leaseDuration(Duration.ofSeconds(3)).renewDeadline(Duration.ofSeconds(2)).retryPeriod(Duration.ofMillis(200))
        .healthTolerance(Duration.ofMinutes(2)) // of a busy machine
        .listener(new LeaderElectionListener() {
          @Override
          public void attemptFailed(Exception cause) {
            failures.incrementAndGet();
          }
        }).build();
    Controller controller = Controller.builder(
        Retriever.builder(client, ConfigMap.class).inNamespace(namespace).build(), (context, object) -> {})
        .election(election).campaignAgain().build();
    Thread running = new Thread(controller::run, "run");
    running.setDaemon(true);
    running.start();
    try (client; controller) {
      await().atMost(A_BUSY_MACHINE).until(() -> election.health().leading() && controller.health().reasons().isEmpty());

      trouble.run();

      await().atMost(A_BUSY_MACHINE).until(() -> {
        assertThat(controller.health().live()).as(() -> controller.health().reasons().toString()).isTrue();
        return failures.get() >= FAILURES && controller.health().informer().lastError() != null;
      });
      assertThat(election.health().healthy()).isTrue();
      controller.close();
      running.join(A_BUSY_MACHINE.toMillis());
    }
  }
}
