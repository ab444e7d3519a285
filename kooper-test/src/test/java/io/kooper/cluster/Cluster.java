package io.kooper.cluster;

import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.rbac.RoleBindingBuilder;
import io.fabric8.kubernetes.api.model.rbac.RoleBuilder;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.kooper.test.EmbeddedApiServer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.UUID;
import org.junit.jupiter.api.Assumptions;

/**
 * What the same tests run on: the cluster of {@code KOOPER_TEST_KUBECONFIG}, or a bare kube-apiserver with etcd, whose
 * binaries are in {@code KUBEBUILDER_ASSETS} as for Go's envtest, or else the embedded server.
 */
abstract class Cluster implements AutoCloseable {

  /** Whoever {@link #permit} permits something. */
  private static final String USER = "kooper-test-user";

  static Cluster start() throws IOException {
    String kubeconfig = System.getenv("KOOPER_TEST_KUBECONFIG");
    if (kubeconfig != null && !kubeconfig.isBlank()) {
      return new GivenCluster(Path.of(kubeconfig));
    }
    String assets = System.getenv("KUBEBUILDER_ASSETS");
    return assets == null || assets.isBlank() ? new EmbeddedCluster() : BareCluster.start(Path.of(assets));
  }

  /** Of an administrator. */
  abstract Config config();

  /** Of a user who may do nothing but what {@link #permit} says. */
  Config userConfig() {
    return new ConfigBuilder(config()).withImpersonateUsername(USER).build();
  }

  /** Each call makes a new client, which is the caller's to close. */
  KubernetesClient client() {
    return new KubernetesClientBuilder().withConfig(config()).build();
  }

  /** A new namespace; it is deleted by whoever deletes the cluster, since a bare API server never finishes that. */
  String namespace() {
    String name = "kooper-" + UUID.randomUUID().toString().substring(0, 8);
    try (KubernetesClient client = client()) {
      client.resource(new NamespaceBuilder().withNewMetadata().withName(name).endMetadata().build()).create();
    }
    return name;
  }

  /** Permits the user everything with a resource in a namespace. */
  void permit(String namespace, String group, String resource) {
    try (KubernetesClient client = client()) {
      client.resource(new RoleBuilder().withNewMetadata().withNamespace(namespace).withName(resource).endMetadata()
          .addNewRule().addToApiGroups(group).addToResources(resource).addToVerbs("*").endRule().build()).create();
      client.resource(new RoleBindingBuilder().withNewMetadata().withNamespace(namespace).withName(resource).endMetadata()
          .withNewRoleRef("rbac.authorization.k8s.io", "Role", resource)
          .addNewSubject().withKind("User").withName(USER).endSubject().build()).create();
    }
  }

  /** Takes back what was permitted. */
  void forbid(String namespace, String resource) {
    try (KubernetesClient client = client()) {
      client.rbac().roleBindings().inNamespace(namespace).withName(resource).delete();
      client.rbac().roles().inNamespace(namespace).withName(resource).delete();
    }
  }

  /** Ends the API server without letting it finish anything; its data stays. */
  void kill() {
    Assumptions.abort("this cluster is not ours to kill");
  }

  /** Starts it again after {@link #kill}, at the same address. */
  void restart() {
    Assumptions.abort("this cluster is not ours to start");
  }

  /** Forgets the history, as etcd does every five minutes: watches of older versions are refused. */
  void compact() {
    Assumptions.abort("this cluster's history is not ours to forget");
  }

  /** Keeps the state that the cluster has now. */
  void backUp() {
    Assumptions.abort("this cluster's state is not ours to keep");
  }

  /** Goes back to the state of the last {@link #backUp}, and is ready. */
  void restore() {
    Assumptions.abort("this cluster's state is not ours to change");
  }

  /** Skips the test where no controller manager runs. */
  void requireControllers() {}

  /** For faults that no other server has on request, and for what was requested. */
  EmbeddedApiServer embedded() {
    return Assumptions.abort("only the embedded server fails on request");
  }

  @Override
  public abstract void close() throws IOException;
}
