package io.kooper.crd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.verify;

import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.Namespaced;
import io.fabric8.kubernetes.client.CustomResource;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.server.mock.EnableKubernetesMockClient;
import io.fabric8.kubernetes.model.annotation.Group;
import io.fabric8.kubernetes.model.annotation.Kind;
import io.fabric8.kubernetes.model.annotation.Plural;
import io.fabric8.kubernetes.model.annotation.Version;
import io.kooper.crd.CrdDefinitionsTest.Bar;
import io.kooper.crd.CrdDefinitionsTest.Foo;
import io.kooper.retrieve.ListerWatcher;
import io.kooper.retrieve.Retriever;
import java.time.Duration;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("K10: a CRD")
@EnableKubernetesMockClient(crud = true, https = false)
class CRDTest {

  @Group("example.com")
  @Version("v2")
  @Plural("foos")
  @Kind("Fu")
  static final class ClusterFu extends CustomResource<String, Void> {
    private static final long serialVersionUID = 1L;
  }

  @Group("example.com")
  @Version("v1")
  @Plural("foos")
  @Kind("Foo")
  static final class OtherFoo extends CustomResource<String, Void> implements Namespaced {
    private static final long serialVersionUID = 1L;
  }

  KubernetesClient client;

  @Test
  void isARetrieverOfItsClass() {
    CRD<Foo> foos = CRD.of(client, Foo.class);
    assertThat(foos.objectType()).isEqualTo(Foo.class);
    assertThat(foos.plural()).isEqualTo("foos");
    assertThat(foos).hasToString("CRD foos.example.com");
  }

  @Test
  void isTheRetrieverThatItWasGiven() {
    @SuppressWarnings("unchecked")
    ListerWatcher<GenericKubernetesResource> listerWatcher = mock(ListerWatcher.class);
    CRD<GenericKubernetesResource> foos = CRD
        .builder(client, Retriever.of(GenericKubernetesResource.class, listerWatcher)).definition(Definitions.foo()).build();
    assertThat(foos.listerWatcher()).isSameAs(listerWatcher);
  }

  @Test
  void canBeMockedAndItsClientToo() throws Exception {
    CRD<?> crd = mock(CRD.class);
    crd.initialize();
    verify(crd).initialize();
    CrdClient crds = mock(CrdClient.class);
    crds.ensurePresent(Definitions.foo(), CrdPolicy.KEEP, CrdClient.DEFAULT_TIMEOUT);
    verify(crds).ensurePresent(any(), any(), any());
  }

  @Test
  void needsADefinitionOfItsClass() {
    assertThatThrownBy(() -> CRD.of(client, Bar.class)).isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("there is no META-INF/fabric8/bars.example.com-v1.yml");
    assertThat(CRD.builder(client, OtherFoo.class).definition(Definitions.foo()).build()).isNotNull();
    assertThatThrownBy(() -> CRD.builder(client, ClusterFu.class).definition(Definitions.foo()).build())
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContainingAll("has the group example.com, kind Foo, plural foos and scope Namespaced, but "
            + ClusterFu.class.getName() + " the group example.com, kind Fu, plural foos and scope Cluster",
            "implementing Namespaced",
            "does not serve version \"v2\"");
  }

  @Test
  void tellsEverythingThatIsWrong() {
    assertThatThrownBy(() -> CRD.builder(client, Bar.class).timeout(Duration.ofSeconds(-1)).build())
        .isInstanceOf(IllegalArgumentException.class).hasMessageContainingAll("timeout is PT-1S", "bars.example.com-v1.yml");
  }

  @Test
  void saysOnFabricsMockServerThatNothingEstablishesDefinitionsThere() {
    CrdClient crds = new DefaultCrdClient(new FabricCrdApi(client), FakeCrdApi.JSON, new LeapingClock(), () -> 0);
    assertThatThrownBy(() -> crds.ensurePresent(Definitions.foo(), CrdPolicy.UPDATE, Duration.ofSeconds(20)))
        .isInstanceOf(CrdException.class)
        .hasMessageContainingAll("foos.example.com", "not ready within PT20S", "mock server");
    assertThat(client.apiextensions().v1().customResourceDefinitions().withName("foos.example.com").get()).isNotNull();
  }
}
