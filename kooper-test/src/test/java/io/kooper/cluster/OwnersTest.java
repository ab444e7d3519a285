package io.kooper.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.GenericKubernetesResourceBuilder;
import io.fabric8.kubernetes.api.model.OwnerReferenceBuilder;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.SecretBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.kooper.controller.Controller;
import io.kooper.controller.ControllerBuilder;
import io.kooper.handler.Handler;
import io.kooper.handler.HandlerContext;
import io.kooper.retrieve.ObjectKey;
import io.kooper.retrieve.Retriever;
import io.kooper.test.junit.KooperTest;
import io.kooper.test.junit.TestCluster;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Objects that own others, and handlers that write what they watch, against an API server. */
@KooperTest
class OwnersTest {

  private KubernetesClient client;
  private String namespace;
  private final List<String> calls = new CopyOnWriteArrayList<>();
  private final AtomicInteger names = new AtomicInteger();

  @BeforeEach
  void begin(KubernetesClient client) {
    this.client = client;
    namespace = client.getNamespace();
  }

  private void create(String name) {
    client.resource(new ConfigMapBuilder().withNewMetadata().withNamespace(namespace).withName(name).addToLabels("app", "owner")
        .endMetadata().addToData("value", "1").build()).create();
  }

  private void change(String name, String value) {
    client.configMaps().inNamespace(namespace).withName(name).edit(
        object -> new ConfigMapBuilder(object).addToData("value", value).build());
  }

  private ControllerBuilder<ConfigMap> controller(Handler<ConfigMap> handler) {
    Retriever<ConfigMap> owners =
        Retriever.builder(client, ConfigMap.class).inNamespace(namespace).withLabelSelector("app=owner").build();
    return Controller.builder(owners, handler).noResync();
  }

  private ControllerBuilder<ConfigMap> owning(Handler<ConfigMap> handler) {
    return controller(handler).workers(4).owns(Retriever.builder(client, Secret.class).inNamespace(namespace).build());
  }

  /** As many people write it: it looks for the child, and creates one under a name of its own if there is none. */
  private void listThenCreate(HandlerContext<ConfigMap> context, ConfigMap owner) {
    calls.add(context.key().name());
    if (context.owned(Secret.class).isEmpty()) {
      context.wrote(client.resource(new SecretBuilder().withNewMetadata().withNamespace(namespace)
          .withName("child-" + names.incrementAndGet())
          .addToOwnerReferences(new OwnerReferenceBuilder().withApiVersion("v1").withKind("ConfigMap").withController(true)
              .withName(owner.getMetadata().getName()).withUid(owner.getMetadata().getUid()).build())
          .endMetadata().build()).create());
    }
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

  private static ConditionFactory patiently() {
    return await().atMost(Duration.ofSeconds(60)).pollInterval(Duration.ofMillis(20));
  }

  private List<Secret> children() {
    return client.secrets().inNamespace(namespace).list().getItems();
  }

  @Test
  @DisplayName("Twenty owners whose handler lists its children and creates one if there is none get twenty children")
  void noOwnerGetsTwoChildren() throws InterruptedException {
    for (int i = 0; i < 20; i++) {
      create("o" + i);
    }
    whileRunning(owning(this::listThenCreate).build(), () -> {
      for (int round = 2; round < 5; round++) {
        for (int i = 0; i < 20; i++) {
          change("o" + i, Integer.toString(round));
        }
      }
      patiently().until(() -> children().size() >= 20 && calls.size() >= 40);
    });

    assertThat(children()).hasSize(20).extracting(child -> child.getMetadata().getOwnerReferences().get(0).getName())
        .doesNotHaveDuplicates();
  }

  @Test
  void anOwnerIsCalledWhenItsChildIsDeletedAndMakesAnother() throws InterruptedException {
    create("o");
    whileRunning(owning(this::listThenCreate).build(), () -> {
      patiently().until(() -> children().size() == 1);
      Secret first = children().get(0);
      client.resource(first).delete();
      patiently().until(() -> children().size() == 1
          && !children().get(0).getMetadata().getUid().equals(first.getMetadata().getUid()));
    });
  }

  @Test
  void childrenGoWithTheirOwner(TestCluster cluster) throws InterruptedException {
    cluster.requireGarbageCollection();
    create("o");
    whileRunning(owning(this::listThenCreate).build(), () -> patiently().until(() -> children().size() == 1));
    client.configMaps().inNamespace(namespace).withName("o").delete();
    patiently().until(() -> children().isEmpty());
  }

  @Test
  void whatIsReferencedCallsWhoReferencesIt() throws InterruptedException {
    create("o");
    Handler<ConfigMap> handler = (context, object) -> calls.add(context.related(Secret.class).stream()
        .map(secret -> String.valueOf(secret.getData())).toList() + " " + context.reasons());
    Controller controller = controller(handler).references(Retriever.builder(client, Secret.class).inNamespace(namespace).build(),
        object -> List.of(new ObjectKey(namespace, "password"))).build();
    whileRunning(controller, () -> {
      patiently().until(() -> calls.contains("[] [added]"));
      client.resource(new SecretBuilder().withNewMetadata().withNamespace(namespace).withName("password").endMetadata()
          .withData(Map.of("key", "dmFsdWU=")).build()).create();
      patiently().until(() -> calls.contains("[{key=dmFsdWU=}] [related secrets " + namespace + "/password]"));
    });
  }

  @Test
  @DisplayName("Two kinds without a class are told apart by their group and kind when an object of one of them is written")
  void kindsWithoutAClassAreToldApart() throws InterruptedException {
    create("o");
    List<GenericKubernetesResource> related = Stream.of("Secret", "ServiceAccount").map(kind -> client.resource(
        new GenericKubernetesResourceBuilder().withApiVersion("v1").withKind(kind).withNewMetadata().withNamespace(namespace)
            .withName("o").endMetadata().build()).create()).toList();
    ControllerBuilder<ConfigMap> builder = controller((context, object) -> related.forEach(one ->
        calls.add(one.getMetadata().getResourceVersion() + " is seen as " + context.seenVersion(one))));
    related.forEach(one -> builder.owns(Retriever.generic(client, one.getApiVersion(), one.getKind())));

    whileRunning(builder.build(), () -> patiently().until(() -> calls.size() == 2));

    assertThat(calls).containsExactlyElementsOf(related.stream().map(one -> one.getMetadata().getResourceVersion())
        .map(version -> version + " is seen as " + version).toList());
  }

  private ConfigMap writeItself(HandlerContext<ConfigMap> context, ConfigMap object) {
    calls.add(object.getData().get("value"));
    return client.resource(new ConfigMapBuilder(object).addToData("count", Integer.toString(calls.size())).build()).update();
  }

  @Test
  @DisplayName("A handler that writes its own object at each call settles when it says so: one call a change")
  void aHandlerThatWritesItsOwnObjectSettles() throws InterruptedException {
    create("o");
    whileRunning(controller((context, object) -> context.wrote(writeItself(context, object))).build(), () -> {
      patiently().until(() -> calls.size() == 1);
      patiently().ignoreExceptions().until(() -> {
        change("o", "2");
        return true;
      });
      patiently().until(() -> calls.contains("2"));
      create("another"); // once it is handled, what the writes before it have caused was handled too
      patiently().until(() -> calls.size() > 2);
    });

    assertThat(calls).containsExactly("1", "2", "1");
  }

  @Test
  void aHandlerThatWritesItsOwnObjectAndSaysNothingIsNamed() throws InterruptedException {
    create("o");
    Controller controller = controller((context, object) -> writeItself(context, object)).loopLimit(10).build();
    whileRunning(controller, () -> patiently().until(() -> controller.health().reasons().stream()
        .anyMatch(reason -> reason.contains("again and again") && reason.contains(namespace + "/o"))));
  }
}
