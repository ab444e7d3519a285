package com.example;

import io.kubernetes.client.custom.V1Patch;
import io.kubernetes.client.extended.controller.Controller;
import io.kubernetes.client.extended.controller.builder.ControllerBuilder;
import io.kubernetes.client.extended.controller.reconciler.Request;
import io.kubernetes.client.extended.controller.reconciler.Result;
import io.kubernetes.client.extended.leaderelection.LeaderElectionConfig;
import io.kubernetes.client.extended.leaderelection.LeaderElector;
import io.kubernetes.client.extended.leaderelection.resourcelock.LeaseLock;
import io.kubernetes.client.informer.SharedIndexInformer;
import io.kubernetes.client.informer.SharedInformerFactory;
import io.kubernetes.client.openapi.ApiClient;
import io.kubernetes.client.openapi.models.V1ConfigMap;
import io.kubernetes.client.openapi.models.V1ConfigMapList;
import io.kubernetes.client.openapi.models.V1ObjectMeta;
import io.kubernetes.client.openapi.models.V1OwnerReference;
import io.kubernetes.client.openapi.models.V1Secret;
import io.kubernetes.client.openapi.models.V1SecretList;
import io.kubernetes.client.util.generic.GenericKubernetesApi;
import io.kubernetes.client.util.generic.options.PatchOptions;
import java.time.Duration;

/** Each config map of a namespace owns a secret of its name. */
public final class Sites {

  private final ApiClient api;
  private final GenericKubernetesApi<V1Secret, V1SecretList> secrets;
  private final SharedInformerFactory informers;
  private final SharedIndexInformer<V1ConfigMap> sites;
  private final Controller controller;
  private final LeaderElector elector;
  private final Thread thread;

  public Sites(ApiClient api, String namespace) {
    this.api = api;
    secrets = new GenericKubernetesApi<>(V1Secret.class, V1SecretList.class, "", "v1", "secrets", api);
    informers = new SharedInformerFactory(api);
    sites = informers.sharedIndexInformerFor(new GenericKubernetesApi<>(
        V1ConfigMap.class, V1ConfigMapList.class, "", "v1", "configmaps", api), V1ConfigMap.class, 0, namespace);
    SharedIndexInformer<V1Secret> children = informers.sharedIndexInformerFor(secrets, V1Secret.class, 0, namespace);
    controller = ControllerBuilder.defaultBuilder(informers)
        .watch(queue -> ControllerBuilder.controllerWatchBuilder(V1ConfigMap.class, queue).build())
        .watch(queue -> ControllerBuilder.controllerWatchBuilder(V1Secret.class, queue).withWorkQueueKeyFunc(
            child -> new Request(namespace, child.getMetadata().getOwnerReferences().get(0).getName())).build())
        .withReconciler(this::reconcile).withName("sites").withWorkerCount(2)
        .withReadyFunc(() -> sites.hasSynced() && children.hasSynced()).build();
    elector = new LeaderElector(new LeaderElectionConfig(new LeaseLock(namespace, "sites", "a", api),
        Duration.ofSeconds(60), Duration.ofSeconds(40), Duration.ofSeconds(2)));
    thread = new Thread(() -> elector.run(controller::run, controller::shutdown), "sites");
  }

  public void start() {
    informers.startAllRegisteredInformers();
    thread.start();
  }

  private Result reconcile(Request request) {
    V1ConfigMap site = sites.getIndexer().getByKey(request.getNamespace() + "/" + request.getName());
    if (site == null) {
      return new Result(false);
    }
    V1Secret secret = new V1Secret().apiVersion("v1").kind("Secret").putStringDataItem("of", request.getName())
        .metadata(new V1ObjectMeta().namespace(request.getNamespace()).name(request.getName())
            .addOwnerReferencesItem(new V1OwnerReference().apiVersion("v1").kind("ConfigMap").controller(true)
                .name(site.getMetadata().getName()).uid(site.getMetadata().getUid())));
    PatchOptions options = new PatchOptions();
    options.setFieldManager("sites");
    options.setForce(true);
    return new Result(!secrets.patch(request.getNamespace(), request.getName(), V1Patch.PATCH_FORMAT_APPLY_YAML,
        new V1Patch(api.getJSON().serialize(secret)), options).isSuccess());
  }

  public void stop() throws InterruptedException {
    elector.close();
    controller.shutdown();
    informers.stopAllRegisteredInformers();
    thread.interrupt();
    thread.join();
  }
}
