package io.kooper.leaderelection;

import io.fabric8.kubernetes.api.model.coordination.v1.Lease;
import io.fabric8.kubernetes.api.model.coordination.v1.LeaseBuilder;
import io.kooper.leaderelection.LeaderElectionListener.Reason;
import io.kooper.leaderelection.LeaseStore.Request;
import io.kooper.leaderelection.Leases.Ask;
import io.kooper.leaderelection.Leases.Step;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** One shard's lease: to acquire it, to renew it while it is held, and to give it back. Guarded by the monitor. */
final class ShardDuty extends Duty {

  private static final long LAST = Long.MAX_VALUE / 2;

  private enum Aim { ACQUIRE, RENEW, RELEASE }

  final int index;
  final String name;
  final Candidate candidate;
  private final Sharding sharding;
  private final long taste; // which free shard to try first: each replica another one

  @Nullable Term term; // until all of its tenures have ended
  long begun; // the how manieth term of this process it is
  int open; // its tenures that have not ended
  boolean giving; // it is to be given back as soon as they have
  boolean fired; // all have been told of its end
  private boolean abandoned; // some of its work may go on
  private Aim aim = Aim.RELEASE;
  private long talkedAt; // when the last conversation ended

  ShardDuty(Sharding sharding, int index, Lease blank, long taste) {
    this.sharding = sharding;
    this.index = index;
    this.name = blank.getMetadata().getName();
    Sharding.Settings settings = sharding.settings;
    this.candidate = new Candidate(new LeaseBuilder(blank).build(), settings.identity(), settings.leaseDuration(),
        settings.renewDeadline(), settings.clock());
    this.taste = taste;
    this.nextAt = settings.clock().nanoTime();
    this.talkedAt = nextAt;
  }

  /** A look has shown the lease that was sent then. */
  void saw(Lease lease, long sent) {
    if (!busy && term == null && sent - talkedAt >= 0) { // else it may be older than what is known
      candidate.saw(lease);
    }
  }

  boolean isHeld() {
    return term != null && !giving && term.isValid();
  }

  boolean isBeingAcquired() {
    return busy && aim == Aim.ACQUIRE;
  }

  /** After the end of a term and of all of its work: what remains is a lease to give back, or to take again. */
  void settle() {
    if (term != null && open == 0 && term.isValid()) {
      term.end(Reason.STOPPED);
    }
    if (term != null && open == 0 && fired && !busy) {
      candidate.resign();
      if (abandoned) {
        candidate.forget();
      }
      term = null;
      giving = false;
      nextAt = sharding.now();
    }
  }

  @Override
  boolean isWanted() {
    return term != null ? term.isValid() : mayAcquire() || sharding.mayRelease() && candidate.mayHold();
  }

  private boolean mayAcquire() {
    return sharding.missing() > 0 && candidate.mayTake();
  }

  @Override
  long urgency(long now) {
    return term != null ? term.left(now) : candidate.mayHold() ? sharding.soon() : LAST + taste;
  }

  @Override
  @Nullable Step begin() {
    aim = term != null ? Aim.RENEW : mayAcquire() ? Aim.ACQUIRE : Aim.RELEASE;
    return ask(aim == Aim.RELEASE ? candidate.release() : candidate.attempt());
  }

  @Override
  @Nullable Step answered(Step step) {
    Ask ask = (Ask) step;
    return ask(candidate.answered(ask.request, ask.answer));
  }

  @Override
  @Nullable Step failed(Step step, LeaseException failure) {
    return ask(candidate.failed(((Ask) step).request, failure));
  }

  private @Nullable Step ask(@Nullable Request request) {
    boolean late = aim == Aim.ACQUIRE && !sharding.mayGain(); // who leaves must not acquire any more
    return request == null || late ? null : new Ask(name, request);
  }

  @Override
  void over(long started) {
    talkedAt = sharding.now();
    boolean leads = candidate.isLeading();
    boolean renewed = leads && candidate.renewedAt() - started >= 0;
    if (term != null && renewed && term.token() == candidate.token()) {
      extend();
    } else if (term != null && !leads && term.end(candidate.loss())) {
      sharding.changed();
    } else if (term == null && renewed) {
      begin(new Term(sharding.settings.clock(), candidate.token(), deadline()));
    } else if (aim == Aim.RELEASE && isFree() && !candidate.mayHold()) {
      sharding.released(this);
    }
    boolean leaves = aim != Aim.RELEASE && !sharding.isRunning(); // what it holds is given back at once
    nextAt = leaves ? sharding.now() : started + (leads || aim != Aim.ACQUIRE ? sharding.retry : sharding.jittered());
  }

  private boolean isFree() {
    LeaseRecord last = candidate.observed();
    return last != null && last.isFree();
  }

  private void begin(Term next) {
    if (!sharding.mayGain()) {
      candidate.resign();
      return;
    }
    fired = false;
    abandoned = false;
    term = next;
    try {
      sharding.begun(this, next);
    } catch (Throwable t) { // some may have no part in it: it ends, and another one begins
      next.end(Reason.STOPPED);
      throw t;
    }
  }

  private long deadline() {
    long own = candidate.deadline();
    long shared = sharding.shared.bound();
    return own - shared < 0 ? own : shared;
  }

  /** A term lasts as long as both leases are held. */
  void extend() {
    Term current = term;
    if (current != null && candidate.isLeading() && sharding.shared.isHeld() && current.token() == candidate.token()) {
      current.extend(deadline());
    }
  }

  /** A tenure has ended. */
  void end(boolean abandons) {
    open--;
    abandoned |= abandons;
    settle();
  }

  Term term() {
    return Objects.requireNonNull(term);
  }
}
