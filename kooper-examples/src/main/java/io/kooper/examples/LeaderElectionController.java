package io.kooper.examples;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.kooper.controller.Controller;
import io.kooper.examples.support.Example;
import io.kooper.examples.support.SimulatedPods;
import io.kooper.leaderelection.LeaderElection;
import io.kooper.leaderelection.LeaderElectionListener;
import io.kooper.retrieve.Retriever;
import java.io.PrintStream;

/**
 * A controller of which any number may run, and one handles pods. Start it twice on one cluster, then stop the leader.
 *
 * <pre>
 * mvn -q compile exec:java -Dexec.mainClass=io.kooper.examples.LeaderElectionController
 * </pre>
 *
 * <p>Without a cluster, {@link ApiServer} is one for several processes.
 */
public final class LeaderElectionController {

  private LeaderElectionController() {}

  public static void main(String[] args) {
    try (Example example = Example.start("leader-election", args, SimulatedPods::live)) {
      example.run(controller(example.client(), System.out));
    }
  }

  static Controller controller(KubernetesClient client, PrintStream out) {
    LeaderElection election = LeaderElection.builder(client, "leader-election-example")
        .namespace("default")
        .listener(new Reporter(out))
        .build();
    out.println("I am " + election.identity());
    return Controller.builder(
            Retriever.of(client, Pod.class),
            (context, pod) -> out.println("Pod handled: " + context.key() + ", token " + context.leadership().token()))
        .election(election)
        .build();
  }

  private record Reporter(PrintStream out) implements LeaderElectionListener {

    @Override
    public void startedLeading(long token) {
      out.println("I lead, with token " + token);
    }

    @Override
    public void newLeader(String identity) {
      out.println("The leader is " + identity);
    }
  }
}
