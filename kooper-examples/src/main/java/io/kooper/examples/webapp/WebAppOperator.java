package io.kooper.examples.webapp;

import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.ServiceBuilder;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.apps.DeploymentBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.kooper.controller.Changes;
import io.kooper.controller.Controller;
import io.kooper.crd.CRD;
import io.kooper.event.EventRecorder;
import io.kooper.examples.support.Example;
import io.kooper.finalizer.FinalizerHandler;
import io.kooper.handler.Handler;
import io.kooper.handler.HandlerContext;
import io.kooper.leaderelection.LeaderElection;
import io.kooper.operator.Operator;
import io.kooper.retrieve.Retriever;
import io.kooper.write.Apply;
import io.kooper.write.Conditions;
import io.kooper.write.StatusWriter;
import java.util.Map;

/** Makes a Deployment, a Service and a DNS record of each {@link WebApp}, and says in its status how it is doing. */
public final class WebAppOperator implements Handler<WebApp> {

  static final String FINALIZER = "example.kooper.io/dns-record";

  /** What is outside of the cluster, so that only a finalizer cleans it up. */
  public interface Dns {

    void put(String host);

    void remove(String host);
  }

  private final Apply apply;
  private final StatusWriter status;
  private final EventRecorder events;
  private final Dns dns;

  WebAppOperator(Apply apply, StatusWriter status, EventRecorder events, Dns dns) {
    this.apply = apply;
    this.status = status;
    this.events = events;
    this.dns = dns;
  }

  public static void main(String[] args) {
    try (Example example = Example.start("web-app", args, SimulatedWebApps::live);
        EventRecorder events = EventRecorder.of(example.client(), "web-app")) {
      example.run(operator(example.client(), events, new PrintedDns(System.out)));
    }
  }

  public static Operator operator(KubernetesClient client, EventRecorder events, Dns dns) {
    CRD<WebApp> webApps = CRD.of(client, WebApp.class);
    Handler<WebApp> handler = new WebAppOperator(
        Apply.of(client, "web-app").force(), StatusWriter.of(client), events, dns);
    return Operator.builder("web-app")
        .crd(webApps)
        .election(LeaderElection.builder(client, "web-app").namespace("default").build())
        .controller(Controller.builder(webApps, FinalizerHandler.of(client, FINALIZER, handler))
            .owns(Retriever.of(client, Deployment.class))
            .owns(Retriever.of(client, Service.class))
            .onlyWhenChanged(Changes.spec()))
        .build();
  }

  @Override
  public void add(HandlerContext<WebApp> context, WebApp app) {
    dns.put(app.getSpec().host());
    apply.ownedBy(context, service(app));
    Deployment deployment = apply.ownedBy(context, deployment(app));

    int ready = ready(deployment);
    boolean all = ready >= app.getSpec().replicas();
    String message = ready + " of " + app.getSpec().replicas() + " pods are ready";
    app.getStatus().setReadyReplicas(ready);
    if (Conditions.set(app.getStatus().getConditions(), Conditions.of(
        "Ready", all, all ? "AllPodsReady" : "PodsMissing", message, app.getMetadata().getGeneration()))) {
      status.patch(context, app);
      events.normal(app, all ? "Ready" : "Progressing", "Deploy", message);
    }
  }

  /** Its children go by themselves, since it owns them. */
  @Override
  public void delete(HandlerContext<WebApp> context, WebApp app) {
    dns.remove(app.getSpec().host());
  }

  private static int ready(Deployment deployment) {
    Integer ready = deployment.getStatus() == null ? null : deployment.getStatus().getReadyReplicas();
    return ready == null ? 0 : ready;
  }

  private static Deployment deployment(WebApp app) {
    Map<String, String> labels = Map.of("web-app", app.getMetadata().getName());
    return new DeploymentBuilder()
        .withNewMetadata().withName(app.getMetadata().getName()).withLabels(labels).endMetadata()
        .withNewSpec().withReplicas(app.getSpec().replicas()).withNewSelector().withMatchLabels(labels).endSelector()
        .withNewTemplate().withNewMetadata().withLabels(labels).endMetadata()
        .withNewSpec().addNewContainer().withName("web").withImage(app.getSpec().image())
        .addNewPort().withContainerPort(8080).withProtocol("TCP").endPort().endContainer().endSpec().endTemplate().endSpec()
        .build();
  }

  private static Service service(WebApp app) {
    return new ServiceBuilder()
        .withNewMetadata().withName(app.getMetadata().getName()).endMetadata()
        .withNewSpec().withSelector(Map.of("web-app", app.getMetadata().getName()))
        .addNewPort().withPort(80).withNewTargetPort(8080).withProtocol("TCP").endPort().endSpec()
        .build();
  }
}
