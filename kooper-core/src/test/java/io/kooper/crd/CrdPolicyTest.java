package io.kooper.crd;

import static io.kooper.crd.FakeCrdApi.nothing;
import static io.kooper.crd.FakeCrdApi.refusal;
import static io.kooper.crd.FakeCrdApi.status;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@DisplayName("K10: a CRD client and a definition that differs")
@Timeout(20)
class CrdPolicyTest extends CrdClientRig {

  @Nested
  class WithADefinitionThatDiffers {

    @Test
    void updatesItOnce() throws Exception {
      api.put(Definitions.FOO_AS_SERVED);
      ensure(changed(), CrdPolicy.UPDATE);
      ensure(changed(), CrdPolicy.UPDATE);
      assertThat(calls()).containsExactly("get", "update", "get");
      assertThat(Trees.map(api.stored, "metadata", "labels")).containsKey("app.kubernetes.io/managed-by");
    }

    @Test
    void doesNotUpdateAgainWhatTheServerDidNotTakeOver() throws Exception {
      api.put(Definitions.FOO_AS_SERVED);
      api.establishing = false;
      Trees.map(api.stored).put("status", status());
      api.next("get", nothing(), () -> api.put(Definitions.FOO_AS_SERVED.replace("uid: u", "uid: other")),
          () -> Trees.map(api.stored).put("status", FakeCrdApi.established()));
      ensure(changed(), CrdPolicy.UPDATE);
      assertThat(calls()).as("another of its name is compared anew").containsExactly("get", "update", "get", "update", "get");
    }

    @Test
    void keepsItByPolicy() throws Exception {
      api.put(Definitions.FOO_AS_SERVED);
      ensure(changed(), CrdPolicy.KEEP);
      assertThat(calls()).containsExactly("get");
    }

    @Test
    void failsByPolicyAndNamesTheDifferences() {
      api.put(Definitions.FOO_AS_SERVED);
      assertThat(ensureFails(changed(), CrdPolicy.FAIL)).hasMessageContainingAll("foos.example.com", "CrdPolicy.FAIL",
          "spec.versions[v1].additionalPrinterColumns");
      assertThat(calls()).containsExactly("get");
    }

    @Test
    void keepsAStoredVersionThatTheNewOneDoesNotName() throws Exception {
      api.put(Definitions.FOO_AS_SERVED);
      ensure(Definitions.definition(Definitions.FOO.replace("name: v1", "name: v2")), CrdPolicy.UPDATE);
      assertThat(Trees.list(api.stored, "spec", "versions")).extracting(v -> Trees.text(v, "name"))
          .containsExactly("v1", "v2");
    }

    @ParameterizedTest
    @CsvSource({"scope: Namespaced,scope: Cluster,spec.scope", "kind: Foo,kind: Fu,spec.names.kind"})
    void saysThatScopeAndKindCannotChange(String from, String to, String field) {
      api.put(Definitions.FOO_AS_SERVED);
      assertThat(ensureFails(Definitions.definition(Definitions.FOO.replace(from, to)), CrdPolicy.UPDATE))
          .hasMessageContainingAll("cannot be updated", field, "delete it");
      assertThat(calls()).containsExactly("get");
    }

    @Test
    void readsAgainWhenAnotherWasFasterAndLosesNothing() throws Exception {
      api.put(Definitions.FOO_AS_SERVED);
      api.next("update", () -> api.edit("metadata", "labels", "theirs", "1"),
          () -> api.edit("metadata", "labels", "theirs", "2"));
      ensure(changed(), CrdPolicy.UPDATE);
      assertThat(calls()).containsExactly("get", "update", "get", "update", "get", "update");
      assertThat(Trees.text(api.stored, "metadata", "labels", "theirs")).isEqualTo("2");
    }

    @Test
    void doesNothingMoreWhenAnotherReplicaMadeTheSameUpdate() throws Exception {
      api.put(Definitions.FOO_AS_SERVED);
      api.next("update", () -> {
        api.put(Definitions.FOO_AS_SERVED.replace("additionalPrinterColumns:", COLUMN));
      });
      ensure(changed(), CrdPolicy.UPDATE);
      assertThat(calls()).containsExactly("get", "update", "get");
    }

    @Test
    void givesUpAtTheTimeoutWhenOthersAreAlwaysFaster() {
      api.put(Definitions.FOO_AS_SERVED);
      api.always("update", () -> api.edit("metadata", "labels", "theirs", "" + api.calls.size()));
      assertThat(ensureFails(changed(), CrdPolicy.UPDATE)).hasMessageContainingAll("not ready within PT1M", "409 Conflict");
    }

    @Test
    void createsItWhenItIsGoneAtTheUpdate() throws Exception {
      api.put(Definitions.FOO_AS_SERVED);
      api.next("update", () -> api.stored = null);
      ensure(changed(), CrdPolicy.UPDATE);
      assertThat(calls()).containsExactly("get", "update", "get", "create");
    }

    @Test
    void failsAtOnceWhenTheServerRefusesTheNewOne() {
      api.put(Definitions.FOO_AS_SERVED);
      api.always("update", refusal(422, "Invalid", "spec.versions[0].schema: Invalid value"));
      assertThat(ensureFails(changed(), CrdPolicy.UPDATE)).hasMessage("cannot update the CustomResourceDefinition"
          + " \"foos.example.com\": 422 Invalid, \"spec.versions[0].schema: Invalid value\"");
      assertThat(clock.waits).isEmpty();
    }
  }

  @Nested
  class WithADefinitionWithoutASchema {

    @Test
    void addsToARicherOneButLeavesItsSchema() throws Exception {
      api.put(Definitions.FOO_AS_SERVED);
      Object schema = schema();
      ensure(Definitions.schemaless("v1", COLUMN), CrdPolicy.UPDATE);
      assertThat(calls()).containsExactly("get", "update");
      assertThat(schema()).isEqualTo(schema);
      assertThat(Trees.list(version(), "additionalPrinterColumns")).extracting(c -> Trees.text(c, "name"))
          .containsExactly("Size", "New");
    }

    @Test
    void neverReplacesARicherSchema() throws Exception {
      api.put(Definitions.FOO_AS_SERVED);
      ensure(Definitions.schemaless("v1", COLUMN), CrdPolicy.REPLACE);
      assertThat(calls()).containsExactly("get");
    }

    @Test
    void neverReplacesOneWithMoreVersions() throws Exception {
      ensure(Definitions.schemaless("v1", ""), CrdPolicy.UPDATE);
      ensure(Definitions.schemaless("v2", ""), CrdPolicy.UPDATE);
      api.calls.clear();
      ensure(Definitions.schemaless("v1", COLUMN), CrdPolicy.REPLACE);
      assertThat(calls()).containsExactly("get");
    }

    @Test
    void updatesAnotherWithout() throws Exception {
      ensure(Definitions.schemaless("v1", ""), CrdPolicy.UPDATE);
      ensure(Definitions.schemaless("v1", COLUMN), CrdPolicy.UPDATE);
      assertThat(calls()).containsExactly("get", "create", "get", "update");
    }

    @Test
    void isReplacedByOneWithASchemaOnPurpose() throws Exception {
      ensure(Definitions.schemaless("v1", ""), CrdPolicy.UPDATE);
      ensure(Definitions.foo(), CrdPolicy.REPLACE);
      assertThat(schema()).containsKey("properties").doesNotContainKey(SchemaUnion.PRESERVE);
    }

    @Test
    void takesOverFieldsAndDefaultsButKeepsAndAllowsWhatIsStored() throws Exception {
      ensure(Definitions.schemaless("v1", ""), CrdPolicy.UPDATE);
      ensure(Definitions.foo(), CrdPolicy.UPDATE);
      assertThat(schema()).containsEntry(SchemaUnion.PRESERVE, true).doesNotContainKey("required");
      assertThat(Trees.map(schema(), "properties", "spec")).containsEntry(SchemaUnion.PRESERVE, true)
          .doesNotContainKey("x-kubernetes-validations");
      assertThat(Trees.map(schema(), "properties", "spec", "properties", "size"))
          .containsOnly(Map.entry(SchemaUnion.PRESERVE, true), Map.entry("default", 1));
    }

    private Map<String, Object> schema() {
      return Trees.map(version(), "schema", "openAPIV3Schema");
    }

    private Object version() {
      return Trees.list(api.stored, "spec", "versions").get(0);
    }
  }
}
