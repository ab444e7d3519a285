package io.kooper.examples;

import io.kooper.examples.support.SimulatedPods;
import io.kooper.test.EmbeddedApiServer;
import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/**
 * Three processes of {@link ShardedController} on one embedded API server, until Ctrl-C. Kill one by its id, which it prints, and
 * see the others take its shards.
 *
 * <pre>
 * mvn -q compile exec:java -Dexec.mainClass=io.kooper.examples.ShardedProcesses
 * </pre>
 */
public final class ShardedProcesses {

  private ShardedProcesses() {}

  @SuppressWarnings("try") // the simulation only has to live
  public static void main(String[] args) throws IOException, InterruptedException {
    Path kubeconfig = Files.createTempFile("kubeconfig", "");
    List<Process> processes = new ArrayList<>();
    Runtime.getRuntime().addShutdownHook(new Thread(() -> stop(processes)));
    try (EmbeddedApiServer server = EmbeddedApiServer.start(); SimulatedPods life = SimulatedPods.live(server.client())) {
      Files.writeString(kubeconfig, server.kubeconfig());
      System.out.println("An API server is at " + server.url() + ", its kubeconfig in " + kubeconfig);
      for (int i = 1; i <= 3; i++) {
        Process process = start(kubeconfig);
        processes.add(process);
        print("replica " + i, process);
        System.out.println("replica " + i + " is process " + process.pid());
      }
      for (Process process : processes) {
        process.waitFor();
      }
    } finally {
      processes.forEach(Process::destroy);
      Files.delete(kubeconfig);
    }
  }

  /** While the API server is still there, to which they give their leases back. */
  private static void stop(List<Process> processes) {
    processes.forEach(Process::destroy);
    try {
      for (Process process : processes) {
        process.waitFor(20, TimeUnit.SECONDS);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static Process start(Path kubeconfig) throws IOException {
    ProcessBuilder builder = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-cp",
        classPath(), ShardedController.class.getName()).redirectErrorStream(true);
    builder.environment().put("KUBECONFIG", kubeconfig.toString());
    return builder.start();
  }

  /** That of exec:java is its class loader's. */
  private static String classPath() {
    return ShardedProcesses.class.getClassLoader() instanceof URLClassLoader loader
        ? Arrays.stream(loader.getURLs()).map(URL::getPath).collect(Collectors.joining(File.pathSeparator))
        : System.getProperty("java.class.path");
  }

  private static void print(String name, Process process) {
    Thread printer = new Thread(() -> {
      try (BufferedReader lines = new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
        lines.lines().forEach(line -> System.out.println(name + ": " + line));
      } catch (IOException | UncheckedIOException e) {
        System.out.println(name + " has ended: " + e.getMessage());
      }
    }, name);
    printer.setDaemon(true);
    printer.start();
  }
}
