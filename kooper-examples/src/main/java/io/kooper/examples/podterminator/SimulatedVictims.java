package io.kooper.examples.podterminator;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/** Six pods that come back when they are terminated, and a PodTerminator that does so every three seconds. */
public final class SimulatedVictims implements AutoCloseable {

  private static final int REPLICAS = 6;
  private static final Map<String, String> LABELS = Map.of("app", "victim");

  private final KubernetesClient client;
  private final ScheduledExecutorService life = Executors.newSingleThreadScheduledExecutor(task -> {
    Thread thread = new Thread(task, "simulated-victims");
    thread.setDaemon(true);
    return thread;
  });
  private int created;
  private boolean ordered;

  private SimulatedVictims(KubernetesClient client) {
    this.client = client;
  }

  /** Starts them. */
  public static SimulatedVictims live(KubernetesClient client) {
    SimulatedVictims victims = new SimulatedVictims(client);
    victims.life.scheduleWithFixedDelay(victims::step, 0, 500, TimeUnit.MILLISECONDS);
    return victims;
  }

  private void step() {
    try {
      int alive = client.pods().inNamespace("default").withLabels(LABELS).list().getItems().size();
      for (int i = alive; i < REPLICAS; i++) {
        client.resource(pod()).create();
      }
      if (!ordered && client.apiextensions().v1().customResourceDefinitions()
          .withName("podterminators.chaos.kooper.io").get() != null) {
        PodTerminator terminator = new PodTerminator();
        terminator.getMetadata().setName("victims");
        terminator.setSpec(new PodTerminatorSpec(LABELS, 3, 50, 2, false));
        client.resource(terminator).create();
        ordered = true;
      }
    } catch (RuntimeException e) {
      System.err.println("the simulation of victims failed and goes on: " + e.getMessage());
    }
  }

  private Pod pod() {
    return new PodBuilder()
        .withNewMetadata().withNamespace("default").withName("victim-" + ++created).withLabels(LABELS).endMetadata()
        .withNewSpec().addNewContainer().withName("web").withImage("nginx").endContainer().endSpec()
        .build();
  }

  @Override
  public void close() {
    life.shutdown();
    try {
      life.awaitTermination(5, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
