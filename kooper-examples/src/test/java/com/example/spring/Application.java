package com.example.spring;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.kooper.handler.Handler;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.context.annotation.Bean;

@SpringBootApplication
public class Application {

  @Bean
  KubernetesClient kubernetes() {
    return new KubernetesClientBuilder().build();
  }

  @Bean
  Handler<Pod> handler() {
    return (context, pod) -> System.out.println("Pod added: " + context.key());
  }

  public static void main(String[] args) {
    SpringApplication.run(Application.class, args);
  }
}
