package io.kooper.leaderelection;

import io.fabric8.kubernetes.api.model.coordination.v1.Lease;
import io.kooper.leaderelection.LeaseStore.Request;
import io.kooper.leaderelection.Leases.Ask;
import io.kooper.leaderelection.Leases.Delete;
import io.kooper.leaderelection.Leases.Step;
import org.jspecify.annotations.Nullable;

/** This member's own lease, by which all others count it; deleted when it wants no more shards. Guarded by the monitor. */
final class SelfDuty extends Duty {

  final String name;
  private final Sharding sharding;
  private final Candidate candidate;
  private @Nullable Lease last; // as last read or written; null when there is none
  private boolean deletes; // whether the conversation under way is to delete it
  private boolean announced; // at the end of the conversation before

  SelfDuty(Sharding sharding, Lease blank) {
    this.sharding = sharding;
    this.name = blank.getMetadata().getName();
    Sharding.Settings settings = sharding.settings;
    this.candidate = new Candidate(blank, settings.identity(), settings.leaseDuration(), settings.renewDeadline(),
        settings.clock());
    this.nextAt = settings.clock().nanoTime();
  }

  /** Whether others count this member, as far as is known. */
  boolean isAnnounced() {
    return candidate.isLeading();
  }

  /** Whether somebody else has announced itself as us. */
  boolean hasNamesake() {
    LeaseRecord seen = candidate.observed();
    return !isAnnounced() && !candidate.mayHold() && seen != null && !seen.isFree();
  }

  @Override
  boolean isWanted() {
    return sharding.isWorking() ? sharding.shared.isHeld() : last != null && sharding.isInTime();
  }

  @Override
  long urgency(long now) {
    return isAnnounced() ? candidate.deadline() - now : sharding.soon();
  }

  @Override
  @Nullable Step begin() {
    Lease own = last;
    Step first = sharding.isWorking() || own == null ? new Ask(name, candidate.attempt()) : new Delete(own);
    deletes = first instanceof Delete;
    return first;
  }

  @Override
  @Nullable Step answered(Step step) {
    if (!(step instanceof Ask ask)) {
      last = null;
      candidate.forget();
      return null;
    }
    last = ask.answer;
    return ask(candidate.answered(ask.request, ask.answer));
  }

  @Override
  @Nullable Step failed(Step step, LeaseException failure) {
    if (step instanceof Ask ask) {
      return ask(candidate.failed(ask.request, failure));
    }
    if (failure.kind() == LeaseException.Kind.CONFLICT) { // our own late write, or somebody has swept it away
      candidate.forget();
      return new Ask(name, new Request.Get());
    }
    return null;
  }

  private @Nullable Step ask(@Nullable Request request) {
    return request == null || !sharding.isWorking() ? null : new Ask(name, request);
  }

  @Override
  void over(long started) {
    nextAt = deletes || sharding.isWorking() ? started + sharding.retry : sharding.now();
    boolean counts = isAnnounced();
    if (counts && !announced) {
      sharding.lookSoon();
    }
    announced = counts;
  }
}
