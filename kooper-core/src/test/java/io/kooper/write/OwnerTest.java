package io.kooper.write;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.GenericKubernetesResourceBuilder;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.fabric8.kubernetes.api.model.OwnerReferenceBuilder;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.apps.DeploymentBuilder;
import org.junit.jupiter.api.Test;

class OwnerTest {

  private final Deployment owner = new DeploymentBuilder()
      .withNewMetadata().withNamespace("shop").withName("web").withUid("u1").endMetadata().build();

  private static ConfigMap child(String namespace) {
    return new ConfigMapBuilder().withNewMetadata().withNamespace(namespace).withName("child").endMetadata().build();
  }

  private static void refused(HasMetadata child, HasMetadata owner, String words) {
    assertThatThrownBy(() -> Owner.set(child, owner)).isInstanceOf(IllegalArgumentException.class).hasMessage(words);
    assertThat(child.getMetadata().getOwnerReferences()).noneMatch(one -> "u1".equals(one.getUid()));
  }

  @Test
  void isAControllerReference() {
    assertThat(Owner.of(owner)).isEqualTo(new OwnerReferenceBuilder().withApiVersion("apps/v1").withKind("Deployment")
        .withName("web").withUid("u1").withController(true).withBlockOwnerDeletion(true).build());
    assertThat(Owner.of(owner, false).getBlockOwnerDeletion()).isFalse();
  }

  @Test
  void setsItOnceAndKeepsOtherOwners() {
    ConfigMap child = child("shop");
    child.getMetadata().getOwnerReferences().add(new OwnerReferenceBuilder().withName("other").withUid("u2").build());

    assertThat(Owner.set(child, owner)).isSameAs(child);
    Owner.set(child, owner);

    assertThat(child.getMetadata().getOwnerReferences()).extracting("uid").containsExactly("u2", "u1");
  }

  @Test
  void aChildWithoutANamespaceGetsTheOwners() {
    assertThat(Owner.set(child(null), owner).getMetadata().getNamespace()).isEqualTo("shop");
  }

  @Test
  void aClusterScopedOwnerOwnsInAnyNamespace() {
    Node node = new NodeBuilder().withNewMetadata().withName("n").withUid("u1").endMetadata().build();

    assertThat(Owner.set(child("shop"), node).getMetadata().getOwnerReferences()).containsExactly(Owner.of(node));
    assertThat(Owner.set(new NodeBuilder().withNewMetadata().endMetadata().build(), node).getMetadata().getNamespace()).isNull();
  }

  @Test
  void refusesWhatKubernetesRefuses() {
    refused(child("elsewhere"), owner, "Deployment shop/web cannot own ConfigMap elsewhere/child, which lives in another"
        + " namespace: use a label and a finalizer instead");
    refused(new NodeBuilder().withNewMetadata().withName("n").endMetadata().build(), owner,
        "Deployment shop/web lives in a namespace, and cannot own the cluster-scoped Node n: use a cluster-scoped owner,"
            + " a finalizer, or set the child's namespace if its kind has one");
    GenericKubernetesResource generic = new GenericKubernetesResourceBuilder()
        .withApiVersion("example.com/v1").withKind("Foo").withNewMetadata().withName("f").endMetadata().build();
    refused(generic, owner, "Deployment shop/web lives in a namespace, and cannot own the cluster-scoped Foo f: use a"
        + " cluster-scoped owner, a finalizer, or set the child's namespace if its kind has one");
    owner.getMetadata().setUid(null);
    refused(child("shop"), owner, "Deployment shop/web cannot own anything without apiVersion, kind, name and uid: give the"
        + " object as the API server returned it");
  }

  @Test
  void refusesAChildOfAnotherController() {
    ConfigMap child = child("shop");
    Deployment before = owner.edit().editMetadata().withUid("u0").endMetadata().build();
    Owner.set(child, before);
    refused(child, owner, "ConfigMap shop/child has a controller already, Deployment web of another uid: choose another name"
        + " for the child, or wait until that owner is gone");

    ConfigMap foreign = child("shop");
    Owner.set(foreign, before.edit().editMetadata().withName("other").endMetadata().build());
    refused(foreign, owner, "ConfigMap shop/child has a controller already, Deployment other: choose another name"
        + " for the child, or wait until that owner is gone");
  }

  @Test
  void refusesAChildWithoutMetadata() {
    assertThatThrownBy(() -> Owner.set(new ConfigMap(), owner)).isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("a ConfigMap without metadata");
  }
}
