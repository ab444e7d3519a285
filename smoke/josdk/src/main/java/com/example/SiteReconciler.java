package com.example;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.javaoperatorsdk.operator.api.reconciler.Context;
import io.javaoperatorsdk.operator.api.reconciler.Reconciler;
import io.javaoperatorsdk.operator.api.reconciler.UpdateControl;
import io.javaoperatorsdk.operator.api.reconciler.Workflow;
import io.javaoperatorsdk.operator.api.reconciler.dependent.Dependent;
import io.javaoperatorsdk.operator.processing.dependent.kubernetes.CRUDKubernetesDependentResource;
import java.util.Map;

/** Each site owns a config map with its page, and says in its status which. */
@Workflow(dependents = @Dependent(type = SiteReconciler.Page.class))
public class SiteReconciler implements Reconciler<Site> {

  public static class Page extends CRUDKubernetesDependentResource<ConfigMap, Site> {

    public Page() {
      super(ConfigMap.class);
    }

    @Override
    protected ConfigMap desired(Site site, Context<Site> context) {
      return new ConfigMapBuilder()
          .withNewMetadata().withNamespace(site.getMetadata().getNamespace()).withName(site.getMetadata().getName()).endMetadata()
          .withData(Map.of("index.html", site.getSpec().text))
          .build();
    }
  }

  @Override
  public UpdateControl<Site> reconcile(Site site, Context<Site> context) {
    Site written = new Site();
    written.getMetadata().setNamespace(site.getMetadata().getNamespace());
    written.getMetadata().setName(site.getMetadata().getName());
    written.setStatus(new Site.Status());
    written.getStatus().page = context.getSecondaryResource(ConfigMap.class).orElseThrow().getMetadata().getName();
    return UpdateControl.patchStatus(written);
  }
}
