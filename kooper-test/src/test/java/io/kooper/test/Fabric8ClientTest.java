package io.kooper.test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.ListOptionsBuilder;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.coordination.v1.Lease;
import io.fabric8.kubernetes.api.model.coordination.v1.LeaseBuilder;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.Watch;
import io.fabric8.kubernetes.client.Watcher;
import io.fabric8.kubernetes.client.WatcherException;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.fabric8.kubernetes.client.extended.leaderelection.LeaderCallbacks;
import io.fabric8.kubernetes.client.extended.leaderelection.LeaderElectionConfigBuilder;
import io.fabric8.kubernetes.client.extended.leaderelection.resourcelock.LeaseLock;
import io.fabric8.kubernetes.client.http.HttpClient;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import io.kooper.cluster.HttpModule;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** Everything that a fabric8 client does, over TLS, with both of its HTTP modules. */
class Fabric8ClientTest {

  @Nested
  class OverVertx extends Contract {
    OverVertx() {
      super(HttpModule.VERTX.factory());
    }
  }

  @Nested
  class OverTheJdk extends Contract {
    OverTheJdk() {
      super(HttpModule.JDK.factory());
    }
  }

  @TestInstance(TestInstance.Lifecycle.PER_CLASS)
  abstract static class Contract {

    private final HttpClient.Factory factory;
    private EmbeddedApiServer server;
    private KubernetesClient client;

    Contract(HttpClient.Factory factory) {
      this.factory = factory;
    }

    @BeforeAll
    void start() {
      server = EmbeddedApiServer.start();
      client = client(server.config());
    }

    @AfterEach
    void clear() {
      server.faults().clear();
    }

    @AfterAll
    void stop() {
      client.close();
      server.close();
    }

    private KubernetesClient client(Config config) {
      return new KubernetesClientBuilder().withHttpClientFactory(factory).withConfig(config).build();
    }

    private static ConfigMap map(String name, String value) {
      return new ConfigMapBuilder().withNewMetadata().withName(name).addToLabels("app", name).endMetadata()
          .addToData("k", value).build();
    }

    private static Pod pod(String name) {
      return new PodBuilder().withNewMetadata().withName(name).endMetadata().withNewSpec().addNewContainer()
          .withName("c").withImage("i").endContainer().endSpec().build();
    }

    private void namespace(String name) {
      client.namespaces().resource(new NamespaceBuilder().withNewMetadata().withName(name).endMetadata().build())
          .create();
    }

    @Test
    void createsReadsEditsAndDeletes() {
      client.configMaps().resource(map("crud", "1")).create();
      client.configMaps().withName("crud").edit(m -> new ConfigMapBuilder(m).addToData("k", "2").build());
      ConfigMap stale = client.configMaps().withName("crud").get();
      assertThat(stale.getData()).containsEntry("k", "2");
      client.configMaps().withName("crud").patch(PatchContext.of(PatchType.JSON_MERGE), "{\"data\":{\"k\":\"3\"}}");
      stale.setData(Map.of("k", "4"));
      assertThatThrownBy(() -> client.configMaps().resource(stale).update())
          .isInstanceOfSatisfying(KubernetesClientException.class, e -> assertThat(e.getCode()).isEqualTo(409));
      assertThat(client.configMaps().withName("crud").delete()).hasSize(1);
      assertThat(client.configMaps().withName("crud").get()).isNull();
    }

    @Test
    void selectsAndPages() {
      namespace("paged");
      for (int i = 0; i < 5; i++) {
        client.configMaps().inNamespace("paged").resource(map("m" + i, "v")).create();
      }
      assertThat(client.configMaps().inNamespace("paged").withLabelIn("app", "m1", "m3").list().getItems()).hasSize(2);
      assertThat(client.configMaps().inNamespace("paged").withField("metadata.name", "m2").list().getItems())
          .hasSize(1);
      var page = client.configMaps().inNamespace("paged").list(
          new ListOptionsBuilder().withLimit(3L).build());
      assertThat(page.getItems()).hasSize(3);
      assertThat(page.getMetadata().getContinue()).isNotEmpty();
      client.configMaps().inNamespace("paged").withLabel("app", "m1").delete();
      assertThat(client.configMaps().inNamespace("paged").list().getItems()).hasSize(4);
    }

    @Test
    void writesTheStatusOfAPod() {
      Pod pod = client.pods().resource(pod("phased")).create();
      pod.getStatus().setPhase("Running");
      assertThat(client.pods().resource(pod).updateStatus().getStatus().getPhase()).isEqualTo("Running");
      client.pods().withName("phased").editStatus(p -> new PodBuilder(p).editStatus().withPhase("Failed").endStatus()
          .build());
      assertThat(client.pods().withName("phased").get().getStatus().getPhase()).isEqualTo("Failed");
      client.pods().withName("phased").delete();
      assertThat(client.pods().withName("phased").get()).isNull();
    }

    @Test
    void worksWithObjectsThatHaveNoClass() {
      server.register(ResourceType.of("g.io", "v1", "Thing", "things", true));
      GenericKubernetesResource thing = new GenericKubernetesResource();
      thing.setApiVersion("g.io/v1");
      thing.setKind("Thing");
      thing.setMetadata(new ObjectMetaBuilder().withName("t").build());
      client.resource(thing).inNamespace("default").create();
      assertThat(client.genericKubernetesResources("g.io/v1", "Thing").inNamespace("default").list().getItems())
          .hasSize(1);
    }

    @Test
    void readsTheVersion() {
      assertThat(client.getKubernetesVersion().getMajor()).isEqualTo("1");
      assertThat(client.supports(Lease.class)).isTrue();
    }

    @Test
    void keepsALeaseByItsVersion() {
      Lease lease = client.leases().resource(new LeaseBuilder().withNewMetadata().withName("lock").endMetadata()
          .withNewSpec().withHolderIdentity("a").endSpec().build()).create();
      lease.getSpec().setHolderIdentity("b");
      Lease second = client.leases().resource(lease).update();
      assertThat(second.getSpec().getHolderIdentity()).isEqualTo("b");
      assertThatThrownBy(() -> client.leases().resource(lease).update())
          .isInstanceOf(KubernetesClientException.class);
    }

    @Test
    void electsALeader() throws Exception {
      CountDownLatch started = new CountDownLatch(1);
      CompletableFuture<?> run = client.leaderElector().withConfig(new LeaderElectionConfigBuilder()
          .withName("e").withLock(new LeaseLock("default", "election", "me"))
          .withLeaseDuration(Duration.ofSeconds(15)).withRenewDeadline(Duration.ofSeconds(10))
          .withRetryPeriod(Duration.ofSeconds(1))
          .withLeaderCallbacks(new LeaderCallbacks(started::countDown, () -> { }, id -> { })).build()).build().start();
      assertThat(started.await(10, TimeUnit.SECONDS)).isTrue();
      assertThat(client.leases().withName("election").get().getSpec().getHolderIdentity()).isEqualTo("me");
      run.cancel(true);
    }

    @Test
    void informsOfEveryChangeAcrossRestartsAndForgottenHistory() {
      namespace("informed");
      try (SharedIndexInformer<ConfigMap> informer = client.configMaps().inNamespace("informed").runnableInformer(0)) {
        informer.run();
        client.configMaps().inNamespace("informed").resource(map("a", "1")).create();
        await().until(() -> informer.getIndexer().list().size() == 1);
        server.stop();
        server.restart();
        client.configMaps().inNamespace("informed").resource(map("b", "1")).create();
        await().until(() -> informer.getIndexer().list().size() == 2);
        server.stop();
        server.faults().compact();
        server.restart();
        client.configMaps().inNamespace("informed").withName("a").delete();
        await().until(() -> informer.getIndexer().list().size() == 1);
      }
    }

    @Test
    void informsOverHttpWatches() {
      namespace("overhttp");
      Config config = new ConfigBuilder(server.config()).withOnlyHttpWatches(true).build();
      BlockingQueue<String> events = new LinkedBlockingQueue<>();
      try (KubernetesClient other = client(config);
          SharedIndexInformer<ConfigMap> informer = other.configMaps().inNamespace("overhttp").inform(
              handler(events))) {
        client.configMaps().inNamespace("overhttp").resource(map("a", "1")).create();
        client.configMaps().inNamespace("overhttp").withName("a")
            .edit(m -> new ConfigMapBuilder(m).addToData("k", "2").build());
        client.configMaps().inNamespace("overhttp").withName("a").delete();
        await().untilAsserted(() -> assertThat(events).containsExactly("add a", "update a", "delete a"));
        assertThat(informer.isRunning()).isTrue();
      }
    }

    @Test
    void informsByStreamingLists() {
      namespace("streamed");
      Config config = new ConfigBuilder(server.config()).withWatchList(true).build();
      BlockingQueue<String> events = new LinkedBlockingQueue<>();
      client.configMaps().inNamespace("streamed").resource(map("a", "1")).create();
      try (KubernetesClient other = client(config);
          SharedIndexInformer<ConfigMap> informer =
              other.configMaps().inNamespace("streamed").inform(handler(events))) {
        await().untilAsserted(() -> assertThat(events).containsExactly("add a"));
        assertThat(informer.hasSynced()).isTrue();
        assertThat(server.requests(r -> r.is("watch", "configmaps") && r.query().contains("sendInitialEvents=true")))
            .isNotEmpty();
      }
    }

    @Test
    void watchesAndLearnsThatHistoryIsForgotten() throws Exception {
      namespace("watched");
      String old = client.configMaps().inNamespace("watched").list().getMetadata().getResourceVersion();
      client.configMaps().inNamespace("watched").resource(map("a", "1")).create();
      BlockingQueue<String> events = new LinkedBlockingQueue<>();
      try (Watch watch = client.configMaps().inNamespace("watched").withResourceVersion(old).watch(watcher(events))) {
        assertThat(watch).isNotNull();
        assertThat(events.poll(10, TimeUnit.SECONDS)).isEqualTo("ADDED a");
      }
      server.faults().compact();
      events.clear();
      try (Watch watch = client.configMaps().inNamespace("watched").withResourceVersion(old).watch(watcher(events))) {
        assertThat(watch).isNotNull();
        assertThat(events.poll(10, TimeUnit.SECONDS)).isEqualTo("closed gone=true");
      }
    }

    @Test
    void meetsAnObjectThatItCannotDecode() {
      namespace("poisoned");
      server.faults().putRaw("v1", "pods", "poisoned", "bad",
          "{\"kind\":\"Pod\",\"apiVersion\":\"v1\",\"spec\":\"not an object\"}");
      assertThatThrownBy(() -> client.pods().inNamespace("poisoned").list())
          .isInstanceOf(KubernetesClientException.class);
      assertThat(client.genericKubernetesResources("v1", "Pod").inNamespace("poisoned").list().getItems()).hasSize(1);
    }

    @Test
    void obeysRetryAfter() {
      Faults.Injection injection = server.faults().inject(
          Fault.status(429).retryAfter(Duration.ofSeconds(1)).on("list", "secrets").times(1));
      assertThat(client.secrets().list().getItems()).isEmpty();
      assertThat(injection.hits()).isEqualTo(1);
      assertThat(server.requests(r -> r.is("list", "secrets"))).hasSize(2);
    }

    private static ResourceEventHandler<ConfigMap> handler(BlockingQueue<String> events) {
      return new ResourceEventHandler<>() {
        @Override
        public void onAdd(ConfigMap map) {
          events.add("add " + map.getMetadata().getName());
        }

        @Override
        public void onUpdate(ConfigMap old, ConfigMap map) {
          events.add("update " + map.getMetadata().getName());
        }

        @Override
        public void onDelete(ConfigMap map, boolean unknown) {
          events.add("delete " + map.getMetadata().getName());
        }
      };
    }

    private static Watcher<ConfigMap> watcher(BlockingQueue<String> events) {
      return new Watcher<>() {
        @Override
        public void eventReceived(Action action, ConfigMap map) {
          events.add(action + " " + map.getMetadata().getName());
        }

        @Override
        public void onClose(WatcherException cause) {
          events.add("closed gone=" + cause.isHttpGone());
        }
      };
    }
  }
}
