package io.kooper.examples;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.kooper.controller.Controller;
import io.kooper.examples.support.Example;
import io.kooper.examples.support.Samples;
import io.kooper.examples.support.Simulation;
import io.kooper.handler.Handler;
import io.kooper.handler.TerminalException;
import io.kooper.retrieve.Retriever;
import java.io.PrintStream;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;

/**
 * A timer for each object, without a thread for each: deletes config maps labelled {@code example=requeue-after} when their
 * time to live is over. The handler works out how much of it is left and asks to be called again then; a change in between
 * calls sooner, and after a restart the first list sets all timers again.
 *
 * <pre>
 * mvn -q compile exec:java -Dexec.mainClass=io.kooper.examples.RequeueAfterController -Dexec.args="--embedded --for=8s"
 * </pre>
 */
public final class RequeueAfterController {

  private RequeueAfterController() {}

  public static void main(String[] args) {
    try (Example example = Example.start("requeue-after", args, RequeueAfterController::life)) {
      example.run(controller(example.client(), System.out));
    }
  }

  static Controller controller(KubernetesClient client, PrintStream out) {
    Retriever<ConfigMap> mortals = Retriever.builder(client, ConfigMap.class)
        .inNamespace("default")
        .withLabelSelector("example=requeue-after")
        .build();
    Handler<ConfigMap> undertaker = Handler.of(
        (context, mortal) -> {
          Instant created = Instant.parse(mortal.getMetadata().getCreationTimestamp());
          Duration left = Duration.between(Instant.now(), created.plus(timeToLive(mortal)));
          if (left.isNegative() || left.isZero()) {
            out.println(context.key() + " has lived its time");
            client.resource(mortal).delete();
          } else {
            out.println(context.key() + " lives for " + left.toMillis() + " ms more");
            context.requeueAfter(left);
          }
        },
        (context, mortal) -> out.println(context.key() + " is gone"));
    return Controller.builder(mortals, undertaker).noResync().build(); // the timers are enough
  }

  private static Duration timeToLive(ConfigMap mortal) {
    try {
      return Duration.parse(mortal.getData().get("ttl"));
    } catch (DateTimeException | NullPointerException e) { // no sense in trying again before somebody changes it
      throw new TerminalException("data.ttl is no time like PT5S", e);
    }
  }

  static Simulation life(KubernetesClient client) {
    return Simulation.live(step -> {
      if (step % 4 == 0) {
        String ttl = "PT" + (1 + step / 4 % 3) + "S";
        client.resource(Samples.configMap("default", "mortal-" + step / 4, "requeue-after", "ttl", ttl)).create();
      }
    });
  }
}
