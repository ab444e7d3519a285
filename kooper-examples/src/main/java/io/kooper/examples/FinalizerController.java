package io.kooper.examples;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.kooper.controller.Controller;
import io.kooper.examples.support.Example;
import io.kooper.examples.support.Samples;
import io.kooper.examples.support.Simulation;
import io.kooper.finalizer.FinalizerHandler;
import io.kooper.handler.Handler;
import io.kooper.retrieve.Retriever;
import java.io.PrintStream;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Cleans up outside of the cluster, and misses no delete: each config map labelled {@code example=finalizer} stands for a
 * site that has a DNS record. A finalizer keeps the config map until its record is removed, even if it was deleted while
 * this did not run, as {@code left-behind} was.
 *
 * <pre>
 * mvn -q compile exec:java -Dexec.mainClass=io.kooper.examples.FinalizerController -Dexec.args="--embedded --for=8s"
 * </pre>
 */
public final class FinalizerController {

  static final String FINALIZER = "example.kooper.io/dns-record";

  private FinalizerController() {}

  public static void main(String[] args) {
    try (Example example = Example.start("finalizer", args, FinalizerController::life)) {
      example.run(controller(example.client(), System.out));
    }
  }

  static Controller controller(KubernetesClient client, PrintStream out) {
    Retriever<ConfigMap> sites = Retriever.builder(client, ConfigMap.class)
        .inNamespace("default")
        .withLabelSelector("example=finalizer") // for the example only: who takes the label off keeps the finalizer
        .build();
    Map<String, String> dns = new ConcurrentHashMap<>(); // somewhere else, in real life
    Handler<ConfigMap> records = Handler.of(
        (context, site) -> {
          String address = site.getData().get("address");
          if (!address.equals(dns.put(context.key().name(), address))) {
            out.println("Record set: " + context.key().name() + " is " + address);
          }
        },
        (context, site) -> { // may be called twice, so it does not mind that the record is not there
          dns.remove(context.key().name());
          out.println("Record removed: " + context.key().name());
        });
    return Controller.sequential(sites, FinalizerHandler.of(client, FINALIZER, records));
  }

  static Simulation life(KubernetesClient client) {
    return Simulation.live(step -> {
      if (step == 0) {
        ConfigMap leftBehind = Samples.configMap("default", "left-behind", "finalizer", "address", "10.0.0.99");
        leftBehind.getMetadata().setFinalizers(List.of(FINALIZER));
        client.resource(client.resource(leftBehind).create()).delete();
      }
      ConfigMap site = Samples.configMap("default", "site-" + step / 3, "finalizer", "address", "10.0.0." + (step / 3 + 1));
      if (step % 3 == 0) {
        client.resource(site).create();
      } else if (step % 3 == 2) {
        client.resource(site).delete();
      }
    });
  }
}
