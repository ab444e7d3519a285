package io.kooper.test.junit;

import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.kooper.test.EmbeddedApiServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPairGenerator;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** A kube-apiserver and its etcd as processes, without controllers and kubelets, as Go's envtest has them. */
final class BareApiServer implements Target {

  private static final String TOKEN = "kooper-test";
  private static final int ATTEMPTS = 240;
  private static final long PAUSE = 250; // milliseconds between two attempts

  private final Path programs;
  private final Path folder = Files.createTempDirectory("kooper-test-apiserver");
  private final int port = freePort();
  private final List<Process> processes = new ArrayList<>();

  private BareApiServer(Path programs) throws IOException {
    this.programs = programs;
    Path key = folder.resolve("service-account.key");
    Files.writeString(key, privateKey());
    Files.writeString(folder.resolve("tokens.csv"), TOKEN + ",admin,1,system:masters\n");
    String etcd = "http://127.0.0.1:" + freePort();
    run("etcd", "--data-dir=" + folder.resolve("etcd"), "--listen-client-urls=" + etcd, "--advertise-client-urls=" + etcd,
        "--listen-peer-urls=http://127.0.0.1:" + freePort(), "--unsafe-no-fsync");
    run("kube-apiserver", "--etcd-servers=" + etcd, "--secure-port=" + port, "--bind-address=127.0.0.1",
        "--cert-dir=" + folder.resolve("certificates"), "--service-cluster-ip-range=10.0.0.0/24",
        "--token-auth-file=" + folder.resolve("tokens.csv"), "--authorization-mode=RBAC",
        "--service-account-issuer=https://localhost", "--service-account-signing-key-file=" + key,
        "--service-account-key-file=" + key, "--disable-admission-plugins=ServiceAccount");
  }

  static BareApiServer start(Path programs) throws IOException {
    BareApiServer server = new BareApiServer(programs);
    try {
      server.awaitReady();
      return server;
    } catch (RuntimeException | Error e) {
      server.close();
      throw e;
    }
  }

  private void run(String program, String... arguments) throws IOException {
    List<String> command = new ArrayList<>(List.of(programs.resolve(program).toString()));
    command.addAll(List.of(arguments));
    processes.add(new ProcessBuilder(command).redirectErrorStream(true)
        .redirectOutput(folder.resolve(program + ".log").toFile()).start());
  }

  private void awaitReady() {
    try (KubernetesClient client = new KubernetesClientBuilder().withConfig(config()).build()) {
      KubernetesClientException last = null;
      for (int i = 0; i < ATTEMPTS; i++) {
        try {
          if ("ok".equals(client.raw("/readyz")) && client.namespaces().withName("default").get() != null) {
            return;
          }
        } catch (KubernetesClientException e) {
          last = e; // not yet
        }
        TimeUnit.MILLISECONDS.sleep(PAUSE);
      }
      throw new IllegalStateException("the kube-apiserver did not become ready; its log is in " + folder, last);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  @Override
  public Config config() {
    return new ConfigBuilder(Config.empty()).withMasterUrl("https://127.0.0.1:" + port + "/").withTrustCerts(true)
        .withOauthToken(TOKEN).withRequestRetryBackoffLimit(0).build();
  }

  @Override
  public @Nullable EmbeddedApiServer embedded() {
    return null;
  }

  private static String privateKey() {
    try {
      KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA");
      generator.initialize(2048);
      return "-----BEGIN PRIVATE KEY-----\n"
          + Base64.getMimeEncoder().encodeToString(generator.generateKeyPair().getPrivate().getEncoded())
          + "\n-----END PRIVATE KEY-----\n";
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0)) {
      return socket.getLocalPort();
    }
  }

  @Override
  public void close() {
    for (int i = processes.size() - 1; i >= 0; i--) {
      processes.get(i).destroyForcibly().onExit().join();
    }
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(file);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
