package io.kooper.examples.echopod;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.kooper.controller.Controller;
import io.kooper.examples.support.Example;
import io.kooper.examples.support.SimulatedPods;
import io.kooper.retrieve.Retriever;
import io.kooper.retrieve.RetrieverBuilder;
import java.io.PrintStream;

/**
 * The echo-pod controller as a program that may grow: its own flags, a service that knows nothing of Kubernetes, a handler
 * between the two, and a test for each. {@link io.kooper.examples.EchoPodController} is the same on one page.
 *
 * <pre>
 * mvn -q compile exec:java -Dexec.mainClass=io.kooper.examples.echopod.EchoPod \
 *     -Dexec.args="--embedded --for=8s --namespace=default --resync=2s"
 * </pre>
 *
 * <p>In a cluster: {@code kubectl apply -f kooper-examples/manifests/echo-pod.yml} with an image made of the
 * {@code Dockerfile}.
 */
public final class EchoPod {

  private EchoPod() {}

  public static void main(String[] args) {
    EchoPodFlags flags;
    try {
      flags = EchoPodFlags.parse(args);
    } catch (IllegalArgumentException e) {
      System.err.println("echo-pod: " + e.getMessage() + System.lineSeparator() + EchoPodFlags.USAGE);
      System.exit(2);
      throw e;
    }
    if (flags.others().contains("--help") || flags.others().contains("-h")) {
      System.out.println(EchoPodFlags.USAGE);
    }
    try (Example example = Example.start("echo-pod", flags.others().toArray(String[]::new), SimulatedPods::live)) {
      example.run(controller(example.client(), flags, EchoService.to(System.out)));
    }
  }

  /** With the flags' defaults. */
  public static Controller controller(KubernetesClient client, PrintStream out) {
    return controller(client, EchoPodFlags.parse(), EchoService.to(out));
  }

  static Controller controller(KubernetesClient client, EchoPodFlags flags, EchoService service) {
    RetrieverBuilder<Pod> pods = Retriever.builder(client, Pod.class);
    if (!flags.namespace().isEmpty()) {
      pods.inNamespace(flags.namespace());
    }
    return Controller.builder(pods.build(), new EchoPodHandler(service)).name("echo-pod").resync(flags.resync()).build();
  }
}
