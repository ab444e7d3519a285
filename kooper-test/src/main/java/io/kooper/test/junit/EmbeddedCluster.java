package io.kooper.test.junit;

import io.fabric8.kubernetes.client.Config;
import io.kooper.test.Backup;
import io.kooper.test.EmbeddedApiServer;
import org.jspecify.annotations.Nullable;

/** The kit's own. */
final class EmbeddedCluster extends TestCluster {

  private final EmbeddedApiServer server;
  private @Nullable Backup backup;

  EmbeddedCluster(boolean rbac) {
    server = (rbac ? EmbeddedApiServer.builder().rbac() : EmbeddedApiServer.builder()).start();
  }

  @Override
  public String toString() {
    return "the embedded server";
  }

  @Override
  public Config config() {
    return server.config();
  }

  @Override
  public void kill() {
    server.stop();
  }

  @Override
  public void restart() {
    server.restart();
  }

  @Override
  public void compact() {
    server.faults().compact();
  }

  @Override
  public void backUp() {
    backup = server.backup();
  }

  @Override
  public void restore() {
    if (backup == null) {
      throw new IllegalStateException("there is no backup");
    }
    server.restore(backup);
  }

  @Override
  public void requireGarbageCollection() {}

  @Override
  public EmbeddedApiServer embedded() {
    return server;
  }

  @Override
  void close() {
    server.close();
  }
}
