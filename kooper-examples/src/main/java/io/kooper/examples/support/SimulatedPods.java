package io.kooper.examples.support;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/** A small life of pods on an API server: every second or so one is created, changed or deleted. */
public final class SimulatedPods implements AutoCloseable {

  private static final int MOST = 4;

  private final KubernetesClient client;
  private final Deque<Pod> pods = new ArrayDeque<>(); // the oldest first
  private final ScheduledExecutorService life = Executors.newSingleThreadScheduledExecutor(task -> {
    Thread thread = new Thread(task, "simulated-pods");
    thread.setDaemon(true);
    return thread;
  });
  private int step;
  private int created;

  private SimulatedPods(KubernetesClient client) {
    this.client = client;
  }

  /** Starts it. */
  public static SimulatedPods live(KubernetesClient client) {
    SimulatedPods simulation = new SimulatedPods(client);
    simulation.create(); // one is there before the controller starts
    simulation.life.scheduleWithFixedDelay(simulation::step, 700, 700, TimeUnit.MILLISECONDS);
    return simulation;
  }

  private void step() {
    try {
      if (pods.size() == MOST || step % 3 == 2 && !pods.isEmpty()) {
        client.resource(pods.remove()).delete();
      } else if (step % 3 == 1 && !pods.isEmpty()) {
        Pod pod = pods.remove();
        pods.add(client.resource(pod).edit(p -> new PodBuilder(p)
            .editMetadata().addToLabels("step", Integer.toString(step)).endMetadata().build()));
      } else {
        create();
      }
      step++;
    } catch (RuntimeException e) {
      System.err.println("the simulation of pods failed and goes on: " + e.getMessage());
    }
  }

  private void create() {
    Pod pod = new PodBuilder()
        .withNewMetadata().withNamespace("default").withName("web-" + ++created).endMetadata()
        .withNewSpec()
        .addNewContainer().withName("web").withImage("nginx").endContainer()
        .endSpec()
        .build();
    pods.add(client.resource(pod).create());
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
