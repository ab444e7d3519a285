package io.kooper.test.junit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.SecretBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.kooper.controller.Controller;
import io.kooper.handler.Handler;
import io.kooper.operator.Operator;
import io.kooper.retrieve.ObjectKey;
import io.kooper.retrieve.Retriever;
import io.kooper.test.EmbeddedApiServer;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Who modifies what others read, too, is told so when the test ends. */
@KooperTest
class MutationDetectorTest {

  private KubernetesClient client;
  private ControllerHarness controllers;

  @BeforeEach
  void create(KubernetesClient given, EmbeddedApiServer server) {
    client = given;
    controllers = new ControllerHarness(server); // its end is looked at
  }

  private Controller controller(boolean bound, Handler<ConfigMap> handler) {
    var retriever = Retriever.builder(client, ConfigMap.class).inNamespace(client.getNamespace());
    return Controller.builder(bound ? retriever.boundStore().build() : retriever.build(), handler).build();
  }

  private void createMap() {
    client.resource(new ConfigMapBuilder().withNewMetadata().withName("web").addToLabels("a", "1").endMetadata()
        .addToData("k", "v").build()).create();
  }

  @Test
  void whatAHandlerModifiesInABoundStoreIsNamed() {
    createMap();
    controllers.run(controller(true, (context, map) -> {
      map.getMetadata().getLabels().put("touched", "secretly");
      map.setData(Map.of("k", "w"));
    }));
    controllers.awaitSteady();

    assertThatThrownBy(controllers::close).isInstanceOf(AssertionError.class)
        .hasMessageContaining("ConfigMap " + client.getNamespace() + "/web at data.k, metadata.labels.touched")
        .hasMessageContaining("context.copy()").message().doesNotContain("secretly");
    assertThatCode(controllers::close).as("said once").doesNotThrowAnyException();
  }

  @Test
  void whoModifiesACopyMay() {
    createMap();
    controllers.run(controller(true, (context, map) -> context.copy().setData(Map.of())));
    controllers.awaitSteady();

    assertThatCode(controllers::close).doesNotThrowAnyException();
  }

  @Test
  void whatIsNotSharedMayBeModified() {
    createMap();
    controllers.run(controller(false, (context, map) -> map.setData(Map.of())));
    controllers.awaitSteady();

    assertThatCode(controllers::close).doesNotThrowAnyException();
  }

  @Test
  void relatedObjectsAndOperatorsAreLookedAtToo() {
    client.resource(new SecretBuilder().withNewMetadata().withName("password").endMetadata().addToData("p", "cw==").build())
        .create();
    createMap();
    var maps = Retriever.builder(client, ConfigMap.class).inNamespace(client.getNamespace()).build();
    var secrets = Retriever.builder(client, Secret.class).inNamespace(client.getNamespace()).boundStore().build();
    controllers.run(Operator.builder("sites").controller(Controller.builder(maps, (Handler<ConfigMap>) (context, map) ->
            context.related(Secret.class).forEach(secret -> secret.getData().put("p", "")))
        .watches(secrets, secret -> List.of(new ObjectKey(client.getNamespace(), "web")))).build());
    controllers.awaitSteady();

    assertThatThrownBy(controllers::close).hasMessageContaining("Secret " + client.getNamespace() + "/password at data.p");
  }

  @Test
  void fieldsAreNamedByTheirPaths() {
    MutationDetector detector = new MutationDetector();
    ConfigMap map = new ConfigMapBuilder().withNewMetadata().withNamespace("n").withName("m").addToFinalizers("a").endMetadata()
        .build();
    detector.remember(map);
    map.getMetadata().getFinalizers().add("b");

    assertThat(detector.check()).hasMessageContaining("ConfigMap n/m at metadata.finalizers[1]");
    assertThat(detector.check()).isNull();
  }
}
