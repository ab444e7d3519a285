package io.kooper.crd;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** K10: what is a difference between a wanted and an existing definition, and what is not. */
@DisplayName("K10: a definition's drift")
class DriftTest {

  /** As the client sees it: through the model, which leaves out and fills in what it likes. */
  @SuppressWarnings("unchecked")
  private static Map<String, Object> wanted(String yaml) {
    return FakeCrdApi.JSON.convertValue(Definitions.definition(yaml), Map.class);
  }

  @SuppressWarnings("unchecked")
  private static Map<String, Object> existing(String yaml) {
    return FakeCrdApi.JSON.unmarshal(yaml, Map.class);
  }

  private static List<String> drift(String wanted, String existing) {
    return differences(wanted(wanted), existing(existing));
  }

  private static List<String> differences(Map<String, Object> wanted, Map<String, Object> existing) {
    return Drift.between(existing, Drift.replaced(wanted, existing)).stream().map(Drift.Difference::words).toList();
  }

  private static String with(String yaml, String part, String replacement) {
    assertThat(yaml).contains(part);
    return yaml.replace(part, replacement);
  }

  @Nested
  class IsNot {

    @Test
    void whatTheServerAndOthersHaveAdded() {
      assertThat(drift(Definitions.FOO, Definitions.FOO_AS_SERVED)).isEmpty();
    }

    @Test
    void anythingInTheSameFile() {
      assertThat(drift(Definitions.FOO, Definitions.FOO)).isEmpty();
      assertThat(drift(Definitions.FOO_AS_SERVED, Definitions.FOO_AS_SERVED)).isEmpty();
    }

    @Test
    void aWebhookThatTheWantedOneDoesNotMention() {
      assertThat(drift(Definitions.FOO, with(Definitions.FOO_AS_SERVED, "{strategy: None}",
          "{strategy: Webhook, webhook: {clientConfig: {caBundle: Q0E=}}}"))).isEmpty();
    }

    @Test
    void anAuthorityInjectedIntoTheWantedWebhook() {
      String webhook = "conversion: {strategy: Webhook, webhook: {conversionReviewVersions: [v1], clientConfig: {%s"
          + "service: {namespace: a, name: b%s}}}}\n  scope";
      assertThat(drift(with(Definitions.FOO, "scope", webhook.formatted("", "")), with(
          with(Definitions.FOO_AS_SERVED, "  conversion: {strategy: None}\n", ""), "scope",
          webhook.formatted("caBundle: Q0E=, ", ", port: 443")))).isEmpty();
    }

    @Test
    void anotherVersionInWhichObjectsAreStored() {
      assertThat(drift(Definitions.FOO, with(Definitions.FOO_AS_SERVED, "versions:",
          "versions:\n  - {name: v0, served: true, storage: false, schema: {openAPIV3Schema: {type: object}}}")
          + "status: {storedVersions: [v0, v1]}\n")).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"preserveUnknownFields: false", "names: {kind: Foo, plural: foos, shortNames: [fo], categories: []}"})
    void aZeroThatTheServerLeavesOut(String zero) {
      String field = zero.startsWith("names") ? "names: {kind: Foo, plural: foos, shortNames: [fo]}" : "group: example.com";
      String value = zero.startsWith("names") ? zero : "group: example.com\n  " + zero;
      assertThat(drift(with(Definitions.FOO, field, value), Definitions.FOO_AS_SERVED)).isEmpty();
    }
  }

  @Nested
  class Is {

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
        {app: foo}                | {app: bar}               | metadata.labels.app
        scope: Namespaced         | scope: Cluster           | spec.scope
        kind: Foo,                | kind: Fu,                | spec.names.kind
        [fo]                      | [fo, f]                  | spec.names.shortNames
        plural: foos,             | plural: foos, singular: one, | spec.names.singular
        group: example.com        | {group: example.com, preserveUnknownFields: true} | spec.preserveUnknownFields
        name: v1                  | name: v2                 | spec.versions[v2] is missing
        served: true              | served: false            | spec.versions[v1].served
        {status: {}}              | {status: {}, scale: {specReplicasPath: .spec.n, statusReplicasPath: .status.n}} | \
        spec.versions[v1].subresources.scale
        priority: 0               | priority: 1              | spec.versions[v1].additionalPrinterColumns[0].priority
        name: Size                | name: Count              | spec.versions[v1].additionalPrinterColumns[0].name
        jsonPath: .spec.size,     | jsonPath: .spec.sizes,   | spec.versions[v1].additionalPrinterColumns[0].jsonPath
        minimum: 0                | minimum: 2               | properties.size.minimum is 0 instead of 2.0
        default: 1                | default: 3               | properties.size.default
        default: false            | default: true            | properties.active.default
        nullable: false           | nullable: true           | properties.active.nullable is missing instead of true
        self.size < 10            | self.size < 11           | x-kubernetes-validations[0].rule
        required: [spec]          | required: [spec, status] | openAPIV3Schema.required
        active: {type: boolean        | 'passive: {type: boolean'    | properties.active
        """)
    void whatTheWantedOneSaysOtherwise(String part, String replacement, String path) {
      String wanted = replacement.startsWith("{group")
          ? with(Definitions.FOO, part, "group: example.com\n  preserveUnknownFields: true")
          : with(Definitions.FOO, part, replacement);
      assertThat(drift(wanted, Definitions.FOO_AS_SERVED)).anySatisfy(difference -> assertThat(difference).contains(path));
    }

    @Test
    void aFieldThatTheWantedSchemaHasNoMore() {
      assertThat(drift(with(Definitions.FOO, "              active: {type: boolean, default: false, nullable: false}\n", ""),
          Definitions.FOO_AS_SERVED)).containsExactly(
              "spec.versions[v1].schema.openAPIV3Schema.properties.spec.properties.active is {type=boolean, default=false}"
                  + " instead of missing");
    }

    @Test
    void aDefaultOfFalseThatIsNotThere() {
      assertThat(drift(Definitions.FOO, with(Definitions.FOO_AS_SERVED, "boolean, default: false", "boolean"))).hasSize(1);
    }

    @Test
    void aZeroWithinADefault() {
      assertThat(drift(with(Definitions.FOO, "default: 1", "default: {a: false}"),
          with(Definitions.FOO_AS_SERVED, "default: 1", "default: {}"))).hasSize(1);
      assertThat(drift(with(Definitions.FOO, "active:", "default:"), with(Definitions.FOO_AS_SERVED, "active:", "default:")))
          .as("a field of that name").isEmpty();
    }

    @Test
    void preservedUnknownFieldsThatAreNotWantedAnyMore() {
      assertThat(drift(with(Definitions.FOO, "scope:", "preserveUnknownFields: false\n  scope:"),
          with(Definitions.FOO_AS_SERVED, "scope:", "preserveUnknownFields: true\n  scope:")))
          .containsExactly("spec.preserveUnknownFields is true instead of false");
    }

    @Test
    void aMissingStatusSubresource() {
      assertThat(drift(Definitions.FOO, with(Definitions.FOO_AS_SERVED, "subresources: {status: {}}", "deprecated: false")))
          .hasSize(1);
    }
  }

  @Nested
  class Replaced {

    private Map<String, Object> merged(String wanted, String existing) {
      Map<String, Object> merged = Drift.replaced(wanted(wanted), existing(existing));
      assertThat(differences(wanted(wanted), merged)).as("what is left").isEmpty();
      return merged;
    }

    @Test
    void keepsTheLockAndWhatOthersHaveAdded() {
      Map<String, Object> merged = merged(with(Definitions.FOO, "{app: foo}", "{app: bar}"), Definitions.FOO_AS_SERVED);
      assertThat(Trees.text(merged, "metadata", "resourceVersion")).isEqualTo("7");
      assertThat(Trees.map(merged, "metadata", "labels"))
          .containsOnly(Map.entry("app", "bar"), Map.entry("app.kubernetes.io/managed-by", "Helm"));
      assertThat(Trees.map(merged, "metadata", "annotations")).containsKey("cert-manager.io/inject-ca-from");
      assertThat(Trees.text(merged, "spec", "names", "listKind")).isEqualTo("FooList");
    }

    @Test
    void replacesASchemaAsAWhole() {
      Map<String, Object> merged = merged(
          with(Definitions.FOO, "              active: {type: boolean, default: false, nullable: false}\n", ""),
          Definitions.FOO_AS_SERVED);
      assertThat(Trees.map(Trees.list(merged, "spec", "versions").get(0), "schema", "openAPIV3Schema", "properties", "spec",
          "properties")).containsOnlyKeys("size");
    }

    @Test
    void keepsTheVersionsInWhichObjectsAreStoredButNotAsTheStorage() {
      Map<String, Object> merged = merged(with(Definitions.FOO, "name: v1", "name: v2"), with(Definitions.FOO_AS_SERVED,
          "versions:", "versions:\n  - {name: v0, served: true, storage: false, schema: {openAPIV3Schema: {type: object}}}")
          + "status: {storedVersions: [v1]}\n");
      assertThat(Trees.list(merged, "spec", "versions")).extracting(v -> Trees.text(v, "name") + Trees.at(v, "storage"))
          .containsExactly("v2true", "v1false");
    }

    @Test
    void dropsTheWebhookOfAnotherStrategy() {
      Map<String, Object> merged = merged(with(Definitions.FOO, "scope:", "conversion: {strategy: None}\n  scope:"),
          with(Definitions.FOO_AS_SERVED, "{strategy: None}", "{strategy: Webhook, webhook: {clientConfig: {}}}"));
      assertThat(Trees.map(merged, "spec", "conversion")).containsOnlyKeys("strategy");
    }

    @Test
    void leavesTheExistingOneAlone() {
      Map<String, Object> existing = existing(Definitions.FOO_AS_SERVED);
      Drift.replaced(wanted(with(Definitions.FOO, "name: v1", "name: v2")), existing);
      assertThat(existing).isEqualTo(existing(Definitions.FOO_AS_SERVED));
    }
  }
}
