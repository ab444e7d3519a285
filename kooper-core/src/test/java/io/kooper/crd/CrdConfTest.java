package io.kooper.crd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinition;
import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinitionNames;
import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinitionVersion;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayName("K10: a definition made by hand")
class CrdConfTest {

  private static CrdConf conf() {
    return CrdConf.ofKind("PodTerminator").plural("podterminators").group("chaos.example.com").version("v1alpha1");
  }

  @Test
  void hasWhatItNeedsAndNothingElse() {
    CustomResourceDefinition definition = conf().build();
    assertThat(CrdDefinitions.errors(definition)).isEmpty();
    assertThat(definition.getMetadata().getName()).isEqualTo("podterminators.chaos.example.com");
    assertThat(definition.getSpec().getScope()).isEqualTo("Namespaced");
    CustomResourceDefinitionNames names = definition.getSpec().getNames();
    assertThat(names.getSingular()).isEqualTo("podterminator");
    assertThat(names.getCategories()).as("none is forced").isEmpty();
    CustomResourceDefinitionVersion version = definition.getSpec().getVersions().get(0);
    assertThat(version.getServed() && version.getStorage()).isTrue();
    assertThat(version.getSubresources()).isNull();
    assertThat(version.getSchema().getOpenAPIV3Schema().getXKubernetesPreserveUnknownFields()).isTrue();
  }

  @Test
  void hasWhatItIsGiven() {
    CustomResourceDefinition definition = conf().clusterScoped().singular("terminator").shortNames("pt", "pts")
        .categories("all", "kooper").statusSubresource().scaleSubresource(".spec.n", ".status.n", ".status.selector")
        .printerColumn("Dry run", "boolean", ".spec.dryRun").printerColumn("Age", "date", ".metadata.creationTimestamp")
        .build();
    assertThat(definition.getSpec().getScope()).isEqualTo("Cluster");
    assertThat(definition.getSpec().getNames().getShortNames()).containsExactly("pt", "pts");
    assertThat(definition.getSpec().getNames().getCategories()).containsExactly("all", "kooper");
    CustomResourceDefinitionVersion version = definition.getSpec().getVersions().get(0);
    assertThat(version.getSubresources().getStatus()).isNotNull();
    assertThat(version.getSubresources().getScale().getLabelSelectorPath()).isEqualTo(".status.selector");
    assertThat(version.getAdditionalPrinterColumns()).extracting(c -> c.getName() + c.getType() + c.getJsonPath())
        .containsExactly("Dry runboolean.spec.dryRun", "Agedate.metadata.creationTimestamp");
  }

  @Test
  void mayScaleWithoutAStatusSubresource() {
    CustomResourceDefinition definition = conf().scaleSubresource(".spec.n", ".status.n", null).build();
    assertThat(definition.getSpec().getVersions().get(0).getSubresources().getStatus()).isNull();
    assertThat(FakeCrdApi.JSON.asJson(definition)).contains("\"scale\":{").doesNotContain("labelSelectorPath");
  }

  @Test
  void isSharedWithNobody() {
    CrdConf conf = conf().shortNames("pt").categories("all").printerColumn("A", "date", ".a");
    CustomResourceDefinition before = conf.build();
    String text = FakeCrdApi.JSON.asJson(before);
    conf.shortNames("x").categories("y").printerColumn("B", "date", ".b");
    assertThat(FakeCrdApi.JSON.asJson(before)).isEqualTo(text);
  }

  @Test
  void tellsEverythingThatIsMissing() {
    assertThatThrownBy(() -> CrdConf.ofKind("").build()).isInstanceOf(IllegalArgumentException.class)
        .hasMessageContainingAll("kind", "plural is missing", "group is missing", "version is missing");
  }

  @Test
  void tellsEverythingThatIsWrong() {
    assertThatThrownBy(() -> CrdConf.ofKind("podTerminator").plural("Pods").group("chaos").version("1").singular("A b")
        .shortNames("P").categories("A_b").printerColumn(" ", "text", "spec")
        .scaleSubresource("spec", ".spec.n", "selector").build())
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContainingAll("kind \"podTerminator\"", "plural \"Pods\"", "group \"chaos\"", "version \"1\"",
            "singular \"A b\"", "short name \"P\"", "category \"A_b\"", "column has no name", "type \"text\"",
            "path \"spec\"", "specReplicas", "statusReplicas", "labelSelector");
  }

  @ParameterizedTest
  @ValueSource(strings = {"Foo_", "Foo Bar", "Ünder", "-Foo"})
  void refusesKindsThatTheServerRefuses(String kind) {
    assertThatThrownBy(() -> CrdConf.ofKind(kind).plural("p").group("a.b").version("v1").build())
        .hasMessageContaining(kind);
  }
}
