package io.kooper.retrieve;

import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.KubernetesResourceList;
import io.fabric8.kubernetes.api.model.ListOptions;
import io.fabric8.kubernetes.api.model.ListOptionsBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.MixedOperation;
import io.fabric8.kubernetes.client.dsl.Resource;
import io.fabric8.kubernetes.client.dsl.Watchable;
import io.fabric8.kubernetes.client.dsl.base.ResourceDefinitionContext;
import io.kooper.internal.ClientLife;

/** The watch of fabric8's DSL, which speaks over a WebSocket: for servers that know no other. */
final class WebSocketWatch {

  private WebSocketWatch() {}

  static <T extends HasMetadata> FunctionListerWatcher<T> of(KubernetesClient client, Class<T> type, Target target) {
    return new FunctionListerWatcher<>(
        target.toString(),
        options -> {
          throw new UnsupportedOperationException("only watches");
        },
        (options, watcher) -> watchable(client, type, target).watch(selecting(options, target), watcher));
  }

  private static <T extends HasMetadata> Watchable<T> watchable(
      KubernetesClient client, Class<T> type, Target target) {
    // without retries, and never closed: it shares its connections with the user's
    KubernetesClient quick =
        client.newClient(ClientLife.requestConfig(client)).adapt(KubernetesClient.class);
    MixedOperation<T, ? extends KubernetesResourceList<T>, ? extends Resource<T>> resources =
        type == GenericKubernetesResource.class ? generic(quick, target) : quick.resources(type);
    return target.namespace() == null ? resources.inAnyNamespace() : resources.inNamespace(target.namespace());
  }

  @SuppressWarnings("unchecked") // T is GenericKubernetesResource here
  private static <T extends HasMetadata> MixedOperation<T, ? extends KubernetesResourceList<T>, ? extends Resource<T>>
      generic(KubernetesClient client, Target target) {
    return (MixedOperation<T, ? extends KubernetesResourceList<T>, ? extends Resource<T>>) (Object)
        client.genericKubernetesResources(new ResourceDefinitionContext.Builder()
            .withGroup(target.group()).withVersion(target.version()).withPlural(target.plural())
            .withNamespaced(target.namespace() != null).build());
  }

  private static ListOptions selecting(ListOptions options, Target target) {
    return new ListOptionsBuilder(options)
        .withLabelSelector(target.selectors().get("labelSelector"))
        .withFieldSelector(target.selectors().get("fieldSelector"))
        .build();
  }
}
