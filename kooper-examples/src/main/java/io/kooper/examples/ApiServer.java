package io.kooper.examples;

import io.kooper.test.EmbeddedApiServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;

/**
 * The embedded API server as a process of its own, for examples in several processes. It writes a kubeconfig that
 * {@code KUBECONFIG} can point to, and ends with Ctrl-C.
 *
 * <pre>
 * mvn -q compile exec:java -Dexec.mainClass=io.kooper.examples.ApiServer -Dexec.args=/tmp/kubeconfig
 * KUBECONFIG=/tmp/kubeconfig mvn -q compile exec:java
 * </pre>
 */
public final class ApiServer {

  private ApiServer() {}

  public static void main(String[] args) throws IOException, InterruptedException {
    if (args.length != 1 || args[0].startsWith("-")) {
      System.err.println("Give one argument: the file to write the kubeconfig to.");
      System.exit(2);
    }
    try (EmbeddedApiServer server = EmbeddedApiServer.builder().requestsKept(0).start()) {
      Files.writeString(Path.of(args[0]), server.kubeconfig());
      System.out.println("An API server is at " + server.url() + ", its kubeconfig in " + args[0]);
      new CountDownLatch(1).await();
    }
  }
}
