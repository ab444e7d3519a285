package io.kooper.examples;

import io.fabric8.kubernetes.api.model.Pod;
import io.kooper.controller.Controller;
import io.kooper.examples.support.Example;
import io.kooper.examples.support.SimulatedPods;
import io.kooper.handler.Handler;
import io.kooper.retrieve.Retriever;

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
      Retriever<Pod> pods = Retriever.of(example.client(), Pod.class);
      Handler<Pod> handler = Handler.of(
          (context, pod) -> System.out.println("Pod added: " + context.key()),
          (context, pod) -> System.out.println("Pod deleted: " + context.key()));
      example.run(Controller.sequential(pods, handler));
    }
  }
}
