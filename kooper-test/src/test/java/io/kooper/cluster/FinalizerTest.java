package io.kooper.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Namespaced;
import io.fabric8.kubernetes.client.CustomResource;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.model.annotation.Group;
import io.fabric8.kubernetes.model.annotation.Version;
import io.kooper.controller.Controller;
import io.kooper.crd.CrdClient;
import io.kooper.crd.CrdDefinitions;
import io.kooper.crd.CrdPolicy;
import io.kooper.finalizer.FinalizerHandler;
import io.kooper.handler.Handler;
import io.kooper.retrieve.Retriever;
import io.kooper.test.EmbeddedApiServer;
import io.kooper.test.Fault;
import io.kooper.test.Faults;
import io.kooper.test.junit.KooperTest;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A finalizer against an API server that has versions, conflicts and finalizers of its own. */
@KooperTest
class FinalizerTest {

  @Group("test.kooper.io")
  @Version("v1")
  static class Widget extends CustomResource<String, Void> implements Namespaced {
    private static final long serialVersionUID = 1L;
  }

  private static final String OURS = "example.com/dns-record";

  private KubernetesClient client;
  private String namespace;
  private Retriever<ConfigMap> configMaps;
  private final List<String> calls = new CopyOnWriteArrayList<>();

  @BeforeEach
  void begin(KubernetesClient client) {
    this.client = client;
    namespace = client.getNamespace();
    configMaps = Retriever.builder(client, ConfigMap.class).inNamespace(namespace).withLabelSelector("app=web").build();
  }

  private ConfigMap get(String name) {
    return client.configMaps().inNamespace(namespace).withName(name).get();
  }

  private ConfigMap configMap(String name, String value) {
    return new ConfigMapBuilder().withNewMetadata().withNamespace(namespace).withName(name).addToLabels("app", "web")
        .endMetadata().addToData("value", value).build();
  }

  private <T extends HasMetadata> Controller controller(Retriever<T> retriever) {
    Handler<T> records = Handler.of(
        (context, object) -> calls.add("add " + context.key().name() + " " + object.getMetadata().getFinalizers()),
        (context, object) -> calls.add("delete " + context.key().name() + " " + object.getMetadata().getFinalizers()));
    return Controller.builder(retriever, FinalizerHandler.of(client, OURS, records)).noResync().build();
  }

  private void whileRunning(Controller controller, Runnable test) throws InterruptedException {
    Thread run = new Thread(controller::run);
    run.start();
    try {
      test.run();
    } finally {
      controller.close();
      run.join();
    }
  }

  @Test
  void cleansUpBeforeTheObjectGoes() throws InterruptedException {
    whileRunning(controller(configMaps), () -> {
      client.resource(configMap("web", "1")).create();
      await().until(() -> calls.contains("add web [" + OURS + "]"));

      client.resource(get("web")).delete();
      await().until(() -> get("web") == null);
      assertThat(calls).containsExactly("add web [" + OURS + "]", "delete web [" + OURS + "]");
    });
  }

  @Test
  void cleansUpAfterWhatWasDeletedWhileNobodyRan() throws InterruptedException {
    whileRunning(controller(configMaps), () -> {
      client.resource(configMap("web", "1")).create();
      await().until(() -> !calls.isEmpty());
    });
    client.resource(get("web")).delete();
    assertThat(get("web").getMetadata().getDeletionTimestamp()).isNotNull();

    whileRunning(controller(configMaps), () -> {
      await().until(() -> get("web") == null);
      assertThat(calls).last().isEqualTo("delete web [" + OURS + "]");
    });
  }

  @Test
  void leavesTheFinalizersOfOthersWhereTheyAre() throws InterruptedException {
    whileRunning(controller(configMaps), () -> {
      ConfigMap object = configMap("web", "1");
      object.getMetadata().setFinalizers(List.of("a.org/a", "b.org/b"));
      client.resource(object).create();
      await().until(() -> calls.contains("add web [a.org/a, b.org/b, " + OURS + "]"));

      client.resource(get("web")).delete();
      await().until(() -> get("web").getMetadata().getFinalizers().equals(List.of("a.org/a", "b.org/b")));
      client.resource(get("web")).edit(other -> new ConfigMapBuilder(other)
          .editMetadata().withFinalizers().endMetadata().build());
      await().until(() -> get("web") == null);
      assertThat(calls).filteredOn(call -> call.startsWith("delete")).hasSize(1);
    });
  }

  @Test
  void putsNoneOnWhatIsBeingDeletedAlready() throws InterruptedException {
    ConfigMap object = configMap("dying", "1");
    object.getMetadata().setFinalizers(List.of("a.org/a"));
    client.resource(object).create();
    client.resource(get("dying")).delete();

    whileRunning(controller(configMaps), () -> {
      client.resource(configMap("web", "1")).create(); // comes after it
      await().until(() -> !calls.isEmpty());
      assertThat(calls).containsExactly("add web [" + OURS + "]");
      assertThat(get("dying").getMetadata().getFinalizers()).containsExactly("a.org/a");
    });
  }

  @Test
  void buildsOnNoStateThatIsNotTheNewest(EmbeddedApiServer server) throws InterruptedException {
    Faults.Injection late = server.faults()
        .inject(Fault.delay(Duration.ofMillis(300)).on("patch", "configmaps").times(1));
    whileRunning(controller(configMaps), () -> {
      client.resource(configMap("web", "1")).create();
      await().until(() -> late.hits() == 1);
      client.resource(get("web")).edit(object -> new ConfigMapBuilder(object)
          .editMetadata().withFinalizers("a.org/a").endMetadata().addToData("value", "2").build());

      await().until(() -> calls.contains("add web [a.org/a, " + OURS + "]"));
      assertThat(get("web").getData()).containsEntry("value", "2");
      assertThat(server.requests(request -> request.is("patch", "configmaps"))).hasSizeGreaterThanOrEqualTo(2);
    });
  }

  @Test
  void bearsThatAnAnswerIsLost(EmbeddedApiServer server) throws InterruptedException {
    whileRunning(controller(configMaps), () -> {
      client.resource(configMap("web", "1")).create();
      await().until(() -> !calls.isEmpty());
      server.faults().inject(Fault.loseAnswer().on("patch", "configmaps").times(1));

      client.resource(get("web")).delete();
      await().until(() -> get("web") == null);
    });
    assertThat(calls).contains("delete web [" + OURS + "]");
  }

  @Test
  void finalizesWhatHasNoClass() throws InterruptedException {
    CrdClient.of(client).ensurePresent(CrdDefinitions.of(Widget.class), CrdPolicy.UPDATE, Duration.ofMinutes(1));
    whileRunning(controller(Retriever.generic(client, "test.kooper.io/v1", "Widget")), () -> {
      GenericKubernetesResource widget = new GenericKubernetesResource();
      widget.setApiVersion("test.kooper.io/v1");
      widget.setKind("Widget");
      widget.setMetadata(configMap("w", "").getMetadata());
      client.resource(widget).create();
      await().until(() -> calls.contains("add w [" + OURS + "]"));

      client.resource(widget).delete();
      await().until(() -> client.resource(widget).get() == null);
      assertThat(calls).last().isEqualTo("delete w [" + OURS + "]");
    });
  }
}
