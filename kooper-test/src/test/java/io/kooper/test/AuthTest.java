package io.kooper.test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fabric8.kubernetes.api.model.ManagedFieldsEntry;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.authorization.v1.SelfSubjectAccessReviewBuilder;
import io.fabric8.kubernetes.api.model.policy.v1.PodDisruptionBudgetBuilder;
import io.fabric8.kubernetes.api.model.rbac.ClusterRole;
import io.fabric8.kubernetes.api.model.rbac.ClusterRoleBindingBuilder;
import io.fabric8.kubernetes.api.model.rbac.ClusterRoleBuilder;
import io.fabric8.kubernetes.api.model.rbac.PolicyRuleBuilder;
import io.fabric8.kubernetes.api.model.rbac.RoleBindingBuilder;
import io.fabric8.kubernetes.api.model.rbac.RoleBuilder;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import org.junit.jupiter.api.Test;

/** Who asks, and what he may do. */
class AuthTest {

  private static final String REAPER = "system:serviceaccount:default:reaper";

  private static boolean may(KubernetesClient client, String verb, String resource, String namespace) {
    return client.authorization().v1().selfSubjectAccessReview().create(new SelfSubjectAccessReviewBuilder().withNewSpec()
        .withNewResourceAttributes().withVerb(verb).withResource(resource).withNamespace(namespace).endResourceAttributes()
        .endSpec().build()).getStatus().getAllowed();
  }

  @Test
  void everybodyMayDoEverythingUnlessRolesAreAskedFor() {
    try (EmbeddedApiServer server = EmbeddedApiServer.start(); KubernetesClient client = server.client()) {
      assertThat(may(client, "delete", "nodes", null)).isTrue();
    }
  }

  @Test
  void rolesThatAreBoundSayWhatSomebodyMayDo() {
    try (EmbeddedApiServer server = EmbeddedApiServer.builder().rbac().start();
        KubernetesClient admin = server.client(); KubernetesClient reaper = server.clientOf(REAPER)) {
      assertThatThrownBy(() -> reaper.configMaps().inNamespace("default").list())
          .isInstanceOf(KubernetesClientException.class).hasMessageContaining("User \"" + REAPER
              + "\" cannot list resource \"configmaps\" in API group \"\" in the namespace \"default\"");

      admin.resource(new RoleBuilder().withNewMetadata().withNamespace("default").withName("reap").endMetadata()
          .withRules(new PolicyRuleBuilder().withApiGroups("").withResources("configmaps").withVerbs("list").build()).build())
          .create();
      admin.resource(new RoleBindingBuilder().withNewMetadata().withNamespace("default").withName("reap").endMetadata()
          .withNewRoleRef("rbac.authorization.k8s.io", "Role", "reap")
          .addNewSubject().withKind("ServiceAccount").withNamespace("default").withName("reaper").endSubject().build()).create();

      assertThat(reaper.configMaps().inNamespace("default").list().getItems()).isEmpty();
      assertThat(may(reaper, "list", "configmaps", "default")).isTrue();
      assertThat(may(reaper, "delete", "configmaps", "default")).isFalse();
      assertThat(may(reaper, "list", "configmaps", "kube-system")).isFalse();
    }
  }

  @Test
  void aTokenSaysWhoAsks() {
    try (EmbeddedApiServer server = EmbeddedApiServer.builder().rbac().token("secret", "alice").start()) {
      assertThat(new RawClient(server).get("/api/v1/pods").code()).as("anonymous").isEqualTo(403);
      assertThat(status(server, String.valueOf(server.config().getOauthToken()))).isEqualTo(200);
      assertThat(status(server, "secret")).isEqualTo(403);
      assertThat(status(server, "wrong")).isEqualTo(401);
    }
  }

  private static int status(EmbeddedApiServer server, String token) {
    try (KubernetesClient client = new KubernetesClientBuilder().withConfig(
        new ConfigBuilder(server.config()).withOauthToken(token).build()).build()) {
      client.pods().inAnyNamespace().list();
      return 200;
    } catch (KubernetesClientException e) {
      return e.getCode();
    }
  }

  @Test
  void whatIsPermittedIsWhatReviewsTell() {
    try (EmbeddedApiServer server = EmbeddedApiServer.builder().allowOnly(new ClusterRoleBuilder().withNewMetadata()
        .withName("r").endMetadata().withRules(new PolicyRuleBuilder().withApiGroups("").withResources("pods").withVerbs("get")
            .build()).build()).start();
        KubernetesClient client = server.client()) {
      assertThat(may(client, "get", "pods", "default")).isTrue();
      assertThat(may(client, "list", "pods", "default")).isFalse();
    }
  }

  @Test
  void aLogIsWhatTheTestSays() {
    try (EmbeddedApiServer server = EmbeddedApiServer.start(); KubernetesClient client = server.client()) {
      client.resource(pod()).create();
      server.log("default", "web", "listening\n");

      assertThat(client.pods().inNamespace("default").withName("web").getLog()).isEqualTo("listening\n");
    }
  }

  private static Pod pod() {
    return new PodBuilder().withNewMetadata().withNamespace("default").withName("web").addToLabels("app", "web").endMetadata()
        .withNewSpec().addNewContainer().withName("c").withImage("i").endContainer().endSpec().build();
  }

  @Test
  void aBudgetKeepsAPodFromEviction() {
    try (EmbeddedApiServer server = EmbeddedApiServer.start(); KubernetesClient client = server.client()) {
      server.ready(client.resource(pod()).create());
      client.resource(new PodDisruptionBudgetBuilder().withNewMetadata().withNamespace("default").withName("b").endMetadata()
          .withNewSpec().withNewSelector().addToMatchLabels("app", "web").endSelector().withNewMinAvailable(1).endSpec().build())
          .create();

      assertThat(client.pods().inNamespace("default").withName("web").evict()).isFalse();
      assertThat(server.requests(request -> "eviction".equals(request.subresource()))).extracting(ApiRequest::code)
          .containsOnly(429);
    }
  }

  private static void bind(KubernetesClient admin, String role) {
    admin.resource(new ClusterRoleBindingBuilder().withNewMetadata().withName(role).endMetadata()
        .withNewRoleRef("rbac.authorization.k8s.io", "ClusterRole", role)
        .addNewSubject().withKind("ServiceAccount").withNamespace("default").withName("reaper").endSubject().build()).create();
  }

  private static ClusterRole role(String name, String resource, String... names) {
    return new ClusterRoleBuilder().withNewMetadata().withName(name).addToLabels("to", "reaper").endMetadata()
        .addNewRule().withApiGroups("").withResources(resource).withResourceNames(names).withVerbs("get", "list", "watch")
        .endRule().build();
  }

  @Test
  void aRoleAggregatesThoseThatItSelects() {
    try (EmbeddedApiServer server = EmbeddedApiServer.builder().rbac().start();
        KubernetesClient admin = server.client(); KubernetesClient reaper = server.clientOf(REAPER)) {
      admin.resource(new ClusterRoleBuilder().withNewMetadata().withName("reap").endMetadata().withNewAggregationRule()
          .addNewClusterRoleSelector().addToMatchLabels("to", "reaper").endClusterRoleSelector().endAggregationRule().build())
          .create();
      bind(admin, "reap");
      assertThat(may(reaper, "list", "pods", null)).isFalse();

      admin.resource(role("pods", "pods")).create();
      admin.resource(role("nodes", "nodes")).create();
      admin.resource(role("nodes-too", "nodes")).create();

      assertThat(may(reaper, "list", "pods", null)).isTrue();
      ClusterRole whole = admin.rbac().clusterRoles().withName("reap").get();
      assertThat(whole.getRules()).extracting(rule -> rule.getResources().get(0)).containsExactly("nodes", "pods");
      assertThat(whole.getMetadata().getManagedFields()).extracting(ManagedFieldsEntry::getManager)
          .contains("clusterrole-aggregation-controller");

      admin.rbac().clusterRoles().withName("pods").delete();
      assertThat(may(reaper, "list", "pods", null)).isFalse();
    }
  }

  @Test
  void aNameThatIsSelectedIsTheOneThatIsAskedFor() {
    try (EmbeddedApiServer server = EmbeddedApiServer.builder().rbac().start();
        KubernetesClient admin = server.client(); KubernetesClient reaper = server.clientOf(REAPER)) {
      admin.resource(role("one", "configmaps", "one")).create();
      bind(admin, "one");

      assertThat(reaper.configMaps().inNamespace("default").withField("metadata.name", "one").list().getItems()).isEmpty();
      assertThatThrownBy(() -> reaper.configMaps().inNamespace("default").withField("metadata.name", "two").list())
          .hasMessageContaining("configmaps \"two\" is forbidden");
      assertThatThrownBy(() -> reaper.configMaps().inNamespace("default").withoutField("metadata.name", "one").list())
          .hasMessageContaining("configmaps is forbidden");
      assertThatThrownBy(() -> reaper.configMaps().inNamespace("default").list()).hasMessageContaining("configmaps is forbidden");
    }
  }
}
