package io.kooper.leaderelection;

import io.fabric8.kubernetes.api.model.coordination.v1.Lease;
import io.fabric8.kubernetes.api.model.coordination.v1.LeaseBuilder;
import io.fabric8.kubernetes.api.model.coordination.v1.LeaseSpec;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import org.jspecify.annotations.Nullable;

/**
 * What a lease says of its election; any part of a foreign one may be missing.
 *
 * @param holder empty when nobody holds it
 * @param seconds how long others wait since they saw the last change; 0 when it does not say, or says nonsense
 * @param transitions how often the holder changed; 0 when it does not say
 */
record LeaseRecord(
    String holder, int seconds, @Nullable Instant acquireTime, @Nullable Instant renewTime, int transitions) {

  static LeaseRecord of(Lease lease) {
    LeaseSpec spec = lease.getSpec() == null ? new LeaseSpec() : lease.getSpec();
    return new LeaseRecord(
        spec.getHolderIdentity() == null ? "" : spec.getHolderIdentity(),
        spec.getLeaseDurationSeconds() == null ? 0 : Math.max(0, spec.getLeaseDurationSeconds()),
        instant(spec.getAcquireTime()),
        instant(spec.getRenewTime()),
        spec.getLeaseTransitions() == null ? 0 : Math.max(0, spec.getLeaseTransitions()));
  }

  boolean isFree() {
    return holder.isEmpty();
  }

  /** A copy of {@code lease} that says this; what others have put on it stays. */
  Lease on(Lease lease) {
    return new LeaseBuilder(lease)
        .editOrNewSpec()
        .withHolderIdentity(holder)
        .withLeaseDurationSeconds(seconds)
        .withAcquireTime(zoned(acquireTime))
        .withRenewTime(zoned(renewTime))
        .withLeaseTransitions(transitions)
        .endSpec()
        .build();
  }

  private static @Nullable Instant instant(@Nullable ZonedDateTime time) {
    return time == null ? null : time.toInstant();
  }

  private static @Nullable ZonedDateTime zoned(@Nullable Instant time) {
    return time == null ? null : time.atZone(ZoneOffset.UTC);
  }
}
