package io.kooper.examples.webapp;

import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.apps.DeploymentStatusBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.kooper.examples.support.Simulation;
import java.util.Objects;

/** A web application that is created, scaled and deleted, and Deployments whose pods become ready one after the other. */
public final class SimulatedWebApps {

  private static final String DEFINITION = "webapps.example.kooper.io";
  private static final String NAME = "shop";

  private SimulatedWebApps() {}

  /** Starts them. */
  public static Simulation live(KubernetesClient client) {
    return Simulation.live(step -> {
      if (step > 0) {
        client.apps().deployments().inNamespace("default").list().getItems().forEach(one -> progress(client, one));
        if (client.apiextensions().v1().customResourceDefinitions().withName(DEFINITION).get() != null) {
          change(client, step % 20);
        }
      }
    });
  }

  private static void change(KubernetesClient client, int step) {
    WebApp app = client.resources(WebApp.class).inNamespace("default").withName(NAME).get();
    if (app == null && step < 10) {
      client.resource(webApp(NAME, 2)).create();
    } else if (app != null && step == 10) {
      client.resource(app).edit(one -> {
        one.setSpec(webApp(NAME, 3).getSpec());
        return one;
      });
    } else if (app != null && step == 18) {
      client.resource(app).delete();
      client.apps().deployments().inNamespace("default").withName(NAME).delete(); // there is no garbage collector
      client.services().inNamespace("default").withName(NAME).delete();
    }
  }

  /** One more pod becomes ready. */
  static void progress(KubernetesClient client, Deployment deployment) {
    int wanted = Objects.requireNonNullElse(deployment.getSpec().getReplicas(), 1);
    Integer ready = deployment.getStatus() == null ? null : deployment.getStatus().getReadyReplicas();
    int now = ready == null ? 0 : ready;
    if (now < wanted) {
      deployment.setStatus(new DeploymentStatusBuilder().withReplicas(wanted).withReadyReplicas(now + 1).build());
      client.resource(deployment).updateStatus();
    }
  }

  static WebApp webApp(String name, int replicas) {
    WebApp app = new WebApp();
    app.getMetadata().setNamespace("default");
    app.getMetadata().setName(name);
    app.setSpec(new WebAppSpec("nginx:1.29", replicas, name + ".example.com"));
    return app;
  }
}
