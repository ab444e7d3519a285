package io.kooper.examples;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.kooper.controller.Controller;
import io.kooper.examples.support.Example;
import io.kooper.examples.support.SimulatedPods;
import io.kooper.handler.Handler;
import io.kooper.leaderelection.LeaderElection;
import io.kooper.leaderelection.Shards;
import io.kooper.retrieve.Retriever;
import java.io.PrintStream;

/**
 * A controller of which any number may run, and each handles its share of the pods. {@link ShardedProcesses} starts three.
 *
 * <pre>
 * mvn -q compile exec:java -Dexec.mainClass=io.kooper.examples.ShardedController
 * </pre>
 */
public final class ShardedController {

  private static final int SHARDS = 12;

  private ShardedController() {}

  public static void main(String[] args) {
    try (Example example = Example.start("sharded", args, SimulatedPods::live)) {
      example.run(controller(example.client(), System.out));
    }
  }

  static Controller controller(KubernetesClient client, PrintStream out) {
    Shards shards = LeaderElection.builder(client, "sharded-example").namespace("default").shards(SHARDS);
    Handler<Pod> handler = (context, pod) -> out.println("Pod handled: " + context.key() + ", of shard "
        + shards.of(context.key().namespace(), context.key().name()) + " with token " + context.leadership().token());
    return Controller.builder(Retriever.of(client, Pod.class), handler).shards(shards).build();
  }
}
