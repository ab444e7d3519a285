package io.kooper.test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.api.model.OwnerReferenceBuilder;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.SecretBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.kooper.controller.Controller;
import io.kooper.controller.QueuedKey;
import io.kooper.handler.Handler;
import io.kooper.operator.Operator;
import io.kooper.retrieve.Retriever;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class SteadyTest {

  private static final Duration MOMENT = Duration.ofMillis(300);

  private final EmbeddedApiServer server = EmbeddedApiServer.start();
  private final KubernetesClient client = server.client();
  private final Map<String, String> seen = new ConcurrentHashMap<>();
  private final AtomicInteger calls = new AtomicInteger();
  private Controller controller;
  private Thread running;

  @AfterEach
  void stop() throws InterruptedException {
    if (controller != null) {
      controller.close();
      running.join();
    }
    client.close();
    server.close();
  }

  @BeforeEach
  void begin() {
    controller = null;
  }

  private Controller run(Handler<ConfigMap> handler) {
    return run(Controller.builder(maps(), handler).owns(Retriever.builder(client, Secret.class).inNamespace("default").build())
        .workers(2).noResync().build());
  }

  private Retriever<ConfigMap> maps() {
    return Retriever.builder(client, ConfigMap.class).inNamespace("default").build();
  }

  private Controller run(Controller one) {
    controller = one;
    running = new Thread(one::run);
    running.start();
    return one;
  }

  private ConfigMap write(String name, String value) {
    return client.resource(new ConfigMapBuilder().withNewMetadata().withNamespace("default").withName(name).endMetadata()
        .addToData("value", value).build()).createOr(one -> one.update());
  }

  private void child(ConfigMap owner) {
    client.resource(new SecretBuilder().withNewMetadata().withNamespace("default").withName(owner.getMetadata().getName())
        .addToOwnerReferences(new OwnerReferenceBuilder().withApiVersion("v1").withKind("ConfigMap").withController(true)
            .withName(owner.getMetadata().getName()).withUid(owner.getMetadata().getUid()).build())
        .endMetadata().build()).createOr(one -> one.update());
  }

  @Test
  void allThatWasWrittenHasBeenHandled() {
    write("early", "0");
    run((context, map) -> seen.put(context.key().name(), map.getData().get("value")));
    for (int i = 0; i < 20; i++) {
      write("m" + i % 5, Integer.toString(i));
      if (i % 7 == 0) {
        Steady.on(server).await(controller);
        assertThat(seen).containsEntry("m" + i % 5, Integer.toString(i)).containsEntry("early", "0");
      }
    }
    assertThat(Steady.on(server).await(controller)).isEmpty();
    assertThat(seen).containsEntry("m4", "19").hasSize(6);
  }

  @Test
  void whatItsOwnWritesCallIsHandledToo() {
    run((context, map) -> {
      calls.incrementAndGet();
      seen.put(context.key().name(), "children: " + context.owned(Secret.class).size());
      if (context.owned(Secret.class).isEmpty()) {
        child(map);
      }
    });
    for (int i = 0; i < 5; i++) {
      write("m" + i, "");
    }
    Steady.on(server).await(controller);
    assertThat(seen).hasSize(5).allSatisfy((name, children) -> assertThat(children).isEqualTo("children: 1"));
    int before = calls.get();
    Steady.on(server).await(controller);
    assertThat(calls).hasValue(before);
  }

  @Test
  void aControllerThatCallsItselfForEverIsAnError() {
    run((context, map) -> write(context.key().name(), Integer.toString(calls.incrementAndGet())));
    write("loop", "0");
    assertThatThrownBy(() -> Steady.on(server).within(Duration.ofMinutes(1)).calls(50).await(controller))
        .isInstanceOf(AssertionError.class).hasMessageStartingWith("controller configmaps has called its handler ")
        .hasMessageContaining("does it call itself by what it writes?");
  }

  @Test
  void aDelayedKeyIsNamedAndNotWaitedFor() {
    run((context, map) -> context.requeueAfter(Duration.ofHours(1)));
    write("later", "");
    List<QueuedKey> delayed = Steady.on(server).await(controller);
    assertThat(delayed).singleElement().extracting(key -> key.key().toString()).isEqualTo("default/later");
    assertThatThrownBy(() -> Steady.on(server).within(MOMENT).delayedToo().await(controller))
        .hasMessageContaining("is not steady after PT0.3S").hasMessageContaining("configmaps: default/later delayed PT59M");
  }

  @Test
  void aKeyThatFailsIsOwed() {
    run((context, map) -> {
      throw new IllegalStateException("the test's");
    });
    write("bad", "");
    assertThatThrownBy(() -> Steady.on(server).within(MOMENT).await(controller))
        .hasMessageContaining("configmaps: default/bad ").hasMessageContaining(" failure");
  }

  @Test
  void whileWatchesAreHeldItGoesByWhatTheControllerKnows() {
    run((context, map) -> seen.put(context.key().name(), map.getData().get("value")));
    write("m", "1");
    Steady.on(server).await(controller);
    server.hold("configmaps");
    write("m", "2");
    Steady.on(server).await(controller);
    assertThat(seen).containsEntry("m", "1");
    server.release("configmaps");
    Steady.on(server).await(controller);
    assertThat(seen).containsEntry("m", "2");
  }

  @Test
  void anOperatorIsSteadyWhenAllItsControllersAre() {
    Controller one = Controller.builder(maps(), (context, map) -> child(map)).name("one").noResync().build();
    Controller two = Controller.builder(Retriever.builder(client, Secret.class).inNamespace("default").build(),
        (context, secret) -> seen.put(context.key().name(), "secret")).name("two").noResync().build();
    run(Operator.builder("both").controller(one).controller(two).build());
    write("m", "");
    Steady.on(server).await(controller);
    assertThat(seen).containsEntry("m", "secret");
  }

  @Test
  void withoutAServerAQuietMomentCounts() {
    run((context, map) -> seen.put(context.key().name(), map.getData().get("value")));
    assertThat(Steady.await(controller)).isEmpty();
    controller.close();
    assertThatThrownBy(() -> Steady.within(Duration.ofMinutes(1)).await(controller)).hasMessageContaining("has ended");
  }
}
