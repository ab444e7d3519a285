package io.kooper.write;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.ArgumentMatchers.argThat;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.never;
import static org.mockito.Mockito.verify;
import static org.mockito.Mockito.when;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.api.model.StatusBuilder;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.apps.DeploymentBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.NamespaceableResource;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import io.kooper.handler.HandlerContext;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.mockito.ArgumentCaptor;

class ApplyTest {

  private final KubernetesClient client = mock();
  private final NamespaceableResource<ConfigMap> resource = mock();
  private final HandlerContext<Deployment> context = mock();
  private final ConfigMap applied = new ConfigMap();
  private final ConfigMap wanted = new ConfigMapBuilder().withNewMetadata().withName("child").addNewManagedField()
      .withManager("before").endManagedField().endMetadata().addToData("a", "1").build();
  private final Apply apply = Apply.of(client, "web-apps");

  @BeforeEach
  void anApiServer() {
    when(client.getKubernetesSerialization()).thenReturn(new KubernetesSerialization());
    when(client.resource(any(ConfigMap.class))).thenReturn(resource);
    when(resource.patch(any(PatchContext.class))).thenReturn(applied);
    when(context.copy()).thenReturn(new DeploymentBuilder()
        .withNewMetadata().withNamespace("shop").withName("web").withUid("u1").endMetadata().build());
  }

  private ConfigMap sent(boolean force) {
    verify(resource).patch(argThat((PatchContext how) -> how.getPatchType() == PatchType.SERVER_SIDE_APPLY
        && how.getFieldManager().equals("web-apps") && how.getForce() == force));
    ArgumentCaptor<ConfigMap> sent = ArgumentCaptor.forClass(ConfigMap.class);
    verify(client).resource(sent.capture());
    return sent.getValue();
  }

  @Test
  void setsTheOwnerAndTellsTheContext() {
    assertThat(apply.ownedBy(context, wanted)).isSameAs(applied);

    ConfigMap sent = sent(false);
    assertThat(sent.getMetadata().getNamespace()).isEqualTo("shop");
    assertThat(sent.getMetadata().getOwnerReferences()).containsExactly(Owner.of(context.copy()));
    assertThat(sent.getData()).containsEntry("a", "1");
    verify(context).wrote(applied);
  }

  @Test
  void appliesWithoutOwner() {
    assertThat(apply.apply(context, wanted)).isSameAs(applied);

    assertThat(sent(false).getMetadata().getOwnerReferences()).isEmpty();
    verify(context).wrote(applied);
  }

  @Test
  void needsNoController() {
    assertThat(apply.force().apply(wanted)).isSameAs(applied);

    sent(true);
    verify(context, never()).wrote(any());
  }

  @Test
  void sendsNoManagedFieldsAndModifiesNothing() {
    ConfigMap before = wanted.edit().build();

    apply.ownedBy(context, wanted);

    assertThat(sent(false).getMetadata().getManagedFields()).isNullOrEmpty();
    assertThat(wanted).isEqualTo(before);
  }

  private void fails(int code) {
    when(resource.patch(any(PatchContext.class))).thenThrow(new KubernetesClientException(new StatusBuilder()
        .withCode(code).withMessage("Apply failed with 1 conflict: conflict with \"kubectl\": .data.a").build()));
  }

  @Test
  void aConflictNamesBothManagersAndWhatToDo() {
    fails(409);

    assertThatThrownBy(() -> apply.ownedBy(context, wanted)).isInstanceOfSatisfying(KubernetesClientException.class, e -> {
      assertThat(e.getCode()).isEqualTo(409);
      assertThat(e).hasMessageContaining("ConfigMap shop/child").hasMessageContaining("\"web-apps\"")
          .hasMessageContaining("\"kubectl\"").hasMessageContaining("force()");
    });
    verify(context, never()).wrote(any());
  }

  @Test
  void otherFailuresAreThrownAsTheyAre() {
    fails(422);

    assertThatThrownBy(() -> apply.apply(wanted)).isInstanceOf(KubernetesClientException.class).hasNoCause();
  }

  @ParameterizedTest
  @CsvSource({"'User \"x\" cannot patch resource \"configmaps\" in API group \"\"',true", "'exceeded quota: pods=2',false"})
  void oneThatIsForbiddenSaysWhatItNeedsIfARightIsMissing(String message, boolean needed) {
    when(resource.patch(any(PatchContext.class))).thenThrow(new KubernetesClientException(message, 403, null));

    assertThatThrownBy(() -> apply.ownedBy(context, wanted)).isInstanceOfSatisfying(KubernetesClientException.class, e -> {
      assertThat(e.getCode()).isEqualTo(403);
      assertThat(e).hasMessageContainingAll("ConfigMap shop/child", message);
      assertThat(e.getMessage().contains("\"patch\" and \"create\"")).isEqualTo(needed);
    });
  }

  @Test
  void refusesAnObjectWithoutAName() {
    ConfigMap nameless = new ConfigMapBuilder().withNewMetadata().withGenerateName("child-").endMetadata().build();

    assertThatThrownBy(() -> apply.ownedBy(context, nameless)).isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("a ConfigMap without metadata.name");
    assertThatThrownBy(() -> apply.apply(new ConfigMap())).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void refusesAManagerWithoutAName() {
    assertThatThrownBy(() -> Apply.of(client, null)).isInstanceOf(NullPointerException.class).hasMessage("manager");
    assertThatThrownBy(() -> Apply.of(client, " ")).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> Apply.of(client, "x".repeat(129))).isInstanceOf(IllegalArgumentException.class);
  }
}
