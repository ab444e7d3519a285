package io.kooper.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.api.model.ListOptions;
import io.fabric8.kubernetes.api.model.Namespaced;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceColumnDefinitionBuilder;
import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinition;
import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinitionVersion;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.CustomResource;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.http.BasicBuilder;
import io.fabric8.kubernetes.client.http.HttpRequest;
import io.fabric8.kubernetes.client.http.Interceptor;
import io.fabric8.kubernetes.client.http.Interceptor.RequestTags;
import io.fabric8.kubernetes.model.annotation.Group;
import io.fabric8.kubernetes.model.annotation.Plural;
import io.fabric8.kubernetes.model.annotation.ShortNames;
import io.fabric8.kubernetes.model.annotation.Version;
import io.kooper.crd.CRD;
import io.kooper.crd.CrdClient;
import io.kooper.crd.CrdDefinitions;
import io.kooper.crd.CrdException;
import io.kooper.crd.CrdPolicy;
import io.kooper.retrieve.Json;
import io.kooper.retrieve.SourceEvent;
import io.kooper.test.EmbeddedApiServer;
import io.kooper.test.Fault;
import io.kooper.test.Faults.Injection;
import io.kooper.test.junit.KooperTest;
import io.kooper.test.junit.TestCluster;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayName("K10: definitions on an API server")
@KooperTest
@Timeout(60)
class CrdClusterTest {

  private static final String CRDS = "customresourcedefinitions";
  private static final String NAME = "teapots.kooper.io";
  private static final Duration TIMEOUT = Duration.ofSeconds(20);
  private static final Duration A_BUSY_MACHINE = Duration.ofSeconds(30);

  @Group("kooper.io")
  @Version("v1")
  @Plural("teapots")
  @ShortNames("tp")
  static class Teapot extends CustomResource<String, String> implements Namespaced {
    private static final long serialVersionUID = 1L;
  }

  private final List<String> asked = new CopyOnWriteArrayList<>(); // the methods of the requests for definitions
  private TestCluster cluster;
  private KubernetesClient client;

  @BeforeEach
  void connect(TestCluster cluster, KubernetesClient own) {
    this.cluster = cluster;
    client = new KubernetesClientBuilder().withConfig(config(own.getNamespace()))
        .withHttpClientBuilderConsumer(builder -> builder.addOrReplaceInterceptor("asked", new Interceptor() {
          @Override
          public void before(BasicBuilder request, HttpRequest sent, RequestTags tags) {
            if (sent.uri().getPath().contains(CRDS)) {
              asked.add(sent.method());
            }
          }
        })).build();
  }

  private Config config(String namespace) {
    return new ConfigBuilder(cluster.config()).withNamespace(namespace).build();
  }

  @AfterEach
  void clear() throws InterruptedException {
    CrdClient.of(client).delete(NAME);
    await().pollDelay(Duration.ZERO).pollInterval(Duration.ofMillis(5)).until(() -> present() == null);
    client.close();
  }

  private @Nullable CustomResourceDefinition present() {
    return client.apiextensions().v1().customResourceDefinitions().withName(NAME).get();
  }

  private static CustomResourceDefinition definition() {
    return CrdDefinitions.of(Teapot.class);
  }

  private static CustomResourceDefinition withColumn() {
    CustomResourceDefinition definition = definition();
    definition.getSpec().getVersions().get(0).setAdditionalPrinterColumns(List.of(new CustomResourceColumnDefinitionBuilder()
        .withName("Content").withType("string").withJsonPath(".spec").build()));
    return definition;
  }

  private void ensure(CustomResourceDefinition definition) throws InterruptedException {
    CrdClient.of(client).ensurePresent(definition, CrdPolicy.UPDATE, TIMEOUT);
  }

  private long requests(String method) {
    return asked.stream().filter(method::equals).count();
  }

  @ParameterizedTest
  @EnumSource
  void anObjectIsListedAfterItsDefinitionIsInitialized(HttpModule http) throws Exception {
    try (KubernetesClient own = http.client(config(client.getNamespace()))) {
      CRD<Teapot> teapots = CRD.builder(own, Teapot.class).definition(definition()).timeout(TIMEOUT).build();
      teapots.initialize();
      teapots.initialize();
      Teapot teapot = new Teapot();
      teapot.setMetadata(new ObjectMetaBuilder().withNamespace(client.getNamespace()).withName("one").build());
      teapot.setSpec("oolong");
      own.resource(teapot).create();
      List<String> listed = new ArrayList<>();
      teapots.listerWatcher().list(new ListOptions(), event -> {
        Teapot item = ((SourceEvent.Item<Teapot>) (event instanceof Json<Teapot> json ? json.bind() : event)).object();
        listed.add(item.getMetadata().getName() + " " + item.getSpec());
      });
      assertThat(listed).containsExactly("one oolong");
      assertThat(present().getSpec().getNames().getShortNames()).containsExactly("tp");
    }
  }

  @RepeatedTest(5)
  void severalReplicasMakeOneDefinition() throws Exception {
    int replicas = 4;
    long updates = requests("PUT");
    ExecutorService threads = Executors.newFixedThreadPool(replicas);
    try {
      CountDownLatch start = new CountDownLatch(1);
      List<Future<Boolean>> ends = new ArrayList<>();
      for (int i = 0; i < replicas; i++) {
        Callable<Boolean> replica = () -> {
          start.await();
          ensure(definition());
          return true;
        };
        ends.add(threads.submit(replica));
      }
      start.countDown();
      for (Future<Boolean> end : ends) {
        assertThat(end.get(30, TimeUnit.SECONDS)).isTrue();
      }
      assertThat(present().getMetadata().getGeneration()).isEqualTo(1);
      assertThat(requests("PUT")).isEqualTo(updates);
    } finally {
      threads.shutdownNow();
    }
  }

  @RepeatedTest(5)
  void replicasOfTwoVersionsOfAnOperatorAgreeOnAnUpdate() throws Exception {
    ensure(definition());
    ExecutorService threads = Executors.newFixedThreadPool(3);
    try {
      List<Future<Boolean>> ends = new ArrayList<>();
      for (CustomResourceDefinition wanted : List.of(withColumn(), definition(), withColumn())) {
        ends.add(threads.submit(() -> {
          ensure(wanted);
          return true;
        }));
      }
      for (Future<Boolean> end : ends) {
        assertThat(end.get(30, TimeUnit.SECONDS)).isTrue();
      }
    } finally {
      threads.shutdownNow();
    }
    assertThat(present().getSpec().getVersions().get(0).getAdditionalPrinterColumns())
        .as("the older one does not mention it, so it takes nothing away").hasSize(1);
  }

  @Test
  void anUpdateAddsAPrinterColumnAndKeepsWhatOthersAdded() throws Exception {
    ensure(definition());
    client.apiextensions().v1().customResourceDefinitions().withName(NAME).edit(crd -> {
      crd.getMetadata().setLabels(Map.of("theirs", "kept"));
      return crd;
    });
    ensure(withColumn());
    long updates = requests("PUT");
    ensure(withColumn());
    assertThat(requests("PUT")).as("nothing is left to do").isEqualTo(updates);
    CustomResourceDefinitionVersion version = present().getSpec().getVersions().get(0);
    assertThat(version.getAdditionalPrinterColumns()).extracting(c -> c.getName()).containsExactly("Content");
    assertThat(version.getSubresources().getStatus()).isNotNull();
    assertThat(present().getMetadata().getLabels()).containsEntry("theirs", "kept");
  }

  @Test
  void aDefinitionThatIsBeingDeletedIsCreatedAgain() throws Exception {
    ensure(definition());
    Teapot teapot = new Teapot();
    teapot.setMetadata(
        new ObjectMetaBuilder().withNamespace(client.getNamespace()).withName("held").withFinalizers("a/b").build());
    client.resource(teapot).create();
    String before = present().getMetadata().getUid();
    CrdClient.of(client).delete(NAME);
    assertThat(present().getMetadata().getDeletionTimestamp()).isNotNull();
    FutureTask<Throwable> end = new FutureTask<>(() -> catchThrowable(() -> ensure(definition())));
    long gets = requests("GET");
    new Thread(end, "waits for the deletion").start();
    await().atMost(A_BUSY_MACHINE).until(() -> requests("GET") > gets + 2);
    client.resources(Teapot.class).withName("held").edit(held -> {
      held.getMetadata().setFinalizers(List.of());
      return held;
    });
    assertThat(end.get(20, TimeUnit.SECONDS)).isNull();
    assertThat(present().getMetadata().getUid()).isNotEqualTo(before);
  }

  @Test
  void aDeletedDefinitionTakesItsObjectsWithIt() throws Exception {
    ensure(definition());
    CrdClient.of(client).delete(NAME);
    await().atMost(A_BUSY_MACHINE).until(() -> present() == null);
    assertThatThrownBy(() -> client.resources(Teapot.class).inAnyNamespace().list())
        .isInstanceOfSatisfying(KubernetesClientException.class, e -> assertThat(e.getCode()).isEqualTo(404));
  }

  /** On the embedded server, which can be made to fail. */
  @Nested
  class OnAServerThatFails {

    @AfterEach
    void mend(EmbeddedApiServer server) {
      server.faults().clear();
    }

    @Test
    void anUpdateFromAStaleStateIsRepeatedFromTheNewest(EmbeddedApiServer server) throws Exception {
      ensure(definition());
      Injection conflict = server.faults().inject(Fault.status(409).on("update", CRDS).times(3));
      ensure(withColumn());
      assertThat(conflict.hits()).isEqualTo(3);
      assertThat(present().getSpec().getVersions().get(0).getAdditionalPrinterColumns()).hasSize(1);
    }

    @ParameterizedTest
    @ValueSource(ints = {429, 500, 503})
    void passingFaultsAreOutlived(int code, EmbeddedApiServer server) throws Exception {
      List<Injection> faults = new ArrayList<>();
      for (String verb : List.of("get", "create")) {
        faults.add(server.faults().inject(Fault.status(code).on(verb, CRDS).times(2)));
      }
      ensure(definition());
      assertThat(faults).extracting(Injection::hits).as("each failure is seen, none retried in secret").containsExactly(2, 2);
    }

    @Test
    void lostConnectionsAndAnswersAreOutlived(EmbeddedApiServer server) throws Exception {
      server.faults().inject(Fault.disconnect().on("get", CRDS).times(1));
      server.faults().inject(Fault.loseAnswer().on("create", CRDS).times(1));
      server.faults().inject(Fault.loseAnswer().on("update", CRDS).times(1));
      ensure(definition());
      ensure(withColumn());
      assertThat(present().getMetadata().getGeneration()).isEqualTo(2);
    }

    @Test
    void aMissingPermissionIsNamedAndTriedAgain(EmbeddedApiServer server) throws Exception {
      CRD<Teapot> teapots = CRD.builder(client, Teapot.class).definition(definition()).timeout(TIMEOUT).build();
      Injection forbidden = server.faults().inject(
          Fault.status(403).message("User \"u\" cannot create resource").on("create", CRDS));
      FutureTask<Throwable> end = new FutureTask<>(() -> catchThrowable(teapots::initialize));
      new Thread(end, "initializes").start();
      await().atMost(A_BUSY_MACHINE).until(() -> teapots.pending() != null && forbidden.hits() > 1);
      assertThat(teapots.pending()).contains("403 Forbidden", "User \"u\" cannot create resource", "verbs: [create]");
      server.faults().clear();
      assertThat(end.get(30, TimeUnit.SECONDS)).isNull();
      assertThat(teapots.pending()).isNull();
    }

    @ParameterizedTest
    @ValueSource(ints = {404, 429, 503})
    void objectsThatCannotBeListedYetAreWaitedFor(int code, EmbeddedApiServer server) throws Exception {
      Injection notYet = server.faults().inject(Fault.status(code).on("list", "teapots").times(2));
      ensure(definition());
      assertThat(notYet.hits()).isEqualTo(2);
    }

    @ParameterizedTest
    @ValueSource(ints = {403, 500})
    void aListThatIsRefusedIsAResponse(int code, EmbeddedApiServer server) throws Exception {
      Injection refused = server.faults().inject(Fault.status(code).on("list", "teapots"));
      ensure(definition());
      assertThat(refused.hits()).isEqualTo(1);
    }

    @ParameterizedTest
    @EnumSource
    void aServerThatDoesNotAnswerIsGivenUpAtTheTimeoutWithTheCause(HttpModule http, EmbeddedApiServer server) {
      try (KubernetesClient own = http.client(server.config())) {
        server.faults().inject(Fault.hang());
        assertThatThrownBy(() -> CrdClient.of(own).waitToBePresent(NAME, Duration.ofSeconds(1)))
            .isInstanceOf(CrdException.class).hasMessageContainingAll("not ready within PT1S", "last failure");
      }
    }

    @ParameterizedTest
    @EnumSource
    void anInterruptEndsARequestThatHangs(HttpModule http, EmbeddedApiServer server) throws Exception {
      try (KubernetesClient own = http.client(server.config())) {
        Injection hang = server.faults().inject(Fault.hang());
        FutureTask<Throwable> end = new FutureTask<>(() -> catchThrowable(
            () -> CrdClient.of(own).waitToBePresent(NAME, TIMEOUT)));
        Thread thread = new Thread(end, "waits for an answer");
        thread.start();
        await().atMost(A_BUSY_MACHINE).until(() -> hang.hits() > 0);
        thread.interrupt();
        assertThat(end.get(30, TimeUnit.SECONDS)).isInstanceOf(InterruptedException.class);
      }
    }
  }
}
