package io.kooper.retrieve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.GenericKubernetesResourceBuilder;
import io.fabric8.kubernetes.api.model.ListOptions;
import io.fabric8.kubernetes.api.model.Namespaced;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.CustomResource;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.dsl.base.ResourceDefinitionContext;
import io.fabric8.kubernetes.model.annotation.Group;
import io.fabric8.kubernetes.model.annotation.Plural;
import io.fabric8.kubernetes.model.annotation.Version;
import io.kooper.retrieve.RetrieveException.Reason;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Which address each way of making a retriever leads to. */
class RetrieverTest {

  @Group("example.com")
  @Version("v1beta1")
  @Plural("foos")
  static class Foo extends CustomResource<Void, Void> implements Namespaced {
    private static final long serialVersionUID = 1L;
  }

  private ScriptedServer server;
  private KubernetesClient client;

  @BeforeEach
  void start() throws Exception {
    server = new ScriptedServer();
    client = client(server.url());
  }

  @AfterEach
  void stop() throws Exception {
    client.close();
    server.close();
  }

  private static KubernetesClient client(String url) {
    return new KubernetesClientBuilder()
        .withConfig(new ConfigBuilder(Config.empty()).withMasterUrl(url).withNamespace("own").build()).build();
  }

  /** The address that a list goes to. */
  private String asked(Retriever<?> retriever) throws Exception {
    server.then(200, "{\"metadata\":{\"resourceVersion\":\"7\"},\"items\":[]}");
    assertThat(retriever.listerWatcher().list(new ListOptions(), new Recorded<>())).isEqualTo("7");
    return server.request();
  }

  @Test
  void readsAllObjectsOfAType() throws Exception {
    assertThat(asked(Retriever.of(client, Pod.class))).isEqualTo("/api/v1/pods");
    assertThat(asked(Retriever.of(client, Node.class))).isEqualTo("/api/v1/nodes");
    assertThat(asked(Retriever.of(client, Deployment.class))).isEqualTo("/apis/apps/v1/deployments");
    assertThat(asked(Retriever.of(client, Foo.class))).isEqualTo("/apis/example.com/v1beta1/foos");
    assertThat(Retriever.of(client, Foo.class).plural()).isEqualTo("foos");
    assertThat(Retriever.of(client, Foo.class).objectType()).isEqualTo(Foo.class);
  }

  @Test
  void registersACustomResourceClass() {
    assertThat(client.getKubernetesSerialization().getRegisteredKubernetesResource("example.com/v1beta1", "Foo")).isNull();

    Retriever.of(client, Foo.class);

    assertThat(client.getKubernetesSerialization().getRegisteredKubernetesResource("example.com/v1beta1", "Foo"))
        .isEqualTo(Foo.class);
  }

  @Test
  void keepsWhatAProxyPutsBeforeThePath() throws Exception {
    try (KubernetesClient behind = client(server.url() + "k8s/api/c-1")) {
      assertThat(asked(Retriever.of(behind, Pod.class))).isEqualTo("/k8s/api/c-1/api/v1/pods");
      assertThat(asked(Retriever.of(behind, Pod.class, c -> c.pods().inNamespace("x"))))
          .isEqualTo("/k8s/api/c-1/api/v1/namespaces/x/pods");
    }
  }

  @Nested
  class ASelectionInFabric8sDsl {

    @Test
    void isWhatItSelects() throws Exception {
      assertThat(asked(Retriever.of(client, Pod.class, c -> c.pods().inNamespace("x").withLabel("app").withoutLabel("a", "b"))))
          .isEqualTo("/api/v1/namespaces/x/pods?labelSelector=app,a!=b");
      assertThat(asked(Retriever.of(client, Pod.class, c -> c.pods().inAnyNamespace().withLabelIn("a", "b", "c"))))
          .isEqualTo("/api/v1/pods?labelSelector=a in (b,c)");
      assertThat(asked(Retriever.of(client, Pod.class, c -> c.pods()))).isEqualTo("/api/v1/namespaces/own/pods");
      assertThat(asked(Retriever.of(client, Pod.class, c -> c.pods().inNamespace("x").withField("metadata.name", "a"))))
          .isEqualTo("/api/v1/namespaces/x/pods?fieldSelector=metadata.name=a");
      assertThat(asked(Retriever.of(client, Foo.class, c -> c.resources(Foo.class).inNamespace("x"))))
          .isEqualTo("/apis/example.com/v1beta1/namespaces/x/foos");
      assertThat(asked(Retriever.of(client, Node.class, c -> c.nodes()))).isEqualTo("/api/v1/nodes");
      Retriever<GenericKubernetesResource> generic = Retriever.of(client, GenericKubernetesResource.class,
          c -> c.genericKubernetesResources(context("bars")).inNamespace("x").withLabel("a", "b"));
      assertThat(asked(generic)).isEqualTo("/apis/example.com/v1/namespaces/x/bars?labelSelector=a=b");
      assertThat(generic.plural()).isEqualTo("bars");
    }

    @Test
    void asksTheServerNothingAndStartsNoThread() {
      Set<String> before = threads();

      for (int i = 0; i < 20; i++) {
        Retriever.of(client, Pod.class, c -> c.pods().inNamespace("x"));
      }

      assertThat(server.requests).isEmpty();
      assertThat(server.connections()).isZero();
      Set<String> more = threads();
      more.removeAll(before);
      assertThat(more).isEmpty();
    }

    private Set<String> threads() {
      Set<String> names = new TreeSet<>();
      Thread.getAllStackTraces().keySet().forEach(thread -> names.add(thread.getName() + thread.getId()));
      names.removeIf(name -> name.contains("Attach") || name.startsWith("surefire") || name.contains("Cleaner"));
      return names;
    }

    @Test
    @SuppressWarnings("unchecked")
    void isOfTheTypeItSays() {
      Class<ConfigMap> pods = (Class<ConfigMap>) (Class<?>) Pod.class;

      assertThatThrownBy(() -> Retriever.of(client, pods, c -> c.configMaps()))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("the function selects configmaps of v1, but Pod stands for pods of v1");
    }

    @Test
    void doesNothingElse() {
      assertThatThrownBy(() -> Retriever.of(client, Pod.class, c -> {
        c.namespaces().withName("x").get();
        return c.pods();
      })).isInstanceOf(IllegalArgumentException.class).hasMessageContaining("it asked the API server for")
          .hasMessageContaining("api/v1/namespaces/x");
      assertThatThrownBy(() -> Retriever.of(client, Pod.class, c -> {
        throw new IllegalStateException("mine");
      })).isInstanceOf(IllegalArgumentException.class).hasMessageContaining("mine");
      assertThat(server.requests).isEmpty();
    }

    @Test
    void leavesTheClientOpen() throws Exception {
      Retriever<Pod> pods = Retriever.of(client, Pod.class, c -> c.pods().inNamespace("x"));

      assertThat(client.getHttpClient().isClosed()).isFalse();
      assertThat(asked(pods)).isEqualTo("/api/v1/namespaces/x/pods");
    }
  }

  @Nested
  class ABuilder {

    @Test
    void selects() throws Exception {
      assertThat(asked(Retriever.builder(client, Pod.class).inNamespace("x").withLabelSelector("a=b,c in (d)")
          .withFieldSelector("spec.nodeName=n").build()))
          .isEqualTo("/api/v1/namespaces/x/pods?labelSelector=a=b,c in (d)&fieldSelector=spec.nodeName=n");
    }

    @Test
    void refusesWhatDoesNotFitAllAtOnce() {
      assertThatThrownBy(() -> Retriever.builder(client, Node.class).inNamespace("x").withLabelSelector(" ")
          .withFieldSelector("").build())
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("cluster-scoped").hasMessageContaining("label selector is blank")
          .hasMessageContaining("field selector is blank");
      assertThatThrownBy(() -> Retriever.builder(client, Pod.class).inNamespaces(List.of()).build())
          .as("an empty setting must not select the whole cluster")
          .isInstanceOf(IllegalArgumentException.class).hasMessageContaining("inNamespaces was given none");
      assertThatThrownBy(() -> Retriever.of(client, GenericKubernetesResource.class))
          .isInstanceOf(IllegalArgumentException.class).hasMessageContaining("Retriever.generic");
    }
  }

  /** What would be another path, or another selection, is refused where it enters. */
  @Nested
  class Names {

    @ParameterizedTest
    @ValueSource(strings = {"kube-system/configmaps?x=", "..", ".", "a.b", "A", "a%2fb", "a b", "-a", "a\n", "", "a#"})
    void ofNamespacesAreLabels(String namespace) {
      assertThatThrownBy(() -> Retriever.builder(client, Pod.class).inNamespace(namespace).inNamespaces(List.of("x", "_"))
          .build()).isInstanceOf(IllegalArgumentException.class).hasMessageContainingAll("the namespace ", "\"_\"");
      assertThat(server.requests).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {".", "..", "a/b", "a%2fb"})
    void ofObjectsArePathSegments(String name) {
      assertThatThrownBy(() -> Retriever.builder(client, Pod.class).withName(name).build())
          .isInstanceOf(IllegalArgumentException.class).hasMessageContaining("the name \"" + name + "\"");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '"', textBlock = """
        system:node | system:node
        a?b&c=d     | a?b&c\\=d
        a,b=c       | a\\,b\\=c
        """)
    void ofObjectsMayBeAnythingElse(String name, String selected) throws Exception {
      assertThat(asked(Retriever.builder(client, Pod.class).withName(name).build()))
          .isEqualTo("/api/v1/pods?fieldSelector=metadata.name=" + selected.replace("\\\\", "\\"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"kube-system/pods?x=", "kube-system/pods?labelSelector=", "kube-system/pods#",
        "a.b", "..", "a%2Fb"})
    void inASelectionAreNamesToo(String namespace) {
      assertThatThrownBy(() -> Retriever.of(client, Pod.class, c -> c.pods().inNamespace(namespace).withLabel("app", "web")))
          .isInstanceOf(IllegalArgumentException.class);
    }

    @ParameterizedTest
    @ValueSource(strings = {"a", "!a", " ! a ", "a=b", "a==b", "a != b", "a=", "example.com/a.b_c=D-1", "a in (b,c)", "a in ()",
        "a notin( b , c )", "a in (,b)", "a>1", "a < -7", "a,b=c,!d,e in (f,g),h", "in in (in)", "notin"})
    void inALabelSelectorAreLabels(String selector) {
      assertThatCode(() -> Retriever.builder(client, Pod.class).withLabelSelector(selector).build()).doesNotThrowAnyException();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", " ", "a=b=c", "a,", ",a", "a,,b", "a b", "a in b", "a in (b", "a in [b]", "=b", "!", "!a=b", "-a",
        "a/b/c", "a=b c", "a={b}", "a~b", "A.b/c"})
    void andNothingElse(String selector) {
      assertThatThrownBy(() -> Retriever.builder(client, Pod.class).withLabelSelector(selector).build())
          .isInstanceOf(IllegalArgumentException.class).hasMessageContaining("label selector");
      assertThatThrownBy(() -> Retriever.builder(client, Pod.class).inNamespacesLabelled(selector).build())
          .isInstanceOf(IllegalArgumentException.class).hasMessageContaining("selector of namespaces");
    }

    @Test
    void ofResourcesAreLabelsInAGroup() {
      assertThatThrownBy(() -> Retriever.generic(client, new ResourceDefinitionContext.Builder()
          .withGroup("example.com/v1/secrets?").withVersion("../v1").withPlural("bars/x").build()))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContainingAll("the group \"example.com/v1/secrets?\"", "the version \"../v1\"", "the plural \"bars/x\"");
      assertThatThrownBy(() -> Retriever.generic(client, "../v1", "Bar"))
          .isInstanceOf(IllegalArgumentException.class).hasMessageContaining("\"../v1\" is not GROUP/VERSION");
    }
  }

  @Nested
  class AKindWithoutAClass {

    private static final String RESOURCES = "{\"kind\":\"APIResourceList\",\"groupVersion\":\"example.com/v1\",\"resources\":["
        + "{\"name\":\"bars/status\",\"kind\":\"Bar\",\"namespaced\":true,\"verbs\":[]},"
        + "{\"name\":\"barrels\",\"kind\":\"Bar\",\"namespaced\":true,\"verbs\":[\"list\"]}]}";
    private static final String LIST = "{\"kind\":\"BarList\",\"metadata\":{\"resourceVersion\":\"7\"},"
        + "\"items\":[{\"metadata\":{\"name\":\"a\",\"namespace\":\"x\"},\"spec\":{\"n\":1}}]}";

    @Test
    void isWhatIsGiven() throws Exception {
      Retriever<GenericKubernetesResource> bars = Retriever.generic(client, context("bars"));
      server.then(200, LIST);
      Recorded<GenericKubernetesResource> recorded = new Recorded<>();

      bars.listerWatcher().list(new ListOptions(), recorded);

      assertThat(server.request()).isEqualTo("/apis/example.com/v1/bars");
      assertThat(bars.plural()).isEqualTo("bars");
      assertThat(recorded.objects).singleElement().satisfies(bar -> {
        assertThat(bar.getApiVersion()).isEqualTo("example.com/v1");
        assertThat(bar.getKind()).as("learnt from the list").isEqualTo("Bar");
        assertThat(bar.<Integer>get("spec", "n")).isEqualTo(1);
      });
      assertThatThrownBy(() -> Retriever.generic(client, new ResourceDefinitionContext()))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("a retriever cannot be built: the version is missing; the plural is missing");
    }

    @Test
    void knowsItsObjectsByGroupAndKind() {
      GenericKubernetesResource core = new GenericKubernetesResourceBuilder().withApiVersion("v1").withKind("Bar").build();
      GenericKubernetesResource bar = core.edit().withApiVersion("example.com/v2").build();
      List<Retriever<GenericKubernetesResource>> bars = List.of(Retriever.generic(client, "example.com/v1", "Bar"),
          Retriever.generic(client, new ResourceDefinitionContext.Builder().withGroup("example.com").withVersion("v1")
              .withPlural("bars").withKind("Bar").build()));

      assertThat(bars).allMatch(one -> one.isOf(bar)).noneMatch(one -> one.isOf(core));
      assertThat(Retriever.generic(client, "v1", "Bar").isOf(core)).isTrue();
      assertThat(Retriever.generic(client, "example.com/v1", "Other").isOf(bar)).isFalse();
      assertThat(Retriever.generic(client, context("bars")).isOf(core)).as("when its kind was not given").isTrue();
    }

    @Test
    void isDiscoveredWhenItsCrdComes() throws Exception {
      Retriever<GenericKubernetesResource> bars = Retriever.generic(client, "example.com/v1", "Bar");
      assertThat(bars.plural()).isEqualTo("bar");
      ListerWatcher<GenericKubernetesResource> source = bars.listerWatcher();
      server.then(404, "404 page not found").then(200, RESOURCES.replace("\"Bar\"", "\"Other\""))
          .then(200, RESOURCES).then(200, LIST).then(404, "gone again").then(200, RESOURCES).then(200, LIST);

      for (int i = 0; i < 2; i++) {
        RetrieveException failure = catchThrowableOfType(
            RetrieveException.class, () -> source.list(new ListOptions(), new Recorded<>()));
        assertThat(failure.reason()).isEqualTo(Reason.NOT_FOUND);
        assertThat(failure).hasMessageContaining("kind Bar of example.com/v1").hasMessageContaining("CRD");
      }
      assertThat(source.list(new ListOptions(), new Recorded<>())).isEqualTo("7");
      assertThat(bars.plural()).isEqualTo("barrels");
      assertThat(catchThrowableOfType(RetrieveException.class,
          () -> source.watch(new ListOptions(), new Recorded<>())).reason()).isEqualTo(Reason.NOT_FOUND);
      assertThat(source.list(new ListOptions(), new Recorded<>())).isEqualTo("7");

      assertThat(List.copyOf(server.requests)).extracting(request -> request.split("\\?")[0]).containsExactly(
          "/apis/example.com/v1", "/apis/example.com/v1", "/apis/example.com/v1", "/apis/example.com/v1/barrels",
          "/apis/example.com/v1/barrels", "/apis/example.com/v1", "/apis/example.com/v1/barrels");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "a/b/c", "V1", "example.com/", "/v1", "a b/v1"})
    void hasAVersionAndAName(String apiVersion) {
      assertThatThrownBy(() -> Retriever.generic(client, apiVersion, "a b"))
          .isInstanceOf(IllegalArgumentException.class).hasMessageContaining("GROUP/VERSION").hasMessageContaining("kind");
    }
  }

  @Test
  void takesAnySource() {
    ListerWatcher<ConfigMap> source = new FunctionListerWatcher<>("x", o -> null, (o, w) -> null);

    Retriever<ConfigMap> retriever = Retriever.of(ConfigMap.class, source);

    assertThat(retriever.listerWatcher()).isSameAs(source);
    assertThat(retriever.plural()).isEqualTo("configmaps");
  }

  private static ResourceDefinitionContext context(String plural) {
    return new ResourceDefinitionContext.Builder().withGroup("example.com").withVersion("v1").withPlural(plural)
        .withNamespaced(true).build();
  }

  @Test
  void aMissingClientIsRefusedByName() {
    assertThatThrownBy(() -> Retriever.of((KubernetesClient) null, Pod.class))
        .isInstanceOf(NullPointerException.class).hasMessage("client");
    assertThatThrownBy(() -> Retriever.of((KubernetesClient) null, Pod.class, client -> client.pods()))
        .isInstanceOf(NullPointerException.class).hasMessage("client");
    assertThatThrownBy(() -> Retriever.generic(null, "v1", "Pod")).isInstanceOf(NullPointerException.class).hasMessage("client");
  }
}
