package io.kooper.test.junit;

import io.fabric8.kubernetes.client.Config;
import java.nio.file.Path;

/** Somebody else's, in which each test has a namespace of its own. */
final class GivenCluster extends TestCluster {

  private final Path kubeconfig;

  GivenCluster(Path kubeconfig) {
    this.kubeconfig = kubeconfig;
  }

  @Override
  public String toString() {
    return "the cluster of " + kubeconfig;
  }

  @Override
  public Config config() {
    return Config.fromKubeconfig(kubeconfig.toFile());
  }

  @Override
  void close() {}
}
