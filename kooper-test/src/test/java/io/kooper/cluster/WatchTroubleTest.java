package io.kooper.cluster;

import static io.kooper.cluster.FaultRecoveryTest.configMap;
import static io.kooper.cluster.FaultRecoveryTest.service;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.kooper.retrieve.Retriever;
import io.kooper.test.ApiRequest;
import io.kooper.test.EmbeddedApiServer;
import io.kooper.test.Fault;
import io.kooper.test.junit.KooperTest;
import io.kooper.test.junit.TestCluster;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Watches that are accepted and tell nothing, or are not accepted in time: what is new is handled all the same. */
@KooperTest(serverPerTest = true)
@Execution(ExecutionMode.CONCURRENT)
@Timeout(180)
class WatchTroubleTest {

  private static final Logger log = LoggerFactory.getLogger(WatchTroubleTest.class);
  private static final Duration SOON = Duration.ofSeconds(20);

  /** A controller of services, of which there is one. */
  private static final class Scene implements AutoCloseable {

    final KubernetesClient writer;
    final KubernetesClient client;
    final Recorder<Service> services;
    final Service kept;

    Scene(HttpModule http, KubernetesClient writer, Config config) {
      this.writer = writer;
      client = http.client(config);
      kept = create(service("kept"));
      services = new Recorder<>(Retriever.builder(client, Service.class).inNamespace(writer.getNamespace()).build());
      await().atMost(SOON).until(() -> services.knows(kept) && services.controller().health().informer().watching());
    }

    <T extends HasMetadata> T create(T object) {
      return writer.resource(object).inNamespace(writer.getNamespace()).create();
    }

    /** What is created now is handled within {@code limit}. */
    void handlesWhatIsCreated(String what, Duration limit) {
      Service service = create(service("new"));
      long created = System.nanoTime();
      await().atMost(limit).until(() -> services.knows(service));
      log.info("{}: handled {} ms after it was created", what, TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - created));
    }

    @Override
    public void close() {
      services.close();
      client.close();
    }
  }

  @ParameterizedTest
  @EnumSource
  void aServerThatWasRestoredFromABackupIsFoundOutThoughItsWatchesAreSilent(
      HttpModule http, TestCluster cluster, KubernetesClient writer) {
    try (Scene scene = new Scene(http, writer, cluster.config())) {
      cluster.backUp();
      for (int i = 0; i < 300; i++) { // a server writes on its own as well when it starts
        scene.create(configMap("later-" + i, "1"));
      }
      Service lost = scene.create(service("lost"));
      await().atMost(SOON).until(() -> scene.services.knows(lost));

      cluster.restore();

      scene.handlesWhatIsCreated(http + ", restored from a backup", Duration.ofSeconds(60));
      await().atMost(SOON).until(() -> scene.services.knowsDeleted(lost));
      assertThat(scene.services.knows(scene.kept)).isTrue();
    }
  }

  @Test
  void aServerThatTakesSixSecondsToAcceptAWatchIsWaitedFor(EmbeddedApiServer server, KubernetesClient writer) {
    try (Scene scene = new Scene(HttpModule.VERTX, writer, server.config())) {
      server.faults().inject(Fault.delay(Duration.ofSeconds(6)).on("watch", "services"));
      server.faults().cutConnections();
      scene.handlesWhatIsCreated("six seconds to accept a watch", Duration.ofSeconds(45));
      await().atMost(SOON).until(() -> scene.services.controller().health().informer().watching());
    }
  }

  @Test
  void listsBringWhatIsNewWhereNoWatchIsEverAccepted(EmbeddedApiServer server, KubernetesClient writer) {
    try (Scene scene = new Scene(HttpModule.VERTX, writer, server.config())) {
      server.faults().inject(Fault.hang().on("watch", "services"));
      server.faults().cutConnections();
      scene.handlesWhatIsCreated("no watch accepted", Duration.ofSeconds(90));
    }
  }

  @Test
  void listsBringWhatIsNewWhereEachWatchBeginsWithAnError(EmbeddedApiServer server, KubernetesClient writer) {
    try (Scene scene = new Scene(HttpModule.VERTX, writer, server.config())) {
      server.faults().inject(Fault.errorEvent(500).on("watch", "services"));
      server.faults().cutConnections();
      scene.handlesWhatIsCreated("each watch begins with an error", Duration.ofSeconds(45));
    }
  }

  @Test
  void whatAnOutageHasEarnedIsNotChargedToTheFirst429OfTheServerThatReturns(EmbeddedApiServer server, KubernetesClient writer) {
    try (Scene scene = new Scene(HttpModule.VERTX, writer, server.config())) {
      List<Long> times = new CopyOnWriteArrayList<>();
      server.stop();
      long stopped = System.nanoTime();
      await().atMost(Duration.ofSeconds(70)).until(() -> System.nanoTime() - stopped >= Duration.ofSeconds(60).toNanos());
      server.faults().inject(Fault.status(429).retryAfter(Duration.ofSeconds(1)).on("*", "services")
          .when(WatchTroubleTest::isOfAnInformer).when(request -> times.add(System.nanoTime())).times(1));
      server.faults().inject(Fault.delay(Duration.ofMillis(1)).on("*", "services")
          .when(WatchTroubleTest::isOfAnInformer).when(request -> times.add(System.nanoTime())).times(1));
      server.restart();
      await().atMost(Duration.ofSeconds(60)).until(() -> times.size() >= 2);
      long waited = TimeUnit.NANOSECONDS.toMillis(times.get(1) - times.get(0));
      log.info("429 after an outage: asked again after {} ms", waited);
      assertThat(waited).isBetween(990L, 3_000L); // one to two times what it asks for, and a little for the way
      scene.handlesWhatIsCreated("429 after an outage", SOON);
    }
  }

  private static boolean isOfAnInformer(ApiRequest request) {
    return request.is("list", "services") || request.is("watch", "services");
  }
}
