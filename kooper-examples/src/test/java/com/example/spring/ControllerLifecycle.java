package com.example.spring;

import io.kooper.controller.Controller;
import io.kooper.controller.Health;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.SmartLifecycle;

/** Runs a controller, or an operator, from the start of an application context to its stop. */
public class ControllerLifecycle implements SmartLifecycle {

  private static final Logger log = LoggerFactory.getLogger(ControllerLifecycle.class);

  private final ConfigurableApplicationContext context;
  private final Supplier<? extends Controller> builder;
  private volatile Controller controller;

  /** @param builder makes a new one at each start, since a controller runs once */
  public ControllerLifecycle(ConfigurableApplicationContext context, Supplier<? extends Controller> builder) {
    this.context = context;
    this.builder = builder;
  }

  @Override
  public void start() {
    Controller started = builder.get();
    controller = started;
    new Thread(() -> run(started), started.name()).start();
  }

  private void run(Controller started) {
    try {
      started.run();
    } catch (RuntimeException e) {
      log.error("{} has ended, and so does the application", started.name(), e);
      context.close();
    }
  }

  @Override
  public void stop() {
    controller.close(); // waits until run() is about to return
    controller = null;
  }

  @Override
  public boolean isRunning() {
    return controller != null;
  }

  /** How it is doing; null while it is stopped. */
  public Health health() {
    Controller running = controller;
    return running == null ? null : running.health();
  }
}
