package io.kooper.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.ServiceBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.kooper.retrieve.Retriever;
import io.kooper.test.EmbeddedApiServer;
import io.kooper.test.Fault;
import io.kooper.test.Faults;
import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Whatever happens to connections and server, over TLS and with both HTTP clients, on a resource where nothing happens
 * (services) and on one where much does (config maps): every change is handled.
 */
@Execution(ExecutionMode.CONCURRENT)
class FaultRecoveryTest {

  private static final Logger log = LoggerFactory.getLogger(FaultRecoveryTest.class);

  /** A running server, two controllers on one client, and somebody who keeps changing a config map. */
  private static final class Scene implements AutoCloseable {

    final EmbeddedApiServer server = EmbeddedApiServer.start();
    final KubernetesClient client;
    final Recorder<Service> quiet;
    final Recorder<ConfigMap> busy;
    private final ScheduledExecutorService noise = Executors.newSingleThreadScheduledExecutor();
    private final KubernetesClient noisy = server.client();
    private final AtomicInteger changes = new AtomicInteger();

    Scene(HttpModule http) {
      client = http.client(server.config());
      quiet = new Recorder<>(Retriever.of(client, Service.class));
      busy = new Recorder<>(Retriever.of(client, ConfigMap.class));
      await().until(() -> quiet.controller().health().informer().watching()
          && busy.controller().health().informer().watching());
      try (KubernetesClient writer = server.client()) {
        ConfigMap noise = writer.resource(configMap("noise", "0")).create();
        await().until(() -> busy.knows(noise));
      }
      noise.scheduleWithFixedDelay(this::makeNoise, 0, 25, TimeUnit.MILLISECONDS);
    }

    private void makeNoise() {
      try {
        noisy.resource(configMap("noise", Integer.toString(changes.incrementAndGet()))).update();
      } catch (RuntimeException e) {
        log.debug("no noise while the server is away", e);
      }
    }

    @Override
    public void close() {
      noise.shutdownNow();
      quiet.close();
      busy.close();
      client.close();
      noisy.close();
      server.close();
    }
  }

  static ConfigMap configMap(String name, String value) {
    return new ConfigMapBuilder()
        .withNewMetadata().withNamespace("default").withName(name).endMetadata()
        .addToData("value", value)
        .build();
  }

  static Service service(String name) {
    return new ServiceBuilder()
        .withNewMetadata().withNamespace("default").withName(name).endMetadata()
        .withNewSpec().addNewPort().withPort(80).endPort().endSpec()
        .build();
  }

  @ParameterizedTest
  @EnumSource
  void findsEveryChangeWithin45SecondsOfTheMomentWhenAllConnectionsWentSilent(HttpModule http) {
    try (Scene scene = new Scene(http)) {
      scene.server.faults().freezeConnections();
      long frozen = System.nanoTime();
      try (KubernetesClient writer = scene.server.client()) {
        Service service = writer.resource(service("after")).create();
        ConfigMap configMap = writer.resource(configMap("after", "1")).create();
        await().atMost(Duration.ofSeconds(45)).until(() -> scene.quiet.knows(service) && scene.busy.knows(configMap));
        log.info("{}: handled {} ms after the freeze", http, TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - frozen));
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void goesOnAfterItsConnectionsWereCut(HttpModule http) {
    try (Scene scene = new Scene(http); KubernetesClient writer = scene.server.client()) {
      for (int i = 0; i < 3; i++) {
        scene.server.faults().cutConnections();
        Service service = writer.resource(service("cut-" + i)).create();
        ConfigMap configMap = writer.resource(configMap("cut-" + i, "1")).create();
        await().atMost(Duration.ofSeconds(20)).until(() -> scene.quiet.knows(service) && scene.busy.knows(configMap));
      }
      assertThat(scene.server.requests(request -> request.is("list", "services")))
          .as("a cut connection is no reason to list again").hasSize(1);
    }
  }

  @ParameterizedTest
  @EnumSource
  void goesOnAfterTheServerWasKilledAndCameBack(HttpModule http) {
    try (Scene scene = new Scene(http)) {
      scene.server.stop();
      await().until(() -> !scene.quiet.controller().health().informer().watching());
      scene.server.restart();
      try (KubernetesClient writer = scene.server.client()) {
        Service service = writer.resource(service("killed")).create();
        ConfigMap configMap = writer.resource(configMap("killed", "1")).create();
        await().atMost(Duration.ofSeconds(20)).until(() -> scene.quiet.knows(service) && scene.busy.knows(configMap));
        assertThat(scene.quiet.controller().health().reasons()).isEmpty();
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void tellsOfDeletesAndRecreationsThatNoWatchCanTellAnyMore(HttpModule http) {
    try (Scene scene = new Scene(http); KubernetesClient writer = scene.server.client()) {
      Service gone = writer.resource(service("gone")).create();
      Service before = writer.resource(service("again")).create();
      await().until(() -> scene.quiet.knows(gone) && scene.quiet.knows(before));
      Faults.Injection outage = scene.server.faults().inject(Fault.status(503).on("watch", "services"));
      scene.server.faults().cutConnections();
      await().until(() -> outage.hits() > 0);
      writer.resource(gone).delete();
      writer.resource(before).delete();
      Service after = writer.resource(service("again")).create();
      scene.server.faults().compact();
      outage.stop();
      await().atMost(Duration.ofSeconds(20)).until(() -> scene.quiet.knowsDeleted(gone) && scene.quiet.knows(after));
      assertThat(scene.quiet.events()).containsSubsequence(
          "add default/again " + before.getMetadata().getUid(),
          "delete default/again " + before.getMetadata().getUid(),
          "add default/again " + after.getMetadata().getUid());
    }
  }
}
