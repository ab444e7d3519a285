package io.kooper.examples;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.kooper.controller.Controller;
import io.kooper.examples.support.Example;
import io.kooper.examples.support.SimulatedPods;
import io.kooper.handler.Handler;
import io.kooper.retrieve.Retriever;
import java.io.PrintStream;

/**
 * The smallest controller: prints every pod of every namespace that is created, changed or seen again at the resync every
 * 30 s, and every one that is deleted.
 *
 * <pre>
 * mvn -q compile exec:java                                          # your cluster, or the embedded API server
 * mvn -q compile exec:java -Dexec.args="--embedded --for=10s"       # the embedded one, for ten seconds
 * </pre>
 */
public final class EchoPodController {

  private EchoPodController() {}

  public static void main(String[] args) {
    try (Example example = Example.start("echo-pod", args, SimulatedPods::live)) {
      example.run(controller(example.client(), System.out));
    }
  }

  static Controller controller(KubernetesClient client, PrintStream out) {
    Retriever<Pod> pods = Retriever.of(client, Pod.class);
    Handler<Pod> handler = Handler.of(
        (context, pod) -> out.println("Pod added: " + context.key()),
        (context, pod) -> out.println("Pod deleted: " + context.key()));
    return Controller.sequential(pods, handler);
  }
}
