package io.kooper.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.ListOptions;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.ServiceBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.kooper.retrieve.ListerWatcher;
import io.kooper.retrieve.RetrieveException;
import io.kooper.retrieve.Retriever;
import io.kooper.retrieve.SourceEvent;
import io.kooper.test.junit.KooperTest;
import io.kooper.test.junit.TestCluster;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Whatever happens to connections and server, over TLS and with both HTTP clients, on a resource where nothing happens
 * (services) and on one where much does (config maps): every change is handled. On every API server, as far as it may be
 * disturbed.
 */
@KooperTest(serverPerTest = true, rbac = true)
@Execution(ExecutionMode.CONCURRENT)
@Timeout(180)
class FaultRecoveryTest {

  private static final Logger log = LoggerFactory.getLogger(FaultRecoveryTest.class);
  private static final Duration SOON = Duration.ofSeconds(20);

  /** Two controllers on one client behind a wire, and somebody who keeps changing a config map. */
  private static final class Scene implements AutoCloseable {

    final KubernetesClient writer;
    final String namespace;
    final Rights rights;
    final Wire wire;
    final KubernetesClient client;
    final AtomicInteger lists = new AtomicInteger();
    final Recorder<Service> quiet;
    final Recorder<ConfigMap> busy;
    private final ScheduledExecutorService noise = Executors.newSingleThreadScheduledExecutor();
    private final AtomicInteger changes = new AtomicInteger();

    Scene(HttpModule http, TestCluster cluster, KubernetesClient writer) throws IOException {
      this.writer = writer;
      namespace = writer.getNamespace();
      rights = new Rights(cluster);
      rights.permit(namespace, "", "services");
      rights.permit(namespace, "", "configmaps");
      wire = new Wire(cluster.config());
      client = http.client(wire.config(rights.config()));
      quiet = new Recorder<>(counted(Retriever.builder(client, Service.class).inNamespace(namespace).build()));
      busy = new Recorder<>(Retriever.builder(client, ConfigMap.class).inNamespace(namespace).build());
      awaitWatches();
      ConfigMap quietly = create(configMap("noise", "0"));
      await().atMost(SOON).until(() -> busy.knows(quietly));
      noise.scheduleWithFixedDelay(this::makeNoise, 0, 25, TimeUnit.MILLISECONDS);
    }

    private Retriever<Service> counted(Retriever<Service> services) {
      return Retriever.of(Service.class, new ListerWatcher<>() {
        @Override
        public String list(ListOptions options, Consumer<SourceEvent<Service>> events)
            throws RetrieveException, InterruptedException {
          if (options.getLimit() == null) { // else it is a question
            lists.incrementAndGet();
          }
          return services.listerWatcher().list(options, events);
        }

        @Override
        public void watch(ListOptions options, Consumer<SourceEvent<Service>> events)
            throws RetrieveException, InterruptedException {
          services.listerWatcher().watch(options, events);
        }
      });
    }

    private void makeNoise() {
      try {
        ConfigMap map = configMap("noise", Integer.toString(changes.incrementAndGet()));
        writer.configMaps().inNamespace(namespace).resource(map).update();
      } catch (RuntimeException e) {
        log.debug("no noise while the server is away", e);
      }
    }

    void awaitWatches() {
      await().atMost(SOON).until(() -> quiet.controller().health().informer().watching()
          && busy.controller().health().informer().watching());
    }

    <T extends HasMetadata> T create(T object) {
      return writer.resource(object).inNamespace(namespace).create();
    }

    /** What is created now is handled within {@code limit}, on both resources. */
    void handlesWhatIsCreated(String name, Duration limit) {
      Service service = create(service(name));
      ConfigMap configMap = create(configMap(name, "1"));
      await().atMost(limit).until(() -> quiet.knows(service) && busy.knows(configMap));
    }

    @Override
    public void close() throws IOException {
      noise.shutdownNow();
      quiet.close();
      busy.close();
      client.close();
      wire.close();
    }
  }

  static ConfigMap configMap(String name, String value) {
    return new ConfigMapBuilder()
        .withNewMetadata().withName(name).endMetadata()
        .addToData("value", value)
        .build();
  }

  static Service service(String name) {
    return new ServiceBuilder()
        .withNewMetadata().withName(name).endMetadata()
        .withNewSpec().addNewPort().withPort(80).endPort().endSpec()
        .build();
  }

  @ParameterizedTest
  @EnumSource
  void findsEveryChangeWithin45SecondsOfTheMomentWhenAllConnectionsWentSilent(
      HttpModule http, TestCluster cluster, KubernetesClient writer) throws Exception {
    try (Scene scene = new Scene(http, cluster, writer)) {
      scene.wire.freeze();
      long frozen = System.nanoTime();
      scene.handlesWhatIsCreated("after", Duration.ofSeconds(45));
      log.info("{}: handled {} ms after the freeze", http, TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - frozen));
    }
  }

  @ParameterizedTest
  @EnumSource
  void goesOnAfterItsConnectionsWereCut(
      HttpModule http, TestCluster cluster, KubernetesClient writer) throws Exception {
    try (Scene scene = new Scene(http, cluster, writer)) {
      int before = scene.lists.get(); // more than one where a client's first request takes too long on a busy machine
      for (int i = 0; i < 3; i++) {
        scene.wire.cut();
        scene.handlesWhatIsCreated("cut-" + i, SOON);
      }
      assertThat(scene.lists).as("a cut connection is no reason to list again").hasValue(before);
    }
  }

  @ParameterizedTest
  @EnumSource
  void goesOnAfterTheServerWasKilledAndCameBack(
      HttpModule http, TestCluster cluster, KubernetesClient writer) throws Exception {
    try (Scene scene = new Scene(http, cluster, writer)) {
      cluster.kill();
      await().atMost(SOON).until(() -> !scene.quiet.controller().health().informer().watching());
      cluster.restart();
      scene.handlesWhatIsCreated("killed", SOON);
      await().atMost(SOON).until(() -> scene.quiet.controller().health().reasons().isEmpty());
    }
  }

  @ParameterizedTest
  @EnumSource
  void goesOnWhenItMayReadAgain(
      HttpModule http, TestCluster cluster, KubernetesClient writer) throws Exception {
    try (Scene scene = new Scene(http, cluster, writer)) {
      scene.rights.forbid(scene.namespace, "services");
      scene.wire.cut(); // a server asks once, when a watch begins
      await().atMost(SOON).untilAsserted(() -> assertThat(scene.quiet.controller().health().reasons().toString())
          .contains("403", "\"watch\"", "\"services\""));
      ConfigMap other = scene.create(configMap("other", "1"));
      await().atMost(SOON).until(() -> scene.busy.knows(other));
      Service service = scene.create(service("unseen"));
      scene.rights.permit(scene.namespace, "", "services");
      await().atMost(SOON).until(() -> scene.quiet.knows(service));
      await().atMost(SOON).until(() -> scene.quiet.controller().health().reasons().isEmpty());
    }
  }

  @ParameterizedTest
  @EnumSource
  void tellsOfDeletesAndRecreationsThatNoWatchCanTellAnyMore(
      HttpModule http, TestCluster cluster, KubernetesClient writer) throws Exception {
    try (Scene scene = new Scene(http, cluster, writer)) {
      Service gone = scene.create(service("gone"));
      Service before = scene.create(service("again"));
      await().atMost(SOON).until(() -> scene.quiet.knows(gone) && scene.quiet.knows(before));
      scene.wire.refuse(true);
      scene.writer.resource(gone).delete();
      scene.writer.resource(before).delete();
      Service after = scene.create(service("again"));
      cluster.compact();
      scene.wire.refuse(false);
      await().atMost(SOON).until(() -> scene.quiet.knowsDeleted(gone) && scene.quiet.knows(after));
      String key = scene.namespace + "/again ";
      assertThat(scene.quiet.events()).containsSubsequence("add " + key + before.getMetadata().getUid(),
          "delete " + key + before.getMetadata().getUid(), "add " + key + after.getMetadata().getUid());
    }
  }
}
