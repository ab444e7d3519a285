package com.example.spring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.kooper.controller.Controller;
import io.kooper.handler.Handler;
import io.kooper.handler.HandlerContext;
import io.kooper.retrieve.Retriever;
import io.kooper.test.EmbeddedApiServer;
import io.kooper.test.Fault;
import java.time.Duration;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.springframework.boot.Banner;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.boot.health.contributor.Status;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.support.GenericApplicationContext;

class PodControllersTest {

  private final EmbeddedApiServer server = EmbeddedApiServer.start();
  private final Recorder recorder = new Recorder();

  private static final class Recorder implements Handler<Pod> {

    private final Queue<String> seen = new ConcurrentLinkedQueue<>();

    @Override
    public void add(HandlerContext<Pod> context, Pod pod) {
      seen.add(context.key().toString());
    }
  }

  @AfterEach
  void stopServer() {
    server.close();
  }

  private ConfigurableApplicationContext start() {
    return start(PodControllers.class);
  }

  /** As {@code SpringApplication.run}, with a client of the embedded API server. */
  private ConfigurableApplicationContext start(Class<?> configuration) {
    SpringApplication application = new SpringApplication(configuration);
    application.setWebApplicationType(WebApplicationType.NONE);
    application.setBannerMode(Banner.Mode.OFF);
    application.setLogStartupInfo(false);
    application.setRegisterShutdownHook(false);
    application.addInitializers((GenericApplicationContext context) -> {
      context.registerBean(KubernetesClient.class, server::client);
      context.registerBean(Recorder.class, () -> recorder);
    });
    return application.run();
  }

  private void createPod(String name) {
    try (KubernetesClient client = server.client()) {
      client.resource(new PodBuilder().withNewMetadata().withNamespace("default").withName(name).endMetadata()
          .withNewSpec().addNewContainer().withName("main").withImage("busybox").endContainer().endSpec().build()).create();
    }
  }

  private static Status status(ConfigurableApplicationContext context, String bean) {
    return context.getBean(bean, HealthIndicator.class).health().getStatus();
  }

  @Test
  void aControllerLivesAsLongAsTheContext() {
    createPod("first");
    try (ConfigurableApplicationContext context = start()) {
      await().until(() -> List.copyOf(recorder.seen).equals(List.of("default/first")));
      await().until(() -> status(context, "podsReady").equals(Status.UP));
      assertThat(status(context, "podsLive")).isEqualTo(Status.UP);
      await().until(() -> server.openWatches() == 1);
    }
    await().until(() -> server.openWatches() == 0 && server.openConnections() == 0);
  }

  @Test
  void aContextThatIsStoppedAndStartedRunsANewOne() {
    createPod("first");
    try (ConfigurableApplicationContext context = start()) {
      await().until(() -> recorder.seen.size() == 1);
      context.stop();
      assertThat(status(context, "podsReady")).isEqualTo(Status.OUT_OF_SERVICE);
      recorder.seen.clear();
      createPod("second");
      context.start();
      await().until(() -> recorder.seen.containsAll(List.of("default/first", "default/second")));
    }
  }

  @Test
  void itIsNotReadyBeforeItHasSeenAllPods() {
    server.faults().inject(Fault.status(403).on("list", "pods"));
    try (ConfigurableApplicationContext context = start()) {
      assertThat(status(context, "podsReady")).isEqualTo(Status.OUT_OF_SERVICE);
      await().atMost(Duration.ofSeconds(60)).until(() -> context.getBean("podsLive", HealthIndicator.class).health()
          .getDetails().get("reasons").toString().contains("grant the verb"));
      assertThat(status(context, "podsLive")).isEqualTo(Status.UP);
    }
  }

  @Configuration(proxyBeanMethods = false)
  static class Impatient {

    @Bean
    ControllerLifecycle pods(ConfigurableApplicationContext context, KubernetesClient client, Handler<Pod> handler) {
      return new ControllerLifecycle(context, () -> Controller.builder(Retriever.of(client, Pod.class), handler)
          .syncTimeout(Duration.ofMillis(300)).build());
    }
  }

  @Test
  void theApplicationEndsWithAControllerThatBreaks() {
    server.faults().inject(Fault.status(403).on("list", "pods"));
    ConfigurableApplicationContext context = start(Impatient.class);
    await().until(() -> !context.isActive());
  }
}
