package io.kooper.examples.podterminator;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.kooper.clock.Clock;
import io.kooper.controller.Controller;
import io.kooper.crd.CRD;
import io.kooper.examples.support.Example;
import io.kooper.leaderelection.LeaderElection;
import io.kooper.operator.Operator;
import java.util.List;
import java.util.Map;
import java.util.Random;

/**
 * An operator with a custom resource: it installs the definition of {@link PodTerminator}, and terminates pods as each of
 * them says. Of several replicas one works.
 *
 * <pre>
 * mvn compile exec:java -Dexec.mainClass=io.kooper.examples.podterminator.PodTerminatorOperator
 * </pre>
 *
 * <p>In a cluster: {@code kubectl apply -f kooper-examples/manifests/pod-terminator.yml} has what it may do.
 */
public final class PodTerminatorOperator {

  private PodTerminatorOperator() {}

  public static void main(String[] args) {
    try (Example example = Example.start("pod-terminator", args, SimulatedVictims::live)) {
      example.run(operator(example.client()));
    }
  }

  public static Operator operator(KubernetesClient client) {
    CRD<PodTerminator> terminators = CRD.of(client, PodTerminator.class);
    PodTerminatorHandler handler = new PodTerminatorHandler(new ClusterPods(client), Clock.system(), new Random());
    return Operator.builder("pod-terminator")
        .crd(terminators)
        .election(LeaderElection.builder(client, "pod-terminator").namespace("default").build())
        .controller(Controller.builder(terminators, handler).noResync())
        .build();
  }

  private record ClusterPods(KubernetesClient client) implements PodTerminatorHandler.Pods {

    @Override
    public List<Pod> running(Map<String, String> selector) {
      return client.pods().inAnyNamespace().withLabels(selector).list().getItems();
    }

    @Override
    public void terminate(Pod pod) {
      client.resource(pod).delete();
    }
  }
}
