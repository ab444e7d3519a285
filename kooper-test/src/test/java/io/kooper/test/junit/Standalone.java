package io.kooper.test.junit;

import io.fabric8.kubernetes.client.Config;

/** A server, as a target names it, for programs that are no tests. */
public final class Standalone implements AutoCloseable {

  private final TestCluster cluster;

  public Standalone(String target) {
    cluster = TestCluster.start(target, false);
  }

  public Config config() {
    return cluster.config();
  }

  @Override
  public void close() {
    cluster.close();
  }
}
