package io.kooper.leaderelection;

import io.fabric8.kubernetes.api.model.coordination.v1.Lease;
import java.util.List;

/** The leases of shards and members on an API server. */
record ClientLeases(ClientLeaseStore shared, String name) implements Leases {

  @Override
  public LeaseStore lease(String other) {
    return shared.other(other);
  }

  @Override
  public List<Lease> list() throws LeaseException {
    return shared.list(Sharding.LABEL, name);
  }

  @Override
  public void delete(Lease lease) throws LeaseException {
    shared.other(lease.getMetadata().getName()).delete(lease);
  }

  @Override
  public void prove() throws InterruptedException {
    shared.prove();
  }
}
