package io.kooper.cluster;

import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
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
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Assumptions;

/** A kube-apiserver and its etcd as processes, without a kubelet or a controller-manager. */
public final class BareCluster extends Cluster {

  private static final String TOKEN = "kooper-tests";
  private static final Pattern REVISION = Pattern.compile("\"revision\":\"(\\d+)\"");

  private final Path assets;
  private final Path folder = Files.createTempDirectory("kooper-apiserver");
  private final int port = freePort();
  private final String etcdUrl = "http://127.0.0.1:" + freePort();
  private final String etcdPeerUrl = "http://127.0.0.1:" + freePort();
  private Process etcd;
  private Process apiServer;

  private BareCluster(Path assets) throws IOException {
    this.assets = assets;
    Files.writeString(folder.resolve("service-account.key"), privateKey());
    Files.writeString(folder.resolve("tokens.csv"), TOKEN + ",admin,1,system:masters\n");
    etcd = runEtcd();
    apiServer = runApiServer();
  }

  public static BareCluster start(Path assets) throws IOException {
    BareCluster cluster = new BareCluster(assets);
    try {
      cluster.awaitReady();
      return cluster;
    } catch (RuntimeException | Error e) {
      cluster.close();
      throw e;
    }
  }

  private Process runEtcd() throws IOException {
    return run("etcd", "--data-dir=" + folder.resolve("etcd"), "--listen-client-urls=" + etcdUrl,
        "--advertise-client-urls=" + etcdUrl, "--listen-peer-urls=" + etcdPeerUrl, "--unsafe-no-fsync");
  }

  private Process runApiServer() throws IOException {
    Path key = folder.resolve("service-account.key");
    return run("kube-apiserver", "--etcd-servers=" + etcdUrl, "--secure-port=" + port, "--bind-address=127.0.0.1",
        "--cert-dir=" + folder.resolve("certificates"), "--service-cluster-ip-range=10.0.0.0/24",
        "--token-auth-file=" + folder.resolve("tokens.csv"), "--authorization-mode=RBAC",
        "--service-account-issuer=https://localhost", "--service-account-signing-key-file=" + key,
        "--service-account-key-file=" + key, "--disable-admission-plugins=ServiceAccount");
  }

  private Process run(String program, String... arguments) throws IOException {
    List<String> command = new ArrayList<>(List.of(assets.resolve(program).toString()));
    command.addAll(List.of(arguments));
    return new ProcessBuilder(command).redirectErrorStream(true)
        .redirectOutput(ProcessBuilder.Redirect.appendTo(folder.resolve(program + ".log").toFile())).start();
  }

  private void awaitReady() {
    try (KubernetesClient client = client()) {
      Awaitility.await().atMost(60, TimeUnit.SECONDS).ignoreExceptionsInstanceOf(KubernetesClientException.class)
          .until(() -> client.raw("/readyz").equals("ok") && client.namespaces().withName("default").get() != null);
    }
  }

  @Override
  void requireControllers() {
    Assumptions.abort("a bare kube-apiserver has no controller manager: nothing is collected");
  }

  @Override
  public Config config() {
    return new ConfigBuilder(Config.empty()).withMasterUrl("https://127.0.0.1:" + port + "/").withTrustCerts(true)
        .withOauthToken(TOKEN).withRequestRetryBackoffLimit(0).build();
  }

  @Override
  void kill() {
    apiServer.destroyForcibly().onExit().join();
  }

  @Override
  void restart() {
    try {
      apiServer = runApiServer();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    awaitReady();
  }

  /** The API server's own cache still remembers: only once it has been started again is the history gone. */
  @Override
  void compact() {
    Matcher revision = REVISION.matcher(askEtcd("/v3/kv/range", "{\"key\":\"AA==\"}"));
    if (!revision.find()) {
      throw new AssertionError("etcd tells no revision");
    }
    askEtcd("/v3/kv/compaction", "{\"revision\":\"" + revision.group(1) + "\"}");
    kill();
    restart();
  }

  @Override
  void backUp() {
    stopBoth();
    copy(folder.resolve("etcd"), folder.resolve("backup"));
    startBoth();
  }

  @Override
  void restore() {
    stopBoth();
    copy(folder.resolve("backup"), folder.resolve("etcd"));
    startBoth();
  }

  private void stopBoth() {
    kill();
    etcd.destroyForcibly().onExit().join();
  }

  private void startBoth() {
    try {
      etcd = runEtcd();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    restart();
  }

  private static void copy(Path from, Path to) {
    try {
      delete(to);
      try (Stream<Path> files = Files.walk(from)) {
        for (Path file : files.toList()) {
          Files.copy(file, to.resolve(from.relativize(file).toString()));
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void delete(Path all) throws IOException {
    if (Files.exists(all)) {
      try (Stream<Path> files = Files.walk(all)) {
        files.sorted(Comparator.reverseOrder()).forEach(file -> file.toFile().delete());
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
      throw new AssertionError(e);
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

  @Override
  public void close() throws IOException {
    for (Process process : List.of(apiServer, etcd)) {
      process.destroyForcibly().onExit().join();
    }
    delete(folder);
  }
}
