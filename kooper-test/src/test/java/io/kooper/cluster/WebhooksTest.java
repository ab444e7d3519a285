package io.kooper.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import io.kooper.test.EmbeddedApiServer;
import io.kooper.test.junit.KooperTest;
import io.kooper.test.junit.TestCluster;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Webhooks of a test: the same on every API server that can reach them. */
@KooperTest
class WebhooksTest {

  private static final JsonMapper JSON = JsonMapper.builder().build();
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  private static WebhookServer hooks;

  private final KubernetesSerialization yaml = new KubernetesSerialization();
  private KubernetesClient client;
  private String namespace;

  @BeforeAll
  static void start() throws Exception {
    hooks = new WebhookServer();
  }

  @AfterAll
  static void stop() {
    hooks.close();
  }

  @BeforeEach
  void connect(TestCluster cluster, KubernetesClient given) {
    Config config = cluster.config();
    boolean here = URI.create(config.getMasterUrl()).getHost().equals("127.0.0.1");
    Assumptions.assumeTrue(here, cluster + " cannot reach this machine");
    namespace = given.getNamespace();
    client = new KubernetesClientBuilder()
        .withConfig(new ConfigBuilder(config).withNamespace(namespace).withRequestRetryBackoffLimit(0).build()).build();
  }

  @AfterEach
  void unregister() {
    if (client == null) {
      return; // it was skipped
    }
    client.admissionRegistration().v1().validatingWebhookConfigurations().delete();
    client.admissionRegistration().v1().mutatingWebhookConfigurations().delete();
    await().atMost(PATIENCE).ignoreExceptions().until(() -> {
      hooks.requests.clear();
      probe();
      return hooks.requests.isEmpty();
    });
    client.close();
  }

  /** Registers a webhook for this namespace and waits until the API server knows of it. */
  private void register(String kind, String name, String path, String more) throws Exception {
    HasMetadata configuration = yaml.unmarshal("""
        apiVersion: admissionregistration.k8s.io/v1
        kind: %sWebhookConfiguration
        metadata: {name: %s}
        webhooks:
        - name: %s.test.kooper.io
          sideEffects: None
          admissionReviewVersions: [v1]
          clientConfig: {url: "%s", caBundle: %s}
          namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: %s}}
        %s
        """.formatted(kind, name, name, hooks.url(path), hooks.authority(), namespace, more.indent(2)), HasMetadata.class);
    client.resource(configuration).create();
    await().atMost(PATIENCE).ignoreExceptions().until(() -> {
      probe();
      return hooks.paths.contains(path);
    });
    hooks.requests.clear();
  }

  private static final String ALL = "rules: [{apiGroups: ['*'], apiVersions: ['*'], resources: ['*/*'], operations: ['*']}]";

  /** A change that no webhook of these tests minds, and that changes nothing. */
  private void probe() {
    try {
      client.resource(map("probe")).dryRun().create();
    } catch (KubernetesClientException e) {
      assertThat(e.getMessage()).contains("webhook"); // it is asked, at least
    }
  }

  private ConfigMap map(String name) {
    return new ConfigMapBuilder().withNewMetadata().withNamespace(namespace).withName(name).endMetadata().build();
  }

  private ConfigMap there(String name) {
    return client.configMaps().inNamespace(namespace).withName(name).get();
  }

  private static JsonNode allowed() {
    return JSON.createObjectNode().put("allowed", true);
  }

  private static JsonNode allowedAfter(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    return allowed();
  }

  private static JsonNode json(String text) {
    return JSON.readTree(text.replace('\'', '"'));
  }

  private static JsonNode patch(String patch) {
    return JSON.createObjectNode().put("allowed", true).put("patchType", "JSONPatch")
        .put("patch", Base64.getEncoder().encodeToString(patch.replace('\'', '"').getBytes(StandardCharsets.UTF_8)));
  }

  private void isRefused(Runnable change, int code, String message) {
    assertThatThrownBy(change::run).asInstanceOf(InstanceOfAssertFactories.type(KubernetesClientException.class))
        .satisfies(e -> {
          assertThat(e.getStatus().getMessage()).isEqualTo(message);
          assertThat(e.getCode()).isEqualTo(code);
        });
  }

  @Test
  void whatAWebhookRefusesIsRefusedInItsWords() throws Exception {
    hooks.answer("/deny", request -> json("{'allowed':false,'status':{'code':403,'reason':'Forbidden','message':'not here'}}"));
    register("Validating", "deny", "/deny", ALL);

    isRefused(() -> client.resource(map("one")).create(), 403,
        "admission webhook \"deny.test.kooper.io\" denied the request: not here");
    assertThat(there("one")).isNull();
  }

  @Test
  void aRefusalWithoutAWordIsOneToo() throws Exception {
    hooks.answer("/silent", request -> json("{'allowed':false}"));
    register("Mutating", "silent", "/silent", ALL);

    isRefused(() -> client.resource(map("one")).create(), 400,
        "admission webhook \"silent.test.kooper.io\" denied the request without explanation");
  }

  @Test
  void patchesAreAppliedInTheOrderOfNamesAndValidatedAfterwards() throws Exception {
    hooks.answer("/first", request -> patch("[{'op':'add','path':'/data','value':{'who':'first'}}]"));
    hooks.answer("/second", request -> patch(
        "[{'op':'replace','path':'/data/who','value':'" + request.at("/object/data/who").asString("nobody") + ", second'}]"));
    register("Mutating", "first", "/first", ALL);
    register("Mutating", "second", "/second", ALL);
    hooks.answer("/look", request -> allowed());
    register("Validating", "look", "/look", ALL);

    ConfigMap created = client.resource(map("one")).create();

    assertThat(created.getData()).containsExactly(Map.entry("who", "first, second"));
    assertThat(hooks.requests).extracting(request -> request.at("/object/data/who").asString("")).containsExactly(
        "", "first", "first, second");
    assertThat(hooks.requests.get(2).at("/object/metadata/uid").asString("")).isEqualTo(created.getMetadata().getUid());
  }

  @Test
  void aWebhookIsAskedAgainWhenAnotherHasChangedTheObject() throws Exception {
    hooks.answer("/again", request -> patch("[{'op':'add','path':'/data','value':{'seen':'"
        + request.at("/object/metadata/labels/by").asString("nobody") + "'}}]"));
    hooks.answer("/later", request -> patch("[{'op':'add','path':'/metadata/labels','value':{'by':'later'}}]"));
    register("Mutating", "again", "/again", ALL + "\nreinvocationPolicy: IfNeeded");
    register("Mutating", "later", "/later", ALL);

    assertThat(client.resource(map("one")).create().getData()).containsExactly(Map.entry("seen", "later"));
  }

  @Test
  void eachKindOfWriteIsAskedAbout() throws Exception {
    client.resource(map("one")).create();
    hooks.answer("/all", request -> allowed());
    register("Validating", "all", "/all", ALL);

    client.configMaps().inNamespace(namespace).withName("one")
        .edit(one -> new ConfigMapBuilder(one).addToData("a", "1").build());
    client.configMaps().inNamespace(namespace).withName("one")
        .patch(PatchContext.of(PatchType.JSON_MERGE), "{\"data\":{\"a\":\"2\"}}");
    ConfigMap applied = map("one");
    applied.setData(Map.of("b", "3"));
    client.resource(applied).fieldManager("test").serverSideApply();
    client.configMaps().inNamespace(namespace).withName("one").delete();

    assertThat(hooks.requests).extracting(request -> request.path("operation").asString() + " "
            + request.at("/oldObject/data/a").asString("") + " " + request.at("/object/data/a").asString("") + " "
            + request.at("/options/kind").asString())
        .containsExactly(
            "UPDATE  1 UpdateOptions", "UPDATE 1 2 UpdateOptions", "UPDATE 2 2 UpdateOptions", "DELETE 2  DeleteOptions");
    assertThat(hooks.requests).allMatch(request -> request.at("/resource/resource").asString().equals("configmaps")
        && request.at("/kind/kind").asString().equals("ConfigMap") && request.path("name").asString().equals("one")
        && request.path("namespace").asString().equals(namespace) && !request.at("/userInfo/username").isMissingNode());
  }

  @Test
  void rulesAndSelectorsSayWhatItIsAskedAbout() throws Exception {
    hooks.answer("/some", request -> allowed());
    register("Validating", "some", "/some", """
        rules: [{apiGroups: [''], apiVersions: [v1], resources: [configmaps], operations: [CREATE, DELETE]}]
        objectSelector: {matchExpressions: [{key: skip, operator: DoesNotExist}]}
        matchConditions:
        - {name: other, expression: "request.operation == 'DELETE' || object.metadata.name != 'unwanted'"}
        """);

    client.resource(map("one")).create();
    client.resource(map("unwanted")).create();
    client.resource(new ConfigMapBuilder(map("two")).editMetadata().addToLabels("skip", "").endMetadata().build()).create();
    client.configMaps().inNamespace(namespace).withName("one")
        .patch(PatchContext.of(PatchType.JSON_MERGE), "{\"data\":{\"a\":\"2\"}}");
    client.configMaps().inNamespace(namespace).withName("one").delete();

    assertThat(hooks.requests).extracting(request -> request.path("operation").asString() + " " + request.path("name").asString())
        .containsExactly("CREATE one", "DELETE one");
  }

  @Test
  void aWebhookThatCannotBeAskedRefusesUnlessItsFailureIsIgnored() throws Exception {
    hooks.answer("/gone", request -> allowed());
    register("Validating", "gone", "/gone", ALL);
    hooks.answer("/gone", request -> JSON.readTree("\"nonsense\""));

    assertThatThrownBy(() -> client.resource(map("one")).create())
        .asInstanceOf(InstanceOfAssertFactories.type(KubernetesClientException.class))
        .satisfies(e -> assertThat(e.getStatus().getMessage()).startsWith(
            "Internal error occurred: failed calling webhook \"gone.test.kooper.io\": "))
        .satisfies(e -> assertThat(e.getCode()).isEqualTo(500));

    client.admissionRegistration().v1().validatingWebhookConfigurations().withName("gone").edit(configuration -> {
      configuration.getWebhooks().get(0).setFailurePolicy("Ignore");
      return configuration;
    });
    await().atMost(PATIENCE).ignoreExceptions().until(() -> client.resource(map("ignored")).dryRun().create() != null);
  }

  @Test
  void aWebhookMayUseTheApiServerWhileItIsAsked() throws Exception {
    client.resource(map("other")).create();
    hooks.answer("/reads", request -> {
      ConfigMap other = there("other");
      return patch("[{'op':'add','path':'/data','value':{'version':'" + other.getMetadata().getResourceVersion() + "'}}]");
    });
    register("Mutating", "reads", "/reads", ALL);

    assertThat(client.resource(map("one")).create().getData()).containsEntry(
        "version", there("other").getMetadata().getResourceVersion());
  }

  @Test
  void whatIsWrittenWhileAWebhookIsAskedIsNotLost() throws Exception {
    client.resource(map("one")).create();
    AtomicBoolean first = new AtomicBoolean(true);
    hooks.answer("/meddles", request -> {
      if (request.path("name").asString("").equals("one") && first.compareAndSet(true, false)) {
        client.configMaps().inNamespace(namespace).withName("one")
            .patch(PatchContext.of(PatchType.JSON_MERGE), "{\"data\":{\"meanwhile\":\"yes\"}}");
      }
      return allowed();
    });
    register("Validating", "meddles", "/meddles", ALL);

    client.configMaps().inNamespace(namespace).withName("one")
        .patch(PatchContext.of(PatchType.JSON_MERGE), "{\"data\":{\"mine\":\"yes\"}}");

    assertThat(there("one").getData()).containsOnlyKeys("meanwhile", "mine");
    assertThat(hooks.requests.get(hooks.requests.size() - 1).at("/object/data").propertyNames()).containsExactly(
        "meanwhile", "mine");
  }

  @Test
  void aPolicyRefusesWithoutAnybodyBeingAsked() {
    client.resource(yaml.unmarshal("""
        apiVersion: admissionregistration.k8s.io/v1
        kind: ValidatingAdmissionPolicy
        metadata: {name: small}
        spec:
          failurePolicy: Fail
          matchConstraints:
            namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: %s}}
            resourceRules: [{apiGroups: [''], apiVersions: [v1], resources: [configmaps], operations: [CREATE]}]
          variables: [{name: size, expression: "has(object.data) ? object.data.size() : 0"}]
          validations:
          - {expression: "variables.size < 2", messageExpression: "'too much: ' + string(variables.size)", reason: Forbidden}
        """.formatted(namespace), HasMetadata.class)).create();
    client.resource(yaml.unmarshal("""
        apiVersion: admissionregistration.k8s.io/v1
        kind: ValidatingAdmissionPolicyBinding
        metadata: {name: small}
        spec: {policyName: small, validationActions: [Deny]}
        """, HasMetadata.class)).create();
    ConfigMap large = new ConfigMapBuilder(map("large")).addToData("a", "1").addToData("b", "2").build();
    try {
      await().atMost(PATIENCE).until(() -> {
        try {
          return client.resource(large).dryRun().create() == null;
        } catch (KubernetesClientException e) {
          return true;
        }
      });
      isRefused(() -> client.resource(large).create(), 403, "configmaps \"large\" is forbidden: ValidatingAdmissionPolicy 'small'"
          + " with binding 'small' denied request: too much: 2");
      assertThat(client.resource(map("empty")).create()).isNotNull();
    } finally {
      client.admissionRegistration().v1().validatingAdmissionPolicyBindings().withName("small").delete();
      client.admissionRegistration().v1().validatingAdmissionPolicies().withName("small").delete();
    }
  }

  private void registerService(String kind, String name, String more) {
    client.resource(yaml.unmarshal("""
        apiVersion: admissionregistration.k8s.io/v1
        kind: %sWebhookConfiguration
        metadata: {name: %s}
        webhooks:
        - name: %s.test.kooper.io
          sideEffects: None
          admissionReviewVersions: [v1]
          clientConfig: {service: {namespace: system, name: %s, path: /%s}}
          rules: [{apiGroups: [''], apiVersions: [v1], resources: [configmaps], operations: ['*']}]
        %s
        """.formatted(kind, name, name, name, name, more.indent(2)), HasMetadata.class)).create();
  }

  @Test
  void aServiceIsWhereATestSaysItIs(EmbeddedApiServer server) {
    registerService("Validating", "kept", "");
    assertThat(server.unchecked()).containsExactly("ValidatingWebhookConfiguration kept: webhook kept.test.kooper.io: nobody has"
        + " said the endpoint of service system/kept");
    isRefused(() -> client.resource(map("one")).create(), 500, "Internal error occurred: failed calling webhook"
        + " \"kept.test.kooper.io\": failed to call webhook: Post \"https://kept.system.svc:443/kept?timeout=10s\": service"
        + " \"kept\" not found");

    hooks.answer("/kept", request -> allowed());
    server.endpoint("system", "kept", URI.create(hooks.plainUrl()));

    ConfigMap created = client.configMaps().inNamespace(namespace).resource(new ConfigMapBuilder().withNewMetadata()
        .withGenerateName("new-").endMetadata().build()).create();
    assertThat(server.unchecked()).isEmpty();
    JsonNode asked = hooks.requests.get(hooks.requests.size() - 1);
    assertThat(asked.path("name").asString()).isEqualTo(created.getMetadata().getName());
    assertThat(asked.at("/object/metadata/uid").asString()).isEqualTo(created.getMetadata().getUid());
  }

  @Test
  void aWebhookHasItsTimeAndNoMore(EmbeddedApiServer server) {
    CountDownLatch never = new CountDownLatch(1);
    hooks.answer("/slow", request -> allowedAfter(never));
    server.endpoint("system", "slow", URI.create(hooks.plainUrl()));
    registerService("Mutating", "slow", "timeoutSeconds: 1");

    isRefused(() -> client.resource(map("one")).create(), 500, "Internal error occurred: failed calling webhook"
        + " \"slow.test.kooper.io\": failed to call webhook: Post \"https://slow.system.svc:443/slow?timeout=1s\": context"
        + " deadline exceeded");
    never.countDown();
  }

  @Test
  void whatIsAskedOfOneDoesNotHoldUpOthers(EmbeddedApiServer server) throws Exception {
    CountDownLatch asked = new CountDownLatch(1);
    CountDownLatch answered = new CountDownLatch(1);
    hooks.answer("/waits", request -> {
      asked.countDown();
      return allowedAfter(answered);
    });
    server.endpoint("system", "waits", URI.create(hooks.plainUrl()));
    registerService("Validating", "waits", "");
    CompletableFuture<ConfigMap> created = CompletableFuture.supplyAsync(() -> client.resource(map("one")).create());
    asked.await();

    assertThat(there("one")).isNull(); // the server answers
    answered.countDown();

    assertThat(created.get()).isNotNull();
  }
}
