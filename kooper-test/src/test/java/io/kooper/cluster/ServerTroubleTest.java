package io.kooper.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.kooper.controller.Controller;
import io.kooper.leaderelection.LeaderElection;
import io.kooper.leaderelection.LeaderElectionListener;
import io.kooper.retrieve.Retriever;
import io.kooper.test.EmbeddedApiServer;
import io.kooper.test.Fault;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A server that is down, slow, refusing or throttling is no reason to restart a controller, nor its election. */
@Execution(ExecutionMode.CONCURRENT)
@Timeout(180)
class ServerTroubleTest {

  private static final Duration A_BUSY_MACHINE = Duration.ofSeconds(90);
  private static final int FAILURES = 5; // more than what makes a client suspect

  enum Trouble {
    IS_DOWN(EmbeddedApiServer::close),
    THROTTLES(server -> server.faults().inject(Fault.status(429).retryAfter(Duration.ofSeconds(1)))),
    REFUSES(server -> server.faults().inject(Fault.status(503))),
    FORBIDS(server -> server.faults().inject(Fault.status(403))),
    BREAKS_OFF(server -> server.faults().inject(Fault.disconnect())),
    HANGS(server -> server.faults().inject(Fault.hang())),
    IS_SLOW(server -> server.faults().inject(Fault.delay(Duration.ofSeconds(4)))),
    CANNOT_BE_REACHED(server -> server.faults().blackhole(true));

    private final Consumer<EmbeddedApiServer> begins;

    Trouble(Consumer<EmbeddedApiServer> begins) {
      this.begins = begins;
    }
  }

  @ParameterizedTest
  @CsvSource({"VERTX, IS_DOWN", "JDK, IS_DOWN", "VERTX, THROTTLES", "JDK, REFUSES", "VERTX, FORBIDS", "JDK, BREAKS_OFF",
      "VERTX, HANGS", "JDK, HANGS", "VERTX, IS_SLOW", "JDK, CANNOT_BE_REACHED"})
  void neverTurnsLiveFalse(HttpModule http, Trouble trouble) throws InterruptedException {
    AtomicInteger failures = new AtomicInteger();
    try (EmbeddedApiServer server = EmbeddedApiServer.builder().tls(false).start()) {
      Config config = new ConfigBuilder(Config.empty()).withMasterUrl(server.url()).build();
      try (KubernetesClient client = http.client(config)) {
        LeaderElection election = LeaderElection.builder(client, "own").namespace("default")
            .leaseDuration(Duration.ofSeconds(3)).renewDeadline(Duration.ofSeconds(2)).retryPeriod(Duration.ofMillis(200))
            .healthTolerance(Duration.ofMinutes(2)) // of a busy machine
            .listener(new LeaderElectionListener() {
              @Override
              public void attemptFailed(Exception cause) {
                failures.incrementAndGet();
              }
            }).build();
        Controller controller = Controller.builder(
            Retriever.builder(client, ConfigMap.class).inNamespace("default").build(), (context, object) -> {})
            .election(election).campaignAgain().build();
        Thread running = new Thread(controller::run, "run");
        running.setDaemon(true);
        running.start();
        await().atMost(A_BUSY_MACHINE).until(() -> election.health().leading() && controller.health().reasons().isEmpty());

        trouble.begins.accept(server);
        server.faults().cutConnections();

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
}
