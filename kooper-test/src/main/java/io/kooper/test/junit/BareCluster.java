package io.kooper.test.junit;

import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPairGenerator;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** A kube-apiserver and its etcd as processes, without controllers and kubelets, as Go's envtest has them. */
final class BareCluster extends TestCluster {

  private static final String TOKEN = "kooper-test";
  private static final Pattern REVISION = Pattern.compile("\"revision\":\"(\\d+)\"");
  private static final int STARTS = 3;
  private static final int ATTEMPTS = 240;
  private static final long PAUSE = 250; // milliseconds between two attempts
  private static final int LINES = 20; // of a log, for people

  private final Path programs;
  private final Path folder = Files.createTempDirectory("kooper-test-apiserver");
  private final int port = freePort();
  private final String etcdUrl = "http://127.0.0.1:" + freePort();
  private final String etcdPeerUrl = "http://127.0.0.1:" + freePort();
  private @Nullable Process etcd;
  private @Nullable Process apiServer;

  private BareCluster(Path programs) throws IOException {
    this.programs = programs;
    Files.writeString(folder.resolve("service-account.key"), privateKey());
    Files.writeString(folder.resolve("tokens.csv"), TOKEN + ",admin,1,system:masters\n");
  }

  /** Somebody else may take a port that was free when it was chosen: so there is more than one try. */
  static BareCluster start(Path programs) throws IOException {
    for (int i = 1;; i++) {
      BareCluster cluster = new BareCluster(programs);
      try {
        cluster.startBoth();
        return cluster;
      } catch (IllegalStateException e) {
        cluster.close();
        if (i == STARTS) {
          throw e;
        }
      } catch (IOException | RuntimeException | Error e) {
        cluster.close();
        throw e;
      }
    }
  }

  @Override
  public String toString() {
    return "the kube-apiserver of " + programs;
  }

  @Override
  public Config config() {
    return new ConfigBuilder(Config.empty()).withMasterUrl("https://127.0.0.1:" + port + "/").withTrustCerts(true)
        .withNamespace("default").withOauthToken(TOKEN).withRequestRetryBackoffLimit(0).build();
  }

  private void startBoth() throws IOException {
    etcd = run("etcd", "--data-dir=" + folder.resolve("etcd"), "--listen-client-urls=" + etcdUrl,
        "--advertise-client-urls=" + etcdUrl, "--listen-peer-urls=" + etcdPeerUrl, "--unsafe-no-fsync");
    startApiServer();
  }

  private void startApiServer() throws IOException {
    Path key = folder.resolve("service-account.key");
    apiServer = run("kube-apiserver", "--etcd-servers=" + etcdUrl, "--secure-port=" + port, "--bind-address=127.0.0.1",
        "--cert-dir=" + folder.resolve("certificates"), "--service-cluster-ip-range=10.0.0.0/24",
        "--token-auth-file=" + folder.resolve("tokens.csv"), "--authorization-mode=RBAC",
        "--service-account-issuer=https://localhost", "--service-account-signing-key-file=" + key,
        "--service-account-key-file=" + key, "--disable-admission-plugins=ServiceAccount");
    awaitReady();
  }

  private Process run(String program, String... arguments) throws IOException {
    List<String> command = new ArrayList<>(List.of(programs.resolve(program).toString()));
    command.addAll(List.of(arguments));
    return new ProcessBuilder(command).redirectErrorStream(true)
        .redirectOutput(ProcessBuilder.Redirect.appendTo(log(program).toFile())).start();
  }

  private Path log(String program) {
    return folder.resolve(program + ".log");
  }

  private void awaitReady() throws IOException {
    try (KubernetesClient client = new KubernetesClientBuilder().withConfig(config()).build()) {
      KubernetesClientException last = null;
      for (int i = 0; i < ATTEMPTS && isAlive(etcd) && isAlive(apiServer); i++) {
        try {
          if ("ok".equals(client.raw("/readyz")) && client.namespaces().withName("default").get() != null) {
            return;
          }
        } catch (KubernetesClientException e) {
          last = e; // not yet
        }
        TimeUnit.MILLISECONDS.sleep(PAUSE);
      }
      throw new IllegalStateException("the kube-apiserver did not become ready; the logs end with\n"
          + logEnd("etcd") + "\n" + logEnd("kube-apiserver"), last);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  private static boolean isAlive(@Nullable Process process) {
    return process != null && process.isAlive();
  }

  private String logEnd(String program) throws IOException {
    List<String> lines = Files.readAllLines(log(program));
    return String.join("\n", lines.subList(Math.max(0, lines.size() - LINES), lines.size()));
  }

  @Override
  public void kill() {
    end(apiServer);
  }

  @Override
  public void restart() {
    unchecked(this::startApiServer);
  }

  /** The API server's own cache still remembers: only once it has been started again is the history gone. */
  @Override
  public void compact() {
    Matcher revision = REVISION.matcher(askEtcd("/v3/kv/range", "{\"key\":\"AA==\"}"));
    if (!revision.find()) {
      throw new IllegalStateException("etcd tells no revision");
    }
    askEtcd("/v3/kv/compaction", "{\"revision\":\"" + revision.group(1) + "\"}");
    kill();
    restart();
  }

  @Override
  public void backUp() {
    endBoth();
    unchecked(() -> {
      copy(folder.resolve("etcd"), folder.resolve("backup"));
      startBoth();
    });
  }

  @Override
  public void restore() {
    if (!Files.exists(folder.resolve("backup"))) {
      throw new IllegalStateException("there is no backup");
    }
    endBoth();
    unchecked(() -> {
      copy(folder.resolve("backup"), folder.resolve("etcd"));
      startBoth();
    });
  }

  private void endBoth() {
    end(apiServer);
    end(etcd);
  }

  private static void end(@Nullable Process process) {
    if (process != null) {
      process.destroyForcibly().onExit().join();
    }
  }

  private static void copy(Path from, Path to) throws IOException {
    delete(to);
    try (Stream<Path> files = Files.walk(from)) {
      for (Path file : files.toList()) {
        Files.copy(file, to.resolve(from.relativize(file).toString()));
      }
    }
  }

  private static void delete(Path all) throws IOException {
    if (Files.exists(all)) {
      try (Stream<Path> files = Files.walk(all)) {
        for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
          Files.deleteIfExists(file);
        }
      }
    }
  }

  private String askEtcd(String path, String body) {
    try {
      return HttpClient.newHttpClient().send(HttpRequest.newBuilder(URI.create(etcdUrl + path))
          .POST(HttpRequest.BodyPublishers.ofString(body)).build(), HttpResponse.BodyHandlers.ofString()).body();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
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

  private interface Step {
    void run() throws IOException;
  }

  private static void unchecked(Step step) {
    try {
      step.run();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  void close() {
    endBoth();
    unchecked(() -> delete(folder));
  }
}
