package io.kooper.cluster;

import io.fabric8.kubernetes.client.Config;
import io.kooper.test.Backup;
import io.kooper.test.EmbeddedApiServer;
import io.kooper.test.Fault;
import io.kooper.test.Faults;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;

/** The server of the test kit. It asks nobody who he is: what is forbidden, to read, is forbidden to all. */
final class EmbeddedCluster extends Cluster {

  private final EmbeddedApiServer server = EmbeddedApiServer.start();
  private Backup backup = server.backup();
  private final Map<String, List<Faults.Injection>> forbidden = new ConcurrentHashMap<>();

  @Override
  Config config() {
    return server.config();
  }

  @Override
  void permit(String namespace, String group, String resource) {
    forbidden.getOrDefault(resource, List.of()).forEach(Faults.Injection::stop);
  }

  @Override
  void forbid(String namespace, String resource) {
    forbidden.put(resource, Stream.of("get", "list", "watch")
        .map(verb -> server.faults().inject(Fault.status(403).on(verb, resource))).toList());
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
  void backUp() {
    backup = server.backup();
  }

  @Override
  void restore() {
    server.restore(backup);
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
