package io.kooper.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinition;
import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinitionSpec;
import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinitionVersion;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.Resource;
import io.kooper.test.junit.KooperTest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@DisplayName("A definition's life")
@KooperTest
@Timeout(120)
class DefinitionLifeTest {

  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private KubernetesClient client;
  private final List<CustomResourceDefinition> created = new ArrayList<>();

  @BeforeEach
  void begin(KubernetesClient client) {
    this.client = client;
  }

  @AfterEach
  void end() {
    created.forEach(definition -> resource(definition).delete());
  }

  private CustomResourceDefinition definition(String plural, String kind, String group, String... versions) {
    StringBuilder yaml = new StringBuilder("""
        metadata: {name: %1$s.%3$s}
        spec:
          group: %3$s
          scope: Namespaced
          names: {kind: %2$s, plural: %1$s}
          versions:
        """.formatted(plural, kind, group));
    for (String version : versions) {
      yaml.append("""
            - name: %s
              served: true
              storage: %s
              schema: {openAPIV3Schema: {type: object, properties: {spec: {type: string}}}}
          """.formatted(version, version.equals(versions[0])));
    }
    return client.getKubernetesSerialization().unmarshal(yaml.toString(), CustomResourceDefinition.class);
  }

  private Resource<CustomResourceDefinition> resource(CustomResourceDefinition definition) {
    return client.apiextensions().v1().customResourceDefinitions().withName(definition.getMetadata().getName());
  }

  private CustomResourceDefinition create(CustomResourceDefinition definition) {
    created.add(client.resource(definition).create());
    return resource(definition).waitUntilCondition(DefinitionLifeTest::isEstablished, PATIENCE.toSeconds(),
        TimeUnit.SECONDS);
  }

  private static String condition(CustomResourceDefinition definition, String type) {
    return definition == null || definition.getStatus() == null || definition.getStatus().getConditions() == null ? ""
        : definition.getStatus().getConditions().stream().filter(condition -> condition.getType().equals(type))
            .map(condition -> condition.getStatus() + " " + condition.getReason() + " " + condition.getMessage())
            .findFirst().orElse("");
  }

  private static boolean isEstablished(CustomResourceDefinition definition) {
    return condition(definition, "Established").startsWith("True");
  }

  private CustomResourceDefinition edit(
      CustomResourceDefinition definition, Consumer<CustomResourceDefinitionSpec> change) {
    return resource(definition).edit(one -> {
      change.accept(one.getSpec());
      return one;
    });
  }

  private void refuses(CustomResourceDefinition definition, Consumer<CustomResourceDefinitionSpec> change, String why) {
    CustomResourceDefinition before = resource(definition).get();
    assertThatThrownBy(() -> edit(definition, change)).isInstanceOf(KubernetesClientException.class)
        .hasMessageContaining(why).extracting(e -> ((KubernetesClientException) e).getCode()).isEqualTo(422);
    assertThat(resource(definition).get().getSpec()).as("nothing of it is stored").isEqualTo(before.getSpec());
  }

  private static void store(CustomResourceDefinitionSpec spec, String version) {
    spec.getVersions().forEach(one -> one.setStorage(one.getName().equals(version)));
  }

  @Test
  void theStorageVersionMovesAndTheOldOneStaysUntilItIsNotStoredAnyMore() {
    CustomResourceDefinition movers = create(definition("movers", "Mover", "life.kooper.io", "v1", "v2"));
    assertThat(movers.getStatus().getStoredVersions()).containsExactly("v1");

    refuses(movers, spec -> spec.getVersions().forEach(version -> version.setStorage(true)),
        "must have exactly one version marked as storage version");
    assertThat(edit(movers, spec -> store(spec, "v2")).getStatus().getStoredVersions()).containsExactly("v1", "v2");
    refuses(movers, spec -> spec.getVersions().removeIf(version -> version.getName().equals("v1")),
        "status.storedVersions[0]: Invalid value: \"v1\": missing from spec.versions; v1 was previously a storage version");

    resource(movers).editStatus(one -> {
      one.getStatus().setStoredVersions(List.of("v2"));
      return one;
    });
    edit(movers, spec -> spec.getVersions().removeIf(version -> version.getName().equals("v1")));
    assertThat(resource(movers).get().getSpec().getVersions()).extracting(CustomResourceDefinitionVersion::getName)
        .containsExactly("v2");
  }

  @Test
  void aPatchThatBreaksItIsRefusedBeforeItIsStored() {
    CustomResourceDefinition whole = create(definition("wholes", "Whole", "life.kooper.io", "v1"));
    refuses(whole, spec -> spec.getVersions().get(0).getSchema().getOpenAPIV3Schema().getProperties().get("spec").setType("txt"),
        "Unsupported value: \"txt\"");
    refuses(whole, spec -> spec.setScope("Cluster"), "spec.scope: Invalid value: \"Cluster\": field is immutable");
    refuses(whole, spec -> spec.getNames().setKind("Hole"), "spec.names.kind: Invalid value: \"Hole\": field is immutable");
    refuses(whole, spec -> spec.getNames().setShortNames(List.of("W")), "spec.names.shortNames[0]: Invalid value: \"W\"");
    assertThat(isEstablished(edit(whole, spec -> spec.getNames().setShortNames(List.of("wh"))))).isTrue();
    await().atMost(PATIENCE).until(
        () -> List.of("wh").equals(resource(whole).get().getStatus().getAcceptedNames().getShortNames()));
  }

  @Test
  void aNameThatAnotherHasIsGivenWhenThatOneIsGone() {
    CustomResourceDefinition first = create(definition("firsts", "Taken", "names.kooper.io", "v1"));
    CustomResourceDefinition second = definition("seconds", "Taken", "names.kooper.io", "v1");
    created.add(client.resource(second).create());
    await().atMost(PATIENCE).until(() -> condition(resource(second).get(), "NamesAccepted").startsWith("False"));
    assertThat(condition(resource(second).get(), "NamesAccepted"))
        .isEqualTo("False ListKindConflict \"TakenList\" is already in use");
    assertThat(condition(resource(second).get(), "Established")).isEqualTo("False NotAccepted not all names are accepted");
    assertThatThrownBy(() -> client.raw("/apis/names.kooper.io/v1/seconds", "GET", null))
        .extracting(e -> ((KubernetesClientException) e).getCode()).isEqualTo(404);

    resource(first).delete();
    await().atMost(PATIENCE).until(() -> isEstablished(resource(second).get()));
    await().atMost(PATIENCE).ignoreExceptions()
        .until(() -> client.raw("/apis/names.kooper.io/v1/seconds", "GET", null).contains("TakenList"));
  }

  @Test
  void theVersionOfTheHighestPriorityIsPreferred() {
    create(definition("orders", "Order", "order.kooper.io", "v1alpha1", "v2", "v1beta1", "v11", "foo10"));
    await().atMost(PATIENCE).ignoreExceptions().until(() -> client.raw("/apis/order.kooper.io").contains("v11"));
    assertThat(client.raw("/apis/order.kooper.io")).contains("\"preferredVersion\":{\"groupVersion\":\"order.kooper.io/v11\"")
        .containsSubsequence("\"v11\"", "\"v2\"", "\"v1beta1\"", "\"v1alpha1\"", "\"foo10\"");
  }
}
