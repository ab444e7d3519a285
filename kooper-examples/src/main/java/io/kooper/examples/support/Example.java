package io.kooper.examples.support;

import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.kooper.controller.Controller;
import io.kooper.probe.ProbeServer;
import io.kooper.test.EmbeddedApiServer;
import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * What every example needs around its controller: flags, a client of the configured cluster or of an embedded API server,
 * an end at Ctrl-C or after a time. Not part of the library: a program of yours has its own.
 */
public final class Example implements AutoCloseable {

  private final Flags flags;
  private final @Nullable EmbeddedApiServer server;
  private final KubernetesClient client;
  private final @Nullable AutoCloseable simulation;

  private Example(Flags flags, @Nullable EmbeddedApiServer server, KubernetesClient client,
      @Nullable AutoCloseable simulation) {
    this.flags = flags;
    this.server = server;
    this.client = client;
    this.simulation = simulation;
  }

  /**
   * Reads the flags and connects. With {@code --help} or a wrong flag it prints the usage and ends the process.
   *
   * @param simulation makes something happen on the embedded server, as real life does in a cluster
   */
  public static Example start(String name, String[] args, Function<KubernetesClient, ? extends AutoCloseable> simulation) {
    Flags flags;
    Optional<String> cluster;
    try {
      flags = Flags.parse(args);
      cluster = flags.embedded() ? Optional.empty() : cluster(System.getenv(), Path.of(System.getProperty("user.home")));
    } catch (IllegalArgumentException e) {
      System.err.println(name + ": " + e.getMessage() + System.lineSeparator() + Flags.USAGE);
      System.exit(2);
      throw e;
    }
    if (flags.help()) {
      System.out.println(Flags.USAGE);
      System.exit(0);
    }
    if (cluster.isPresent()) {
      Config config = Config.autoConfigure(null);
      System.out.println(name + ": using " + cluster.get() + ", API server " + config.getMasterUrl());
      return new Example(flags, null, new KubernetesClientBuilder().withConfig(config).build(), null);
    }
    EmbeddedApiServer server = EmbeddedApiServer.builder().requestsKept(0).start();
    System.out.println(name + ": " + (flags.embedded() ? "--embedded" : "no cluster is configured")
        + ", using an embedded API server at " + server.url());
    KubernetesClient client = server.client();
    return new Example(flags, server, client, simulation.apply(client));
  }

  /**
   * What says where the cluster is, in words; empty when nothing does.
   *
   * @throws IllegalArgumentException when KUBECONFIG names no file that exists
   */
  static Optional<String> cluster(Map<String, String> environment, Path home) {
    String kubeconfig = environment.get("KUBECONFIG");
    if (kubeconfig != null && !kubeconfig.isBlank()) {
      for (String file : kubeconfig.split(File.pathSeparator)) {
        if (Files.isReadable(Path.of(file))) {
          return Optional.of("the kubeconfig " + file);
        }
      }
      throw new IllegalArgumentException("KUBECONFIG is " + kubeconfig + ", which is no readable file;"
          + " set it to your kubeconfig, unset it, or use --embedded");
    }
    if (Files.isReadable(home.resolve(".kube/config"))) {
      return Optional.of("the kubeconfig " + home.resolve(".kube/config"));
    }
    if (environment.get("KUBERNETES_SERVICE_HOST") != null) {
      return Optional.of("the cluster of this pod");
    }
    return Optional.empty();
  }

  /** A client of the cluster; it lives as long as this. */
  public KubernetesClient client() {
    return client;
  }

  /** Runs the controller until Ctrl-C, SIGTERM, or the time that {@code --for} gave. */
  public void run(Controller controller) {
    try (ProbeServer probes = flags.probes() == 0 ? null
        : ProbeServer.builder().port(flags.probes()).controller(controller).start()) {
      if (probes != null) {
        System.out.println("Probes are at http://localhost:" + probes.port() + "/livez and /readyz");
      }
      work(controller);
    }
  }

  private void work(Controller controller) {
    Thread hook = new Thread(controller::close, "stop-at-exit");
    Runtime.getRuntime().addShutdownHook(hook);
    ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor(task -> {
      Thread thread = new Thread(task, "example-timer");
      thread.setDaemon(true);
      return thread;
    });
    Duration duration = flags.duration();
    if (duration != null) {
      timer.schedule(controller::close, duration.toMillis(), TimeUnit.MILLISECONDS);
    }
    timer.scheduleWithFixedDelay(new HealthReport(controller), 1, 1, TimeUnit.SECONDS);
    try {
      controller.run();
    } finally {
      timer.shutdownNow();
      try {
        Runtime.getRuntime().removeShutdownHook(hook);
      } catch (IllegalStateException e) {
        // the process is ending: the hook is what ended run()
      }
    }
  }

  /** Says on standard error what is wrong with the controller, whenever that changes. */
  private static final class HealthReport implements Runnable {

    private final Controller controller;
    private List<String> said = List.of();

    HealthReport(Controller controller) {
      this.controller = controller;
    }

    @Override
    public void run() {
      List<String> reasons = controller.health().reasons();
      if (!reasons.equals(said)) {
        said = reasons;
        System.err.println("Health: " + (reasons.isEmpty() ? "all is well" : String.join("; ", reasons)));
      }
    }
  }

  @Override
  public void close() {
    if (simulation != null) {
      try {
        simulation.close();
      } catch (Exception e) {
        System.err.println("the simulation did not end well: " + e);
      }
    }
    client.close();
    if (server != null) {
      server.close();
    }
    Thread.getAllStackTraces().keySet().stream().filter(one -> one.getName().startsWith("vert.x-")).forEach(Example::join);
  }

  /** The client's threads end by themselves, but Maven takes their classes away once main has returned. */
  private static void join(Thread thread) {
    try {
      thread.join(TimeUnit.SECONDS.toMillis(2));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
