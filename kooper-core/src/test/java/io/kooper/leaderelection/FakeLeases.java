package io.kooper.leaderelection;

import io.fabric8.kubernetes.api.model.coordination.v1.Lease;
import io.fabric8.kubernetes.api.model.coordination.v1.LeaseBuilder;
import io.kooper.leaderelection.LeaseException.Kind;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** All leases of a namespace with the API server's rules. Not for several threads at once. */
final class FakeLeases implements Leases {

  private final Map<String, FakeLeaseServer> servers = new TreeMap<>();
  private final Supplier<Instant> time;
  final Map<String, Integer> requests = new TreeMap<>(); // by verb

  FakeLeases(Supplier<Instant> time) {
    this.time = time;
  }

  private FakeLeaseServer server(String name) {
    return servers.computeIfAbsent(name, key -> new FakeLeaseServer());
  }

  @Override
  public LeaseStore lease(String name) {
    FakeLeaseServer server = server(name);
    return new LeaseStore() {
      @Override
      public @Nullable Lease get() {
        count("get");
        return server.get();
      }

      @Override
      public Lease create(Lease lease) throws LeaseException {
        count("create");
        return server.create(new LeaseBuilder(lease).editMetadata()
            .withCreationTimestamp(time.get().toString()).endMetadata().build());
      }

      @Override
      public Lease update(Lease lease) throws LeaseException {
        count("update");
        return server.update(lease);
      }
    };
  }

  private void count(String verb) {
    requests.merge(verb, 1, Integer::sum);
  }

  @Override
  public List<Lease> list() {
    count("list");
    return servers.values().stream().map(FakeLeaseServer::get).filter(Objects::nonNull)
        .filter(lease -> lease.getMetadata().getLabels().containsKey(Sharding.LABEL)).toList();
  }

  @Override
  public void delete(Lease lease) throws LeaseException {
    count("delete");
    FakeLeaseServer server = server(lease.getMetadata().getName());
    Lease current = server.get();
    if (current == null
        || !current.getMetadata().getResourceVersion().equals(lease.getMetadata().getResourceVersion())) {
      throw new LeaseException(Kind.CONFLICT, "409 or 404", null);
    }
    server.delete();
  }

  // somebody with kubectl

  List<Lease> all() {
    return servers.values().stream().map(FakeLeaseServer::get).filter(Objects::nonNull).toList();
  }

  void put(Lease lease) {
    server(lease.getMetadata().getName()).put(lease);
  }

  void remove(String name) {
    server(name).delete();
  }
}
