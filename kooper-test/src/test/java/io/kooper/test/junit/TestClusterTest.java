package io.kooper.test.junit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.api.model.rbac.RoleBindingBuilder;
import io.fabric8.kubernetes.api.model.rbac.RoleBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** On whatever server the property names. */
@KooperTest(serverPerTest = true, rbac = true)
class TestClusterTest {

  private static ConfigMap map(String name) {
    return new ConfigMapBuilder().withNewMetadata().withName(name).endMetadata().build();
  }

  private static ConditionFactory patiently() {
    return await().atMost(Duration.ofSeconds(30)).ignoreExceptions();
  }

  @Test
  void itsDataOutliveItsDeath(TestCluster cluster, KubernetesClient client) {
    client.resource(map("kept")).create();
    cluster.kill();
    cluster.restart();
    patiently().until(() -> client.configMaps().withName("kept").get() != null);
  }

  @Test
  void itGoesBackToItsBackup(TestCluster cluster, KubernetesClient client) {
    client.resource(map("before")).create();
    cluster.backUp();
    patiently().until(() -> client.resource(map("after")).create() != null);
    cluster.restore();
    patiently().until(() -> client.configMaps().withName("before").get() != null);
    assertThat(client.configMaps().withName("after").get()).isNull();
  }

  @Test
  void aUserMayDoWhatARoleGrants(TestCluster cluster, KubernetesClient client) {
    String namespace = client.getNamespace();
    try (KubernetesClient jane = new KubernetesClientBuilder().withConfig(cluster.configOf("jane")).build()) {
      assertThatThrownBy(() -> jane.configMaps().inNamespace(namespace).list())
          .isInstanceOfSatisfying(KubernetesClientException.class, e -> assertThat(e.getCode()).isEqualTo(403));
      client.resource(new RoleBuilder().withNewMetadata().withName("reads").endMetadata()
          .addNewRule().withApiGroups("").withResources("configmaps").withVerbs("list").endRule().build()).create();
      client.resource(new RoleBindingBuilder().withNewMetadata().withName("jane-reads").endMetadata()
          .withNewRoleRef("rbac.authorization.k8s.io", "Role", "reads")
          .addNewSubject().withKind("User").withName("jane").endSubject().build()).create();
      patiently().until(() -> jane.configMaps().inNamespace(namespace).list() != null);
    }
  }

  @Test
  void itIsNotSetBackToNoBackup() {
    TestCluster cluster = TestCluster.start(TestCluster.EMBEDDED, false);
    try {
      assertThatThrownBy(cluster::restore).isInstanceOf(IllegalStateException.class);
    } finally {
      cluster.close();
    }
  }

  @Test
  void whatSomebodyElsesClusterCannotDoSkipsTheTest(@TempDir Path folder) throws IOException {
    Path kubeconfig = Files.writeString(folder.resolve("kubeconfig"), "");
    TestCluster cluster = TestCluster.start(kubeconfig.toString(), false);
    for (Runnable one : List.<Runnable>of(cluster::kill, cluster::restart, cluster::compact, cluster::backUp, cluster::restore,
        cluster::embedded)) {
      assertThatThrownBy(one::run).hasMessageStartingWith("the cluster of " + kubeconfig + " ")
          .extracting(skipped -> skipped.getClass().getSimpleName()).isEqualTo("TestAbortedException");
    }
    assertThatThrownBy(cluster::kill).hasMessageEndingWith(" cannot be killed");
  }

  @Test
  void whatIsNoTargetIsRefused() {
    assertThatThrownBy(() -> TestCluster.start("elsewhere", false)).isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("kooper.test.target must be embedded, a folder").hasMessageEndingWith("not elsewhere");
  }
}
