package com.example.spring;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.kooper.controller.Controller;
import io.kooper.handler.Handler;
import io.kooper.retrieve.Retriever;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

@Configuration(proxyBeanMethods = false)
public class PodControllers {

  @Bean
  ControllerLifecycle pods(ConfigurableApplicationContext context, KubernetesClient client, Handler<Pod> handler) {
    return new ControllerLifecycle(context,
        () -> Controller.builder(Retriever.of(client, Pod.class), handler).workers(2).build());
  }

  @Bean
  HealthIndicator podsLive(ControllerLifecycle pods) {
    return () -> {
      io.kooper.controller.Health now = pods.health();
      return (now == null || now.live() ? Health.up() : Health.down())
          .withDetail("reasons", now == null ? "stopped" : now.reasons()).build();
    };
  }

  @Bean
  HealthIndicator podsReady(ControllerLifecycle pods) {
    return () -> {
      io.kooper.controller.Health now = pods.health();
      return (now != null && now.ready() ? Health.up() : Health.outOfService()).build();
    };
  }
}
