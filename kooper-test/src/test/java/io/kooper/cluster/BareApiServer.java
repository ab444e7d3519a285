package io.kooper.cluster;

import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.io.IOException;
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
import org.awaitility.Awaitility;

/** A kube-apiserver and its etcd as processes, without a kubelet or a controller-manager. */
final class BareApiServer implements AutoCloseable {

  private static final String TOKEN = "kooper-tests";

  private final Path folder;
  private final int port;
  private final List<Process> processes = new ArrayList<>();

  private BareApiServer(Path folder, int port) {
    this.folder = folder;
    this.port = port;
  }

  static BareApiServer start(Path assets) throws IOException {
    var server = new BareApiServer(Files.createTempDirectory("kooper-apiserver"), freePort());
    try {
      server.startProcesses(assets);
      server.awaitReady();
      return server;
    } catch (IOException | RuntimeException | Error e) {
      server.close();
      throw e;
    }
  }

  private void startProcesses(Path assets) throws IOException {
    String etcd = "http://127.0.0.1:" + freePort();
    run(assets.resolve("etcd"), "--data-dir=" + folder.resolve("etcd"), "--listen-client-urls=" + etcd,
        "--advertise-client-urls=" + etcd, "--listen-peer-urls=http://127.0.0.1:" + freePort(), "--unsafe-no-fsync");
    Path key = Files.writeString(folder.resolve("service-account.key"), privateKey());
    Path tokens = Files.writeString(folder.resolve("tokens.csv"), TOKEN + ",admin,1,system:masters\n");
    run(assets.resolve("kube-apiserver"), "--etcd-servers=" + etcd, "--secure-port=" + port, "--bind-address=127.0.0.1",
        "--cert-dir=" + folder.resolve("certificates"), "--service-cluster-ip-range=10.0.0.0/24",
        "--token-auth-file=" + tokens, "--authorization-mode=RBAC", "--service-account-issuer=https://localhost",
        "--service-account-signing-key-file=" + key, "--service-account-key-file=" + key,
        "--disable-admission-plugins=ServiceAccount");
  }

  private void run(Path program, String... arguments) throws IOException {
    List<String> command = new ArrayList<>(List.of(program.toString()));
    command.addAll(List.of(arguments));
    processes.add(new ProcessBuilder(command).redirectErrorStream(true)
        .redirectOutput(folder.resolve(program.getFileName() + ".log").toFile()).start());
  }

  private void awaitReady() {
    try (KubernetesClient client = new KubernetesClientBuilder().withConfig(config()).build()) {
      Awaitility.await().atMost(60, TimeUnit.SECONDS).ignoreExceptionsInstanceOf(KubernetesClientException.class)
          .until(() -> client.namespaces().withName("default").get() != null);
    }
  }

  Config config() {
    return new ConfigBuilder(Config.empty()).withMasterUrl("https://127.0.0.1:" + port + "/").withTrustCerts(true)
        .withOauthToken(TOKEN).withRequestRetryBackoffLimit(0).build();
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
  public void close() throws IOException {
    processes.forEach(Process::destroyForcibly);
    processes.forEach(process -> process.onExit().join());
    try (Stream<Path> files = Files.walk(folder)) {
      files.sorted(Comparator.reverseOrder()).forEach(file -> file.toFile().delete());
    }
  }
}
