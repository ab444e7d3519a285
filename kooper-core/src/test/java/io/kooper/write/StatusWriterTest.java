package io.kooper.write;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.ArgumentMatchers.argThat;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.never;
import static org.mockito.Mockito.verify;
import static org.mockito.Mockito.when;

import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.apps.DeploymentBuilder;
import io.fabric8.kubernetes.api.model.apps.DeploymentStatus;
import io.fabric8.kubernetes.api.model.apps.DeploymentStatusBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.NamespaceableResource;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import io.kooper.handler.HandlerContext;
import io.kooper.informer.Store;
import io.kooper.retrieve.ObjectKey;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.mockito.ArgumentCaptor;

class StatusWriterTest {

  private final KubernetesSerialization json = new KubernetesSerialization();
  private final KubernetesClient client = mock();
  private final NamespaceableResource<Deployment> resource = mock();
  private final HandlerContext<Deployment> context = mock();
  private final Store<Deployment> store = mock();
  private final ObjectKey key = new ObjectKey("shop", "web");
  private final Deployment written = deployment("8", null);
  private final StatusWriter status = StatusWriter.of(client);

  @BeforeEach
  void anApiServer() {
    when(client.getKubernetesSerialization()).thenReturn(json);
    when(client.resource(any(Deployment.class))).thenReturn(resource);
    when(resource.subresource("status")).thenReturn(resource);
    when(resource.patch(any(PatchContext.class), any(String.class))).thenReturn(written);
    when(context.store()).thenReturn(store);
    when(context.key()).thenReturn(key);
  }

  private static Deployment deployment(String version, DeploymentStatus status) {
    return new DeploymentBuilder().withNewMetadata().withNamespace("shop").withName("web").withResourceVersion(version)
        .endMetadata().withStatus(status).build();
  }

  private static DeploymentStatus status(Integer replicas, Integer ready) {
    return new DeploymentStatusBuilder().withReplicas(replicas).withReadyReplicas(ready).build();
  }

  private Object sent(PatchType type) {
    ArgumentCaptor<String> patch = ArgumentCaptor.forClass(String.class);
    verify(resource).patch(argThat((PatchContext how) -> how.getPatchType() == type), patch.capture());
    return json.unmarshal(patch.getValue(), Object.class);
  }

  private Object sentStatus() {
    return ((Map<?, ?>) sent(PatchType.JSON_MERGE)).get("status");
  }

  @Test
  void sendsOnlyWhatDiffersAndTellsTheContext() {
    when(store.get(key)).thenReturn(Optional.of(deployment("7", status(3, 1))));

    assertThat(status.patch(context, deployment("7", status(3, 2)))).isSameAs(written);

    assertThat(sent(PatchType.JSON_MERGE)).isEqualTo(
        Map.of("metadata", Map.of("resourceVersion", "7"), "status", Map.of("readyReplicas", 2)));
    verify(context).wrote(written);
  }

  @Test
  void takesAFieldAway() {
    when(store.get(key)).thenReturn(Optional.of(deployment("7", status(3, 1))));

    status.patch(context, deployment("7", status(3, null)));

    assertThat(sentStatus())
        .isEqualTo(Collections.singletonMap("readyReplicas", null));
  }

  @Test
  void beginsAStatus() {
    when(store.get(key)).thenReturn(Optional.of(deployment("7", null)));

    status.patch(context, deployment("7", status(3, null)));

    assertThat(sentStatus()).isEqualTo(Map.of("replicas", 3));
  }

  @Test
  void sendsNothingWhenNothingDiffers() {
    Deployment same = deployment("7", status(3, 1));
    when(store.get(key)).thenReturn(Optional.of(deployment("7", status(3, 1))));

    assertThat(status.patch(context, same)).isSameAs(same);

    verify(resource, never()).patch(any(PatchContext.class), any(String.class));
    verify(context, never()).wrote(any());
  }

  @Test
  void replacesAllOfItWhenItDoesNotKnowWhatIsThere() { // after another write of the same call
    when(store.get(key)).thenReturn(Optional.of(deployment("6", status(3, 1))));

    status.patch(context, deployment("7", status(3, 1)));

    assertThat(sent(PatchType.JSON)).isEqualTo(List.of(
        Map.of("op", "add", "path", "/metadata/resourceVersion", "value", "7"),
        Map.of("op", "add", "path", "/status", "value", Map.of("replicas", 3, "readyReplicas", 1))));
  }

  @Test
  void needsNoController() {
    assertThat(status.patch(deployment("7", status(3, 1)), deployment("7", status(4, 1)))).isSameAs(written);

    assertThat(sentStatus()).isEqualTo(Map.of("replicas", 4));
  }

  @Test
  void refusesAnObjectThatWasNotRead() {
    assertThatThrownBy(() -> status.patch(deployment("7", null), deployment(null, null)))
        .hasMessageContaining("Deployment shop/web has no resourceVersion");
  }

  @ParameterizedTest
  @CsvSource({"404,no status subresource", "403,'\"patch\" on the subresource \"status\"'"})
  void aFailureNamesTheObjectAndWhatToDo(int code, String advice) {
    when(resource.patch(any(PatchContext.class), any(String.class)))
        .thenThrow(new KubernetesClientException("no", code, null));

    assertThatThrownBy(() -> status.patch(deployment("7", status(3, 1)), deployment("7", status(3, 2))))
        .isInstanceOfSatisfying(KubernetesClientException.class, e -> {
          assertThat(e.getCode()).isEqualTo(code);
          assertThat(e).hasMessageContainingAll("cannot write the status of Deployment shop/web: no", advice);
        });
  }
}
