package io.kooper.leaderelection;

import io.kooper.leaderelection.LeaseStore.Request;
import io.kooper.leaderelection.Leases.Ask;
import io.kooper.leaderelection.Leases.ListAll;
import io.kooper.leaderelection.Leases.Step;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Once a retry period: reads the shared lease, and renews it if need be, then lists all others. Guarded by the monitor. */
final class Look extends Duty {

  private final Sharding sharding;
  private final Members members;
  private final long often;
  private long sentAt; // the request under way

  Look(Sharding sharding, Members members) {
    this.sharding = sharding;
    this.members = members;
    this.often = sharding.retry * 3 / 2; // each member renews once in two periods, less often if others do
  }

  @Override
  boolean isWanted() {
    return sharding.isRunning();
  }

  @Override
  long urgency(long now) {
    return sharding.shared.left();
  }

  @Override
  @Nullable Step begin() {
    sentAt = sharding.now();
    return new Ask(sharding.settings.name(), new Request.Get());
  }

  @Override
  @Nullable Step answered(Step step) {
    if (step instanceof Ask ask) {
      if (!ask.isRead()) {
        sharding.shared.written(Objects.requireNonNull(ask.answer));
      } else {
        sharding.shared.saw(ask.answer, sentAt);
      }
      sharding.sharedChanged();
      Request write = ask.isRead() ? sharding.shared.write(often) : null;
      return write == null ? list() : new Ask(sharding.settings.name(), write);
    }
    sharding.saw(((ListAll) step).answer, sentAt);
    return null;
  }

  @Override
  @Nullable Step failed(Step step, LeaseException failure) {
    return step.isRead() ? null : list(); // somebody else has renewed it, as the next look shows
  }

  private Step list() {
    sentAt = sharding.now();
    return new ListAll();
  }

  @Override
  void over(long started) {
    boolean settles = sharding.shared.isHeld() && members.stableFor() < sharding.retry;
    nextAt = started + (settles ? sharding.retry / 2 : sharding.retry);
  }
}
