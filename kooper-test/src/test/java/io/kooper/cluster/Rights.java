package io.kooper.cluster;

import io.fabric8.kubernetes.api.model.rbac.RoleBindingBuilder;
import io.fabric8.kubernetes.api.model.rbac.RoleBuilder;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.kooper.test.junit.TestCluster;

/** What one user may do, who may do nothing else. */
final class Rights {

  private static final String USER = "kooper-test-user";

  private final TestCluster cluster;

  Rights(TestCluster cluster) {
    this.cluster = cluster;
  }

  /** The user's. */
  Config config() {
    return cluster.configOf(USER);
  }

  /** Permits him everything with a resource in a namespace. */
  void permit(String namespace, String group, String resource) {
    try (KubernetesClient client = administrator()) {
      client.resource(new RoleBuilder().withNewMetadata().withNamespace(namespace).withName(resource).endMetadata()
          .addNewRule().addToApiGroups(group).addToResources(resource).addToVerbs("*").endRule().build()).create();
      client.resource(new RoleBindingBuilder().withNewMetadata().withNamespace(namespace).withName(resource).endMetadata()
          .withNewRoleRef("rbac.authorization.k8s.io", "Role", resource)
          .addNewSubject().withKind("User").withName(USER).endSubject().build()).create();
    }
  }

  /** Takes back what was permitted. */
  void forbid(String namespace, String resource) {
    try (KubernetesClient client = administrator()) {
      client.rbac().roleBindings().inNamespace(namespace).withName(resource).delete();
      client.rbac().roles().inNamespace(namespace).withName(resource).delete();
    }
  }

  private KubernetesClient administrator() {
    return new KubernetesClientBuilder().withConfig(cluster.config()).build();
  }
}
