package io.kooper.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.Namespace;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.Namespaced;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.ServiceBuilder;
import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinition;
import io.fabric8.kubernetes.client.CustomResource;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import io.fabric8.kubernetes.model.annotation.Group;
import io.fabric8.kubernetes.model.annotation.Version;
import io.kooper.controller.Controller;
import io.kooper.crd.CRD;
import io.kooper.crd.CrdClient;
import io.kooper.crd.CrdDefinitions;
import io.kooper.crd.CrdPolicy;
import io.kooper.handler.Handler;
import io.kooper.informer.Informer;
import io.kooper.leaderelection.LeaderElection;
import io.kooper.operator.Operator;
import io.kooper.retrieve.Retriever;
import io.kooper.test.junit.KooperTest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What has to hold on every API server: run on the embedded one, on a bare kube-apiserver, and on any cluster. */
@KooperTest
@Timeout(120)
class AnyClusterTest {

  private static final Duration PATIENCE = Duration.ofSeconds(60);
  /** A kube-apiserver was seen to take 80 s for it. */
  private static final Duration UNTIL_A_DEFINITION_IS_GONE = Duration.ofMinutes(3);

  @Group("test.kooper.io")
  @Version("v1")
  static class Kettle extends CustomResource<String, String> implements Namespaced {
    private static final long serialVersionUID = 1L;
  }

  private KubernetesClient client;
  private String namespace;
  private final List<Namespace> more = new ArrayList<>();

  @BeforeEach
  void begin(KubernetesClient client) {
    this.client = client;
    namespace = client.getNamespace();
  }

  @AfterEach
  void end() {
    more.forEach(one -> client.resource(one).delete());
  }

  private String another() {
    String name = namespace + "-" + more.size();
    more.add(client.resource(new NamespaceBuilder().withNewMetadata().withName(name).endMetadata().build()).create());
    return name;
  }

  private Service service(String name, int port) {
    return new ServiceBuilder().withNewMetadata().withNamespace(namespace).withName(name).endMetadata()
        .withNewSpec().addNewPort().withPort(port).endPort().endSpec().build();
  }

  private static ConfigMap configMap(String namespace, String name) {
    return new ConfigMapBuilder().withNewMetadata().withNamespace(namespace).withName(name).endMetadata().build();
  }

  @Test
  void metadataAlone() throws Exception {
    client.resource(new ConfigMapBuilder(configMap(namespace, "whole")).addToData("k", "v".repeat(1000)).build()).create();
    try (Informer<ConfigMap> informer = Informer.builder(
        Retriever.builder(client, ConfigMap.class).inNamespace(namespace).metadataOnly().build()).build()) {
      informer.start();
      assertThat(informer.awaitSynced(PATIENCE)).isTrue();
      ConfigMap listed = informer.store().get(namespace, "whole").orElseThrow();
      assertThat(listed.getKind()).isEqualTo("ConfigMap");
      assertThat(listed.getApiVersion()).isEqualTo("v1");
      assertThat(listed.getMetadata().getUid()).isNotEmpty();
      assertThat(listed.getMetadata().getManagedFields()).isEmpty();
      assertThat(listed.getData()).isEmpty();

      client.resource(configMap(namespace, "later")).create();
      client.configMaps().inNamespace(namespace).withName("whole")
          .edit(map -> new ConfigMapBuilder(map).editMetadata().addToLabels("a", "b").endMetadata().build());
      await().atMost(PATIENCE).until(() -> informer.store().get(namespace, "later").isPresent()
          && informer.store().get(namespace, "whole").orElseThrow().getMetadata().getLabels() != null
          && informer.store().get(namespace, "whole").orElseThrow().getMetadata().getLabels().containsKey("a"));
      assertThat(informer.storeBytes()).as("average times objects").isLessThan(5_000);
      client.configMaps().inNamespace(namespace).withName("whole").delete();
      await().atMost(PATIENCE).until(() -> informer.store().get(namespace, "whole").isEmpty());
    }
  }

  @Test
  @DisplayName("K12: creations, updates and deletes are told in their order")
  void theOrderIsKept() {
    try (Recorder<Service> services = new Recorder<>(
        Retriever.of(client, Service.class, c -> c.services().inNamespace(namespace)))) {
      Service one = client.resource(service("one", 8080)).create();
      await().atMost(PATIENCE).until(() -> services.knows(one));
      Service two = client.resource(service("two", 8080)).create();
      await().atMost(PATIENCE).until(() -> services.knows(two));
      Service changed = client.resource(one).edit(s ->
          new ServiceBuilder(s).editMetadata().addToLabels("a", "b").endMetadata().build());
      await().atMost(PATIENCE).until(() -> services.knows(changed));
      client.resource(two).delete();
      await().atMost(PATIENCE).until(() -> services.knowsDeleted(two));

      assertThat(services.events()).extracting(line -> line.replaceAll(" [^ ]*$", "")).containsExactly(
          "add " + namespace + "/one", "add " + namespace + "/two", "add " + namespace + "/one", "delete " + namespace + "/two");
    }
  }

  @Test
  @DisplayName("K1: each of many listed objects is told once, and what happens while a watch is renewed is not lost")
  void manyObjects() {
    List<ConfigMap> all = IntStream.range(0, 200)
        .mapToObj(i -> client.resource(configMap(namespace, "many-" + i)).create()).toList();
    try (Recorder<ConfigMap> maps = new Recorder<>(
        Retriever.builder(client, ConfigMap.class).inNamespace(namespace).build())) {
      await().atMost(PATIENCE).until(() -> all.stream().allMatch(maps::knows));
      assertThat(maps.events().stream().filter(line -> line.contains("/many-"))).hasSize(200);
      all.forEach(map -> client.resource(map).delete());
      await().atMost(PATIENCE).until(() -> all.stream().allMatch(maps::knowsDeleted));
    }
  }

  @Test
  void severalNamespacesAndOneName() throws Exception {
    String other = another();
    String unseen = another();
    client.resource(configMap(namespace, "mine")).create();
    client.resource(configMap(unseen, "mine")).create();
    client.resource(configMap(other, "not-mine")).create();
    try (Informer<ConfigMap> informer = Informer.builder(Retriever.builder(client, ConfigMap.class)
        .inNamespaces(List.of(namespace, other)).withName("mine").build()).build()) {
      informer.start();
      assertThat(informer.awaitSynced(PATIENCE)).isTrue();
      assertThat(informer.store().keys()).extracting(key -> key.namespace()).containsExactly(namespace);
      await().atMost(PATIENCE).until(() -> informer.health().watching());

      client.resource(configMap(other, "mine")).create();
      await().atMost(PATIENCE).until(() -> informer.store().size() == 2);
      client.resource(configMap(namespace, "mine")).delete();
      await().atMost(PATIENCE).until(() -> informer.store().get(namespace, "mine").isEmpty());
    }
  }

  @Test
  @DisplayName("K10: an operator installs its definition and handles what is created of it")
  void anOperatorInstallsItsDefinition() throws Exception {
    CRD<Kettle> kettles = CRD.builder(client, Retriever.builder(client, Kettle.class).inNamespace(namespace).build())
        .definition(CrdDefinitions.of(Kettle.class)).build();
    var told = new CopyOnWriteArrayList<String>();
    Handler<Kettle> handler = (context, kettle) -> told.add(kettle.getMetadata().getName());
    Operator operator = Operator.builder("kettles").crd(kettles).controller(Controller.builder(kettles, handler)).build();
    Thread run = new Thread(operator::run, "operator");
    run.start();
    try {
      await().atMost(PATIENCE).until(() -> operator.health().ready());
      client.resource(kettle()).create();
      await().atMost(PATIENCE).until(() -> told.contains("tea"));
      try (Informer<GenericKubernetesResource> generic =
          Informer.builder(Retriever.generic(client, "test.kooper.io/v1", "Kettle")).build()) {
        generic.start();
        assertThat(generic.awaitSynced(PATIENCE)).isTrue();
        assertThat(generic.store().get(namespace, "tea")).isPresent();
      }
    } finally {
      operator.close();
      run.join();
      CrdClient.of(client).delete("kettles.test.kooper.io");
    }
  }

  @Test
  @Timeout(400)
  void objectsOfADefinitionThatIsDeletedAndMadeAgain() throws Exception {
    CustomResourceDefinition definition = CrdDefinitions.of(Kettle.class);
    CrdClient.of(client).ensurePresent(definition, CrdPolicy.UPDATE, PATIENCE);
    try (Recorder<Kettle> kettles = new Recorder<>(
        Retriever.builder(client, Kettle.class).inNamespace(namespace).build())) {
      Kettle before = client.resource(kettle()).create();
      await().atMost(PATIENCE).until(() -> kettles.knows(before));
      CrdClient.of(client).delete("kettles.test.kooper.io");
      await().atMost(UNTIL_A_DEFINITION_IS_GONE).until(() -> kettles.knowsDeleted(before));
      await().atMost(UNTIL_A_DEFINITION_IS_GONE).until(() ->
          client.apiextensions().v1().customResourceDefinitions().withName("kettles.test.kooper.io").get() == null);
      CrdClient.of(client).ensurePresent(definition, CrdPolicy.UPDATE, PATIENCE);
      Kettle after = client.resource(kettle()).create();
      await().atMost(PATIENCE).until(() -> kettles.knows(after));
      await().atMost(PATIENCE).until(() -> kettles.controller().health().reasons().isEmpty());
    } finally {
      CrdClient.of(client).delete("kettles.test.kooper.io");
    }
  }

  private Kettle kettle() {
    Kettle kettle = new Kettle();
    kettle.setMetadata(new ObjectMetaBuilder().withNamespace(namespace).withName("tea").build());
    return kettle;
  }

  @Test
  @DisplayName("K9: controllers given by their type share the operator's client")
  void anOperatorSharesItsClient() throws Exception {
    var told = new CopyOnWriteArrayList<String>();
    Handler<ConfigMap> maps = (context, map) -> told.add("map " + context.key());
    Handler<Service> services = (context, service) -> told.add("service " + context.key());
    Operator operator = Operator.builder("both").client(client)
        .controller(ConfigMap.class, maps).controller(Service.class, services).build();
    Thread run = new Thread(operator::run, "operator");
    run.start();
    try {
      client.resource(configMap(namespace, "a")).create();
      client.resource(service("b", 8080)).create();
      await().atMost(PATIENCE).until(() -> told.containsAll(List.of("map " + namespace + "/a", "service " + namespace + "/b")));
    } finally {
      operator.close();
      run.join();
    }
  }

  @Test
  @DisplayName("K6: of two elections one leads, and the other as soon as the lease was given back")
  void oneLeads() throws Exception {
    LeaderElection first = LeaderElection.builder(client, "only-one").namespace(namespace).identity("first").build();
    LeaderElection second = LeaderElection.builder(client, "only-one").namespace(namespace).identity("second").build();
    var leading = new CopyOnWriteArrayList<String>();
    var ends = new CountDownLatch(1);
    Thread one = new Thread(() -> lead(first, leading, ends));
    one.start();
    await().atMost(PATIENCE).until(() -> leading.contains("first"));
    Thread two = new Thread(() -> lead(second, leading, ends));
    two.start();
    await().atMost(PATIENCE).until(() -> "first".equals(second.health().holder()));
    assertThat(leading).containsExactly("first");

    ends.countDown();

    await().atMost(PATIENCE).until(() -> leading.contains("second"));
    one.join();
    two.join();
    assertThat(client.leases().inNamespace(namespace).withName("only-one").get().getSpec().getLeaseTransitions()).isPositive();
  }

  private static void lead(LeaderElection election, List<String> leading, CountDownLatch ends) {
    try {
      election.run(leadership -> {
        leading.add(election.identity());
        assertThat(ends.await(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
      });
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Of two releases: fields, types, enums, bounds, required fields, rules, lists, maps, unknown fields, and the rest. */
  private static final String RELEASE = """
      metadata: {name: %1$s.test.kooper.io}
      spec:
        group: test.kooper.io
        scope: Namespaced
        names: {kind: K%1$s, plural: %1$s, shortNames: [%1$s-%4$s]}
        versions:
        - name: v1
          served: true
          storage: %5$s
          schema:
            openAPIV3Schema: {type: object, properties: {spec: {type: object, %2$s}}}
          %3$s
      """;
  private static final List<List<String>> KINDS = List.of(
      List.of("{type: object, properties: {a: {type: string}}}", "{type: object, properties: {b: {type: string}}}"),
      List.of("{type: string, enum: [A, B]}", "{type: string, enum: [B, C], default: C}"),
      List.of("{type: integer, maximum: 10, format: int32}", "{type: integer, maximum: 20, minimum: 1, format: int64}"),
      List.of("{type: integer}", "{type: number}"), List.of("{type: string}", "{type: integer}"),
      List.of("{type: string}", "{x-kubernetes-int-or-string: true, anyOf: [{type: integer}, {type: string}]}"),
      List.of("{type: string, pattern: a+}", "{type: string, pattern: b+, default: b}"),
      List.of("{type: array, maxItems: 5, items: {type: object, properties: {a: {type: string}}}}",
          "{type: array, maxItems: 9, items: {type: object, required: [b], properties: {b: {type: string, nullable: true}}}}"),
      List.of("{type: array, items: {type: object, properties: {k: {type: string}}}}",
          "{type: array, x-kubernetes-list-type: map, x-kubernetes-list-map-keys: [k],"
              + " items: {type: object, required: [k], properties: {k: {type: string}}}}"),
      List.of("{type: object, additionalProperties: {type: string}}", "{type: object, properties: {a: {type: string}}}"),
      List.of("{type: object, x-kubernetes-preserve-unknown-fields: true}",
          "{type: object, required: [a], default: {a: {b: 1}}, properties: {a: {type: object, properties: {b: {type: integer,"
              + " default: 1}}}, l: {type: array, items: {type: string}},"
              + " m: {type: object, additionalProperties: {type: string}}}}"),
      List.of("{x-kubernetes-preserve-unknown-fields: true}", "{type: object, properties: {a: {type: string}}}"),
      List.of("{type: object, x-kubernetes-embedded-resource: true, x-kubernetes-preserve-unknown-fields: true}",
          "{type: object, x-kubernetes-embedded-resource: true, properties: {metadata: {type: object}, spec: {type: object}}}"),
      List.of("{type: object, required: [a], properties: {a: {type: string, maxLength: 9}},"
          + " x-kubernetes-validations: [{rule: size(self.a) > 1}]}",
          "{type: object, properties: {a: {type: string, maxLength: 99}, b: {type: boolean}}}"));

  private static CustomResourceDefinition release(String plural, int release) {
    String fields = "properties: {" + IntStream.range(0, KINDS.size())
        .mapToObj(i -> "f" + i + ": " + KINDS.get(i).get(release)).collect(Collectors.joining(", ")) + "}";
    String rest = release == 0 ? "additionalPrinterColumns: [{name: A, type: string, jsonPath: .spec.f1}]"
        : "subresources: {status: {}}\n  - {name: v2, served: true, storage: true, schema: {openAPIV3Schema: {type: object,"
            + " properties: {spec: {type: object, x-kubernetes-preserve-unknown-fields: true}}}}}";
    return new KubernetesSerialization().unmarshal(
        RELEASE.formatted(plural, fields, rest, release, release == 0), CustomResourceDefinition.class);
  }

  @Test
  @DisplayName("K10: a replica of another release takes nothing away, and objects keep what they have")
  void releasesSideBySide() throws Exception {
    CrdClient crds = CrdClient.of(client);
    for (int first : new int[] {0, 1}) {
      String plural = "release" + first;
      for (int release : new int[] {first, 1 - first}) {
        crds.ensurePresent(release(plural, release), CrdPolicy.UPDATE, PATIENCE);
      }
      var kinds = client.apiextensions().v1().customResourceDefinitions().withName(plural + ".test.kooper.io");
      var objects = client.genericKubernetesResources("test.kooper.io/v1", "Krelease" + first).inNamespace(namespace);
      GenericKubernetesResource object = new KubernetesSerialization().unmarshal("""
          apiVersion: test.kooper.io/v1
          kind: Krelease%s
          metadata: {name: one}
          spec: {f0: {a: x, b: y}, f1: C, f2: 20, f3: 1.5, f5: 1, f7: [{a: x, b: null}], f10: {a: {b: 1, c: {d: 1}}, z: 1},
            f11: {a: x}, f12: {apiVersion: v1, kind: Pod, metadata: {name: p}, spec: {x: 1}}, f13: {b: true}}
          """.formatted(first), GenericKubernetesResource.class);
      await().atMost(PATIENCE).ignoreExceptions().until(() -> objects.resource(object).create() != null);
      long generation = kinds.get().getMetadata().getGeneration();
      for (int release : new int[] {first, 1 - first, first}) {
        crds.ensurePresent(release(plural, release), CrdPolicy.UPDATE, PATIENCE);
      }
      assertThat(kinds.get().getMetadata().getGeneration()).as("there is an end to it").isEqualTo(generation);
      objects.withName("one").edit(one -> {
        one.getMetadata().setLabels(Map.of("written", "old"));
        return one;
      });
      Map<String, Object> spec = objects.withName("one").get().get("spec");
      Map<String, Object> before = object.get("spec");
      assertThat(spec).as("first release " + first).containsAllEntriesOf(before);
      assertThat(kinds.get().getSpec().getVersions()).extracting(v -> v.getName() + " " + v.getStorage())
          .containsExactlyInAnyOrder("v1 false", "v2 true");
      crds.delete(plural + ".test.kooper.io");
    }
  }
}
