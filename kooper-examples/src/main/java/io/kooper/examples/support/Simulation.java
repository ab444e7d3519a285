package io.kooper.examples.support;

import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.IntConsumer;

/** Does one step after another to an API server, as real life does; a step that fails is told, and tried again. */
public final class Simulation implements AutoCloseable {

  private static final long PAUSE_MILLIS = 400;

  private final IntConsumer life;
  private final ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor(task -> {
    Thread thread = new Thread(task, "simulation");
    thread.setDaemon(true);
    return thread;
  });
  private int step = 1;

  private Simulation(IntConsumer life) {
    this.life = life;
  }

  /** Takes step 0 now, before the controller starts, and the others after it, for as long as the example lives. */
  public static Simulation live(IntConsumer life) {
    life.accept(0);
    Simulation simulation = new Simulation(life);
    simulation.timer.scheduleWithFixedDelay(simulation::next, PAUSE_MILLIS, PAUSE_MILLIS, TimeUnit.MILLISECONDS);
    return simulation;
  }

  private void next() {
    try {
      life.accept(step);
      step++;
    } catch (RuntimeException e) {
      System.err.println("the simulation failed and goes on: " + e.getMessage());
    }
  }

  @Override
  public void close() {
    timer.shutdown();
    try {
      timer.awaitTermination(5, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
