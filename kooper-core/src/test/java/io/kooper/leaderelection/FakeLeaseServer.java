package io.kooper.leaderelection;

import io.fabric8.kubernetes.api.model.coordination.v1.Lease;
import io.fabric8.kubernetes.api.model.coordination.v1.LeaseBuilder;
import io.kooper.leaderelection.LeaseException.Kind;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** One lease with the API server's rules: versions, uids, conflicts. Not for several threads at once. */
final class FakeLeaseServer implements LeaseStore {

  private @Nullable Lease lease;
  private int versions = 100;
  private int uids;

  @Override
  public @Nullable Lease get() {
    return lease;
  }

  @Override
  public Lease create(Lease created) throws LeaseException {
    if (lease != null) {
      throw new LeaseException(Kind.CONFLICT, "409 already exists", null);
    }
    return store(created, "uid-" + ++uids);
  }

  @Override
  public Lease update(Lease updated) throws LeaseException {
    Lease current = lease;
    if (current == null) {
      throw new LeaseException(Kind.CONFLICT, "404 not found", null);
    }
    String uid = current.getMetadata().getUid();
    if (!uid.equals(updated.getMetadata().getUid()) || !Objects.equals(
        current.getMetadata().getResourceVersion(), updated.getMetadata().getResourceVersion())) {
      throw new LeaseException(Kind.CONFLICT, "409 the object has been modified", null);
    }
    return store(updated, uid);
  }

  private Lease store(Lease next, String uid) {
    Lease stored = new LeaseBuilder(next).editMetadata()
        .withUid(uid).withResourceVersion(Integer.toString(++versions)).endMetadata().build();
    lease = stored;
    return stored;
  }

  /** Somebody writes it, without asking anybody. */
  Lease put(Lease next) {
    return store(next, lease == null ? "uid-" + ++uids : lease.getMetadata().getUid());
  }

  void delete() {
    lease = null;
  }

  LeaseRecord record() {
    return LeaseRecord.of(Objects.requireNonNull(lease));
  }
}
