package io.kooper.examples;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.PodTemplateSpec;
import io.fabric8.kubernetes.api.model.PodTemplateSpecBuilder;
import io.fabric8.kubernetes.api.model.apps.DaemonSet;
import io.fabric8.kubernetes.api.model.apps.DaemonSetBuilder;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.apps.DeploymentBuilder;
import io.fabric8.kubernetes.api.model.apps.StatefulSet;
import io.fabric8.kubernetes.api.model.apps.StatefulSetBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.kooper.controller.Controller;
import io.kooper.controller.ControllerBuilder;
import io.kooper.examples.support.Example;
import io.kooper.examples.support.Simulation;
import io.kooper.handler.Handler;
import io.kooper.handler.HandlerContext;
import io.kooper.operator.Operator;
import io.kooper.operator.OperatorBuilder;
import io.kooper.retrieve.Retriever;
import java.io.PrintStream;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Several kinds of objects, one logic for all: a controller for each kind, and an operator that starts and stops them
 * together.
 *
 * <pre>
 * mvn -q compile exec:java -Dexec.mainClass=io.kooper.examples.MultiResourceController -Dexec.args="--embedded --for=8s"
 * </pre>
 */
public final class MultiResourceController {

  private static final List<Class<? extends HasMetadata>> KINDS =
      List.of(Deployment.class, StatefulSet.class, DaemonSet.class);

  private MultiResourceController() {}

  public static void main(String[] args) {
    try (Example example = Example.start("multi-resource", args, MultiResourceController::life)) {
      example.run(operator(example.client(), System.out));
    }
  }

  static Operator operator(KubernetesClient client, PrintStream out) {
    Workloads workloads = new Workloads(out);
    OperatorBuilder operator = Operator.builder("multi-resource");
    KINDS.forEach(kind -> operator.controller(controller(client, kind, workloads)));
    return operator.build();
  }

  private static <T extends HasMetadata> ControllerBuilder<T> controller(
      KubernetesClient client, Class<T> kind, Workloads workloads) {
    return Controller.builder(Retriever.of(client, kind), Handler.of(workloads::seen, workloads::gone));
  }

  /** Called by all controllers, each on a thread of its own: what is shared must bear that. */
  private static final class Workloads {

    private final PrintStream out;
    private final Set<String> known = ConcurrentHashMap.newKeySet();

    Workloads(PrintStream out) {
      this.out = out;
    }

    void seen(HandlerContext<?> context, HasMetadata workload) {
      if (known.add(workload.getKind() + " " + context.key())) {
        out.println(workload.getKind() + " " + context.key() + " is there, one of " + known.size() + " workloads");
      }
    }

    void gone(HandlerContext<?> context, HasMetadata workload) {
      known.remove(workload.getKind() + " " + context.key());
      out.println(workload.getKind() + " " + context.key() + " is gone, " + known.size() + " workloads are left");
    }
  }

  static Simulation life(KubernetesClient client) {
    return Simulation.live(step -> {
      String name = "shop-" + step / 6;
      HasMetadata workload = switch (step % 3) {
        case 0 -> new DeploymentBuilder().withNewMetadata().withNamespace("default").withName(name).endMetadata()
            .withNewSpec().withNewSelector().addToMatchLabels("app",
                name).endSelector().withTemplate(template(name)).endSpec().build();
        case 1 -> new StatefulSetBuilder().withNewMetadata().withNamespace("default").withName(name).endMetadata()
            .withNewSpec().withNewSelector().addToMatchLabels("app",
                name).endSelector().withTemplate(template(name)).endSpec().build();
        default -> new DaemonSetBuilder().withNewMetadata().withNamespace("default").withName(name).endMetadata()
            .withNewSpec().withNewSelector().addToMatchLabels("app",
                name).endSelector().withTemplate(template(name)).endSpec().build();
      };
      if (step % 6 < 3) {
        client.resource(workload).create();
      } else {
        client.resource(workload).delete();
      }
    });
  }

  private static PodTemplateSpec template(String name) {
    return new PodTemplateSpecBuilder().withNewMetadata().addToLabels("app", name).endMetadata()
        .withNewSpec().addNewContainer().withName("web").withImage("nginx").endContainer().endSpec().build();
  }
}
