package io.kooper.leaderelection;

import io.fabric8.kubernetes.api.model.coordination.v1.Lease;
import io.kooper.leaderelection.Leases.Delete;
import io.kooper.leaderelection.Leases.Step;
import org.jspecify.annotations.Nullable;

/** Deletes the leases of members that died long ago, one at a time. Guarded by the monitor. */
final class Sweep extends Duty {

  private final Sharding sharding;
  private final Members members;

  Sweep(Sharding sharding, Members members) {
    this.sharding = sharding;
    this.members = members;
    this.nextAt = sharding.now();
  }

  @Override
  boolean isWanted() {
    return sharding.mayGain() && members.litter() != null;
  }

  @Override
  long urgency(long now) {
    return Long.MAX_VALUE;
  }

  @Override
  @Nullable Step begin() {
    Lease litter = members.litter();
    return litter == null ? null : new Delete(litter);
  }

  @Override
  @Nullable Step answered(Step step) {
    return null;
  }

  @Override
  @Nullable Step failed(Step step, LeaseException failure) {
    return null; // it lives, or another one has done it
  }

  @Override
  void over(long started) {
    nextAt = started + sharding.retry * 5;
  }
}
