package com.example.reaper;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.kooper.controller.Controller;
import io.kooper.test.EmbeddedApiServer;
import io.kooper.test.Fault;
import io.kooper.test.Faults;
import java.time.Clock;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class ReaperTest {

  private static Pod pod(String name, String ttl) {
    return new PodBuilder()
        .withNewMetadata().withNamespace("default").withName(name).addToLabels(ReaperHandler.TTL, ttl).endMetadata()
        .withNewSpec().addNewContainer().withName("main").withImage("busybox").endContainer().endSpec()
        .build();
  }

  @Test
  void deletesOldPodsAlsoWhenTheFirstTriesAreRefused() throws InterruptedException {
    try (EmbeddedApiServer server = EmbeddedApiServer.start(); KubernetesClient client = server.client()) {
      client.resource(pod("old", "PT10M")).create();
      client.resource(pod("young", "PT2H")).create();
      Faults.Injection refusals = server.faults().inject(Fault.status(403).on("delete", "pods").times(2));

      Clock inAnHour = Clock.offset(Clock.systemUTC(), Duration.ofHours(1));
      Controller controller = Reaper.controller(client, inAnHour).build();
      Thread run = new Thread(controller::run);
      run.start();
      await().until(() -> client.pods().inNamespace("default").withName("old").get() == null);
      assertThat(refusals.hits()).isEqualTo(2);
      assertThat(client.pods().inNamespace("default").withName("young").get()).isNotNull();

      controller.close();
      run.join();
    }
  }
}
