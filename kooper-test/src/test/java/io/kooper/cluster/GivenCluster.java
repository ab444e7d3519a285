package io.kooper.cluster;

import io.fabric8.kubernetes.client.Config;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Somebody's cluster, of which the tests use namespaces of their own. */
final class GivenCluster extends Cluster {

  private final String kubeconfig;

  GivenCluster(Path kubeconfig) throws IOException {
    this.kubeconfig = Files.readString(kubeconfig);
  }

  @Override
  Config config() {
    return Config.fromKubeconfig(kubeconfig);
  }

  @Override
  public void close() {
    // it is not ours
  }
}
