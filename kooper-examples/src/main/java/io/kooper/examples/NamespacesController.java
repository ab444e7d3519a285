package io.kooper.examples;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.kooper.controller.Controller;
import io.kooper.controller.ControllerBuilder;
import io.kooper.examples.support.Example;
import io.kooper.examples.support.Samples;
import io.kooper.examples.support.Simulation;
import io.kooper.handler.Handler;
import io.kooper.operator.Operator;
import io.kooper.retrieve.Retriever;
import java.io.PrintStream;
import java.util.List;
import java.util.Map;

/**
 * Some namespaces instead of all, one name instead of all, and an index: pods of two namespaces, found by their label
 * {@code app} across both, and the config map {@code settings} of each. It needs permissions in these namespaces only.
 *
 * <pre>
 * mvn -q compile exec:java -Dexec.mainClass=io.kooper.examples.NamespacesController -Dexec.args="--embedded --for=8s"
 * </pre>
 */
public final class NamespacesController {

  private static final List<String> NAMESPACES = List.of("shop", "bank");

  private NamespacesController() {}

  public static void main(String[] args) {
    try (Example example = Example.start("namespaces", args, NamespacesController::life)) {
      example.run(operator(example.client(), System.out));
    }
  }

  static Operator operator(KubernetesClient client, PrintStream out) {
    return Operator.builder("namespaces").controller(pods(client, out)).controller(settings(client, out)).build();
  }

  private static ControllerBuilder<Pod> pods(KubernetesClient client, PrintStream out) {
    Retriever<Pod> pods = Retriever.builder(client, Pod.class).inNamespaces(NAMESPACES).build();
    Handler<Pod> handler = (context, pod) -> {
      String app = pod.getMetadata().getLabels().get("app");
      if (app == null) {
        out.println("Pod " + context.key() + " is of no app");
      } else {
        int count = context.store().byIndex("app", app).size(); // no request: it is kept up to date with the store
        out.println("Pod " + context.key() + " is one of " + count + " of " + app);
      }
    };
    // fails for a pod without the label: such a pod is logged, found by no value, and handled all the same
    return Controller.builder(pods, handler).index("app", pod -> List.of(pod.getMetadata().getLabels().get("app")));
  }

  private static ControllerBuilder<ConfigMap> settings(KubernetesClient client, PrintStream out) {
    Retriever<ConfigMap> settings =
        Retriever.builder(client, ConfigMap.class).inNamespaces(NAMESPACES).withName("settings").build();
    Handler<ConfigMap> handler = Handler.of(
        (context, object) -> out.println("Settings of " + context.key().namespace() + " are " + object.getData()),
        (context, object) -> out.println("Settings of " + context.key().namespace() + " are gone"));
    return Controller.builder(settings, handler);
  }

  static Simulation life(KubernetesClient client) {
    for (String name : List.of("shop", "bank", "elsewhere")) {
      client.resource(new NamespaceBuilder().withNewMetadata().withName(name).endMetadata().build()).create();
    }
    return Simulation.live(step -> {
      String namespace = NAMESPACES.get(step % 2);
      switch (step % 8) {
        case 0, 1, 2 -> client.resource(Samples.pod(namespace, "web-" + step, Map.of("app", "web"))).create();
        case 3 -> client.resource(Samples.pod(namespace, "bare-" + step, Map.of())).create();
        case 4 -> client.resource(Samples.pod("elsewhere", "unseen-" + step, Map.of("app", "web"))).create();
        case 5 -> client.resource(Samples.configMap(namespace, "settings", "namespaces", "mode", "fast")).create();
        case 6 -> client.resource(Samples.configMap(namespace, "other-" + step, "namespaces", "mode", "unseen")).create();
        default -> client.configMaps().inNamespace(namespace).withName("settings").delete();
      }
    });
  }
}
