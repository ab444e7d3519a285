package io.kooper.cluster;

import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.kooper.test.EmbeddedApiServer;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.UUID;

/**
 * What the same tests run on: the cluster of {@code KOOPER_TEST_KUBECONFIG}, or a bare kube-apiserver with etcd, whose
 * binaries are in {@code KUBEBUILDER_ASSETS} as for Go's envtest, or else the embedded server.
 */
final class Cluster implements AutoCloseable {

  private final Config config;
  private final Closeable server;

  private Cluster(Config config, Closeable server) {
    this.config = config;
    this.server = server;
  }

  static Cluster start() throws IOException {
    String kubeconfig = System.getenv("KOOPER_TEST_KUBECONFIG");
    if (kubeconfig != null && !kubeconfig.isBlank()) {
      return new Cluster(Config.fromKubeconfig(Files.readString(Path.of(kubeconfig))), () -> {});
    }
    String assets = System.getenv("KUBEBUILDER_ASSETS");
    if (assets != null && !assets.isBlank()) {
      BareApiServer bare = BareApiServer.start(Path.of(assets));
      return new Cluster(bare.config(), bare::close);
    }
    EmbeddedApiServer embedded = EmbeddedApiServer.start();
    return new Cluster(embedded.config(), embedded::close);
  }

  /** Each call makes a new client, which is the caller's to close. */
  KubernetesClient client() {
    return new KubernetesClientBuilder().withConfig(config).build();
  }

  /** A new namespace; it is deleted by whoever deletes the cluster, since a bare API server never finishes that. */
  String namespace() {
    String name = "kooper-" + UUID.randomUUID().toString().substring(0, 8);
    try (KubernetesClient client = client()) {
      client.resource(new NamespaceBuilder().withNewMetadata().withName(name).endMetadata().build()).create();
    }
    return name;
  }

  @Override
  public void close() throws IOException {
    server.close();
  }
}
