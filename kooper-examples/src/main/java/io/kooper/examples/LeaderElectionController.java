package io.kooper.examples;

import io.fabric8.kubernetes.api.model.Pod;
import io.kooper.controller.Controller;
import io.kooper.examples.support.Example;
import io.kooper.examples.support.SimulatedPods;
import io.kooper.leaderelection.LeaderElection;
import io.kooper.leaderelection.LeaderElectionListener;
import io.kooper.retrieve.Retriever;

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
      LeaderElection election = LeaderElection.builder(example.client(), "leader-election-example")
          .namespace("default")
          .listener(new Reporter())
          .build();
      System.out.println("I am " + election.identity());
      example.run(Controller.builder(
              Retriever.of(example.client(), Pod.class),
              (context, pod) -> System.out.println(
                  "Pod handled: " + context.key() + ", token " + context.leadership().token()))
          .election(election)
          .build());
    }
  }

  private static final class Reporter implements LeaderElectionListener {

    @Override
    public void startedLeading(long token) {
      System.out.println("I lead, with token " + token);
    }

    @Override
    public void newLeader(String identity) {
      System.out.println("The leader is " + identity);
    }
  }
}
