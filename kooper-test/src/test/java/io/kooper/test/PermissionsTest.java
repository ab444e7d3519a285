package io.kooper.test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.api.model.rbac.ClusterRole;
import io.fabric8.kubernetes.api.model.rbac.ClusterRoleBuilder;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A role from requests, and requests within a role. */
class PermissionsTest {

  private static final ConfigMap MAP = new ConfigMapBuilder().withNewMetadata().withName("a").endMetadata().build();

  private static KubernetesClient client(EmbeddedApiServer server, String agent) {
    return new KubernetesClientBuilder().withConfig(new ConfigBuilder(server.config()).withUserAgent(agent).build()).build();
  }

  @Test
  void areThoseThatTheRequestsOfAClientNeeded(@TempDir Path folder) throws IOException {
    try (EmbeddedApiServer server = EmbeddedApiServer.start(); KubernetesClient reaper = client(server, "reaper/1");
        KubernetesClient others = client(server, "others/1")) {
      others.secrets().list();
      reaper.configMaps().resource(MAP).serverSideApply();
      reaper.pods().inAnyNamespace().list();
      reaper.apps().deployments().withName("d").get();
      Permissions needed = Permissions.of(server.requests(request -> request.userAgent().equals("reaper/1")));
      assertThat(needed).hasToString("[create configmaps, patch configmaps, list pods, get deployments.apps]");
      ClusterRole role = needed.toClusterRole("reaper");
      assertThat(role.getRules()).extracting("resources", "verbs")
          .contains(org.assertj.core.groups.Tuple.tuple(List.of("configmaps"), List.of("create", "patch")));
      Path manifest = Files.writeString(folder.resolve("role.yml"), Serialization.asYaml(role));
      assertThatCode(() -> needed.mustBeExactly(manifest)).doesNotThrowAnyException();
      others.configMaps().list();
      assertThatThrownBy(() -> Permissions.of(server.requests()).mustBeExactly(manifest))
          .hasMessageEndingWith("does not grant what was asked for: missing [list configmaps, list secrets], superfluous []");
    }
  }

  @Test
  void boundEverybodyButTheAdministrator() {
    ClusterRole role = new ClusterRoleBuilder().addNewRule().withApiGroups("").withResources("configmaps")
        .withVerbs("get", "list").endRule().build();
    try (EmbeddedApiServer server = EmbeddedApiServer.builder().allowOnly(role).start();
        KubernetesClient client = server.client();
        KubernetesClient admin = server.adminClient()) {
      admin.configMaps().inNamespace("default").resource(MAP).create();
      assertThat(client.configMaps().inNamespace("default").withName("a").get()).isNotNull();
      assertThatThrownBy(() -> client.configMaps().inNamespace("default").withName("a").delete())
          .isInstanceOfSatisfying(KubernetesClientException.class, e -> assertThat(e.getCode()).isEqualTo(403))
          .hasMessageContaining("User \"kooper-test\" cannot delete resource \"configmaps\" in API group \"\" in the namespace"
              + " \"default\"");
      assertThatThrownBy(() -> client.secrets().inAnyNamespace().list()).hasMessageContaining("at the cluster scope");
    }
  }
}
