package io.kooper.examples;

import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.GenericKubernetesResourceBuilder;
import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinitionBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.kooper.controller.Controller;
import io.kooper.examples.support.Example;
import io.kooper.examples.support.Simulation;
import io.kooper.handler.Handler;
import io.kooper.retrieve.Retriever;
import java.io.PrintStream;
import java.util.Map;

/**
 * A resource without a Java class: only its API version and kind are known, its fields are read by name. On the embedded
 * server its definition is created a moment after the controller has started, which until then says what it waits for.
 *
 * <pre>
 * mvn -q compile exec:java -Dexec.mainClass=io.kooper.examples.GenericResourceController -Dexec.args="--embedded --for=8s"
 * </pre>
 */
public final class GenericResourceController {

  private static final String GROUP = "example.kooper.io";

  private GenericResourceController() {}

  public static void main(String[] args) {
    try (Example example = Example.start("generic-resource", args, GenericResourceController::life)) {
      example.run(controller(example.client(), System.out));
    }
  }

  static Controller controller(KubernetesClient client, PrintStream out) {
    Retriever<GenericKubernetesResource> widgets = Retriever.generic(client, GROUP + "/v1", "Widget");
    Handler<GenericKubernetesResource> handler = Handler.of(
        (context, widget) -> {
          Object size = widget.get("spec", "size"); // null when it is not there
          out.println("Widget " + context.key() + (size == null ? " has no size" : " has size " + size));
        },
        (context, widget) -> out.println("Widget " + context.key() + " is gone"));
    return Controller.sequential(widgets, handler);
  }

  static Simulation life(KubernetesClient client) {
    return Simulation.live(step -> {
      if (step == 2) {
        client.resource(new CustomResourceDefinitionBuilder()
            .withNewMetadata().withName("widgets." + GROUP).endMetadata()
            .withNewSpec().withGroup(GROUP).withScope("Namespaced")
            .withNewNames().withKind("Widget").withPlural("widgets").withSingular("widget").endNames()
            .addNewVersion().withName("v1").withServed(true).withStorage(true)
            .withNewSchema().withNewOpenAPIV3Schema().withType("object").withXKubernetesPreserveUnknownFields(true)
            .endOpenAPIV3Schema().endSchema().endVersion().endSpec()
            .build()).create();
      } else if (step > 2) {
        GenericKubernetesResource widget = new GenericKubernetesResourceBuilder()
            .withApiVersion(GROUP + "/v1").withKind("Widget")
            .withNewMetadata().withNamespace("default").withName("widget-" + (step + 1) / 2).endMetadata()
            .build();
        if (step % 2 == 1) {
          widget.setAdditionalProperty("spec", Map.of("size", step));
          client.resource(widget).create();
        } else {
          client.resource(widget).delete();
        }
      }
    });
  }
}
