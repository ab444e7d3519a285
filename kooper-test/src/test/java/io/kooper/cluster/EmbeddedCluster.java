package io.kooper.cluster;

import io.fabric8.kubernetes.client.Config;
import io.kooper.test.EmbeddedApiServer;
import io.kooper.test.Fault;
import io.kooper.test.Faults;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** The server of the test kit. It asks nobody who he is: what is forbidden is forbidden to all. */
final class EmbeddedCluster extends Cluster {

  private final EmbeddedApiServer server = EmbeddedApiServer.start();
  private final Map<String, Faults.Injection> forbidden = new ConcurrentHashMap<>();

  @Override
  Config config() {
    return server.config();
  }

  @Override
  void permit(String namespace, String group, String resource) {
    Faults.Injection injection = forbidden.remove(resource);
    if (injection != null) {
      injection.stop();
    }
  }

  @Override
  void forbid(String namespace, String resource) {
    forbidden.put(resource, server.faults().inject(Fault.status(403).on("*", resource)));
  }

  @Override
  void kill() {
    server.stop();
  }

  @Override
  void restart() {
    server.restart();
  }

  @Override
  void compact() {
    server.faults().compact();
  }

  @Override
  EmbeddedApiServer embedded() {
    return server;
  }

  @Override
  public void close() {
    server.close();
  }
}
