package io.kooper.crd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fabric8.kubernetes.api.model.Namespaced;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinition;
import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinitionVersion;
import io.fabric8.kubernetes.client.CustomResource;
import io.fabric8.kubernetes.model.annotation.Categories;
import io.fabric8.kubernetes.model.annotation.Group;
import io.fabric8.kubernetes.model.annotation.Kind;
import io.fabric8.kubernetes.model.annotation.Plural;
import io.fabric8.kubernetes.model.annotation.ShortNames;
import io.fabric8.kubernetes.model.annotation.Version;
import java.util.Map;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayName("K10: where definitions come from")
class CrdDefinitionsTest {

  @Group("example.com")
  @Version("v1")
  @Plural("foos")
  @ShortNames({"fo", "f"})
  @Categories("all")
  static final class Foo extends CustomResource<Map<String, Object>, Map<String, Object>> implements Namespaced {
    private static final long serialVersionUID = 1L;
  }

  @Group("example.com")
  @Version(value = "v2", storage = false)
  @Plural("bars")
  @Kind("Barista")
  static final class Bar extends CustomResource<String, Void> {
    private static final long serialVersionUID = 1L;
  }

  abstract static class Base<S> extends CustomResource<S, String> implements Namespaced {
    private static final long serialVersionUID = 1L;
  }

  @Group("example.com")
  @Version("v1")
  @Plural("derived")
  static final class Derived extends Base<String> {
    private static final long serialVersionUID = 1L;
  }

  static final class Bare extends CustomResource<String, String> {
    private static final long serialVersionUID = 1L;
  }

  private static CustomResourceDefinitionVersion version(CustomResourceDefinition definition) {
    assertThat(definition.getSpec().getVersions()).hasSize(1);
    return definition.getSpec().getVersions().get(0);
  }

  @Nested
  class FromAClass {

    @Test
    void followItsAnnotations() {
      CustomResourceDefinition definition = CrdDefinitions.of(Foo.class);
      assertThat(definition.getMetadata().getName()).isEqualTo("foos.example.com");
      assertThat(definition.getSpec().getScope()).isEqualTo("Namespaced");
      assertThat(definition.getSpec().getNames().getKind()).isEqualTo("Foo");
      assertThat(definition.getSpec().getNames().getSingular()).isEqualTo("foo");
      assertThat(definition.getSpec().getNames().getShortNames()).containsExactly("fo", "f");
      assertThat(definition.getSpec().getNames().getCategories()).containsExactly("all");
      assertThat(version(definition).getName()).isEqualTo("v1");
      assertThat(version(definition).getSubresources().getStatus()).isNotNull();
      assertThat(version(definition).getSchema().getOpenAPIV3Schema().getXKubernetesPreserveUnknownFields()).isTrue();
    }

    @Test
    void areClusterScopedAndWithoutAStatusWhenItIs() {
      CustomResourceDefinition definition = CrdDefinitions.of(Bar.class);
      assertThat(definition.getSpec().getScope()).isEqualTo("Cluster");
      assertThat(definition.getSpec().getNames().getKind()).isEqualTo("Barista");
      assertThat(version(definition).getSubresources()).isNull();
      assertThat(version(definition).getStorage()).as("the only version is the one that is stored").isTrue();
    }

    @Test
    void findAStatusThatAParentClassNames() {
      assertThat(version(CrdDefinitions.of(Derived.class)).getSubresources().getStatus()).isNotNull();
    }

    @Test
    void nameTheClassWhenSomethingIsMissing() {
      assertThatThrownBy(() -> CrdDefinitions.of(Bare.class)).isInstanceOf(IllegalArgumentException.class)
          .hasMessageContainingAll(Bare.class.getName(), "group of the definition bares.null is missing",
              "version of the definition bares.null is missing");
    }
  }

  @Nested
  class FromTheClasspath {

    @ParameterizedTest
    @ValueSource(strings = {"META-INF/fabric8/foos.example.com-v1.yml", "/crds/foos.json"})
    void areReadFromYamlAndJson(String path) {
      CustomResourceDefinition definition = CrdDefinitions.fromClasspath(path);
      assertThat(definition.getMetadata().getName()).isEqualTo("foos.example.com");
      assertThat(version(definition).getSchema().getOpenAPIV3Schema().getProperties()).containsKey("spec");
    }

    @Test
    void areThoseThatTheGeneratorWroteForAClass() {
      assertThat(CrdDefinitions.fromClasspath(Foo.class).getSpec().getNames().getKind()).isEqualTo("Foo");
    }

    @Test
    void areMissedByTheirFullPath() {
      assertThatThrownBy(() -> CrdDefinitions.fromClasspath(Bar.class)).isInstanceOf(IllegalArgumentException.class)
          .hasMessageContainingAll("there is no META-INF/fabric8/bars.example.com-v1.yml on the classpath",
              "crd-generator-maven-plugin", "CrdDefinitions.of(Bar.class)");
      assertThatThrownBy(() -> CrdDefinitions.fromClasspath("crds/none.yaml"))
          .hasMessage("there is no crds/none.yaml on the classpath");
      assertThatThrownBy(() -> CrdDefinitions.fromClasspath(Pod.class))
          .hasMessageContainingAll("META-INF/fabric8/pods", "a kind that is built in needs no definition");
    }

    @ParameterizedTest
    @CsvSource({"several.yaml,2 documents", "pod.yaml,v1 Pod", "v1beta1.yaml,apiextensions.k8s.io/v1beta1",
        "broken.yaml,cannot be read", "empty.yaml,should hold one", "text.yaml,''",
        "misnamed.yaml,'has to be named by its plural and group, foos.example.com'"})
    void areRefusedWhenTheyAreNotOneDefinition(String file, String why) {
      assertThatThrownBy(() -> CrdDefinitions.fromClasspath("crds/" + file)).isInstanceOf(IllegalArgumentException.class)
          .hasMessageContainingAll("crds/" + file, why);
    }
  }
}
