package io.kooper.leaderelection;

import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.coordination.v1.Lease;
import io.fabric8.kubernetes.api.model.coordination.v1.LeaseBuilder;
import io.kooper.clock.Clock;
import io.kooper.internal.Durations;
import io.kooper.leaderelection.LeaderElectionListener.Reason;
import io.kooper.leaderelection.LeaseException.Kind;
import io.kooper.leaderelection.LeaseStore.Request;
import java.time.Duration;
import java.time.Instant;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * One replica's decisions: client-go's algorithm, without threads, waiting or input and output. Each attempt is a
 * conversation: {@link #attempt} or {@link #release} begins it, {@link #answered} and {@link #failed} say what to ask next
 * until they answer null. For one thread.
 *
 * <h2>Why there are never two leaders</h2>
 *
 * <ul>
 *   <li>A leader leads until {@code renewDeadline} after the moment before it sent the last write that was confirmed.
 *   <li>Whoever takes the lease from a holder has seen it unchanged for the lease's whole duration by its own monotonic
 *       clock, from after an answer that came later than that write, and writes on condition that it still is unchanged.
 *   <li>So it is safe while {@code renewDeadline * (1 + e) < leaseDuration * (1 - e)} for clocks whose rates are wrong by at
 *       most {@code e}: 20 % with the defaults. Times of day are written for people and compared with nothing but equality.
 *   <li>A deleted lease proves nothing about its last holder. Whoever has seen it puts it back as it was and waits; only who
 *       has never seen one takes a missing lease at once.
 *   <li>A lease that names us is ours only if it is the very object, by its uid, that we wrote to: the name may be shared by
 *       mistake, or be that of an earlier life that still runs. An unconfirmed write never begins or prolongs a term.
 * </ul>
 */
final class Candidate {

  /** What we wrote last; {@code uid} is null while it is not known which object that became. */
  private record Claim(@Nullable String uid, Instant acquireTime, int token, boolean confirmed) {}

  private final Lease blank;
  private final String identity;
  private final int leaseSeconds;
  private final long renewNanos;
  private final Clock clock;

  private @Nullable Lease base; // what to update: as last read or written; null when it has to be read again
  private final Observed seen;
  private long heldAt; // when the lease was last seen to be written by somebody who holds it

  private @Nullable Claim claim; // null when the lease cannot be ours
  private boolean leading; // until deadline at most
  private long deadline;
  private long renewedAt;
  private Reason loss = Reason.EXPIRED;

  private enum Aim { ACQUIRE, RENEW, RELEASE }

  // of the conversation
  private Aim aim = Aim.ACQUIRE;
  private boolean hasRead;
  private boolean claiming; // whether the request in flight would make us the holder
  private long sentAt;

  Candidate(String namespace, String name, String identity, Duration lease, Duration renew, Clock clock) {
    this(new LeaseBuilder().withNewMetadata().withNamespace(namespace).withName(name).endMetadata().build(), identity, lease,
        renew, clock);
  }

  /** @param blank how it is created; its labels and annotations are also put on a lease that is there */
  Candidate(Lease blank, String identity, Duration lease, Duration renew, Clock clock) {
    this.blank = blank;
    this.identity = identity;
    this.leaseSeconds = (int) lease.toSeconds();
    this.renewNanos = Durations.nanos(renew);
    this.clock = clock;
    this.seen = new Observed(lease, clock);
    this.heldAt = clock.nanoTime();
  }

  /** Begins an attempt to renew, or to acquire when this does not lead. */
  Request attempt() {
    hasRead = false;
    aim = isLeading() ? Aim.RENEW : Aim.ACQUIRE;
    Claim own = claim;
    Lease known = base;
    return aim == Aim.RENEW && known != null && own != null ? hold(known, own) : read(); // L6: one request when all is well
  }

  /** Begins an attempt to give the lease back; done when {@link #mayHold()} says no. Who calls this must not lead. */
  Request release() {
    aim = Aim.RELEASE;
    return read();
  }

  /** The request succeeded: with {@code lease}, or null if it was a read and there is none. */
  @Nullable Request answered(Request request, @Nullable Lease lease) {
    if (lease != null) {
      base = lease;
      observe(lease);
    }
    if (request instanceof Request.Get) {
      return switch (aim) {
        case ACQUIRE -> lease == null ? createNew() : mayTake(lease) ? take(lease) : null;
        case RENEW -> isLeading() ? keep(lease) : null;
        case RELEASE -> giveBack(lease);
      };
    }
    if (lease != null) {
      written(lease);
    }
    return null;
  }

  /** The request failed. */
  @Nullable Request failed(Request request, LeaseException failure) {
    base = null;
    boolean wrote = !(request instanceof Request.Get);
    if (wrote && aim == Aim.ACQUIRE && claiming && failure.kind() != Kind.UNKNOWN) {
      claim = null;
    }
    boolean again = failure.kind() == Kind.CONFLICT && (aim == Aim.RELEASE || aim == Aim.RENEW && !hasRead);
    return wrote && again ? read() : null;
  }

  /** The lease as last read: what to do about it to stay the leader. */
  private @Nullable Request keep(@Nullable Lease lease) {
    Claim own = Objects.requireNonNull(claim);
    if (lease == null) {
      return hold(null, own);
    }
    LeaseRecord record = LeaseRecord.of(lease);
    if (isBy(own, record) || record.isFree() && record.transitions() <= own.token()) {
      return hold(lease, own);
    }
    leading = false;
    loss = Reason.TAKEN;
    claim = null;
    return null;
  }

  private boolean mayTake(Lease lease) {
    return seen.isUp() || isOurs(lease);
  }

  private Request take(@Nullable Lease lease) {
    String uid = lease == null ? null : lease.getMetadata().getUid();
    claim = new Claim(uid, seen.stamp(), seen.nextToken(), false);
    return hold(lease, claim);
  }

  /** The lease was read outside of a conversation, none of which was under way meanwhile. */
  void saw(Lease lease) {
    observe(lease);
  }

  /** Whether an attempt to acquire the lease, as it was last seen, makes sense now. */
  boolean mayTake() {
    LeaseRecord last = observed();
    return last == null || seen.isUp() || holds();
  }

  /** There is no lease: see the class's comment. */
  private Request createNew() {
    LeaseRecord last = observed();
    if (last == null) {
      return take(null);
    }
    claiming = false;
    Instant now = seen.stamp();
    return new Request.Create(new LeaseRecord(
        last.isFree() ? identity : last.holder(),
        last.seconds() == 0 ? leaseSeconds : last.seconds(),
        last.acquireTime() == null ? now : last.acquireTime(), now, seen.highest()).on(blank));
  }

  private Request hold(@Nullable Lease lease, Claim own) {
    LeaseRecord record = new LeaseRecord(identity, leaseSeconds, own.acquireTime(), seen.stamp(), own.token());
    claiming = true;
    sentAt = clock.nanoTime();
    return lease == null ? new Request.Create(record.on(blank)) : new Request.Update(record.on(marked(lease)));
  }

  private Lease marked(Lease lease) {
    ObjectMeta meta = blank.getMetadata();
    return meta.getLabels().isEmpty() && meta.getAnnotations().isEmpty() ? lease : new LeaseBuilder(lease).editMetadata()
        .addToLabels(meta.getLabels()).addToAnnotations(meta.getAnnotations()).endMetadata().build();
  }

  private @Nullable Request giveBack(@Nullable Lease lease) {
    if (lease == null || !isOurs(lease)) {
      claim = null;
      return null;
    }
    Instant now = seen.stamp();
    return new Request.Update(new LeaseRecord("", 1, now, now, LeaseRecord.of(lease).transitions()).on(lease)); // as client-go
  }

  private void written(Lease lease) {
    if (aim == Aim.RELEASE) {
      claim = null;
    } else if (claiming) {
      Claim own = Objects.requireNonNull(claim);
      claim = new Claim(lease.getMetadata().getUid(), own.acquireTime(), own.token(), true);
      if (aim == Aim.ACQUIRE || isLeading()) { // an answer that comes after the deadline does not revive a term
        deadline = sentAt + renewNanos;
        renewedAt = sentAt;
        leading = true;
        isLeading();
      }
    }
  }

  private Request read() {
    hasRead = true;
    return new Request.Get();
  }

  private void observe(Lease lease) {
    if (seen.see(lease) && !LeaseRecord.of(lease).isFree()) {
      heldAt = seen.since();
    }
  }

  private boolean isBy(Claim own, LeaseRecord record) {
    return record.holder().equals(identity) && record.transitions() == own.token()
        && own.acquireTime().equals(record.acquireTime());
  }

  /** Whether nobody but us can have written since our claim: resourceVersions chain all writes to one object. */
  private boolean isOurs(Lease lease) {
    Claim own = claim;
    return own != null && own.uid() != null && own.uid().equals(lease.getMetadata().getUid()) && !seen.isSetBack()
        && isBy(own, LeaseRecord.of(lease));
  }

  /** Whether this leads at this moment. */
  boolean isLeading() {
    if (leading && clock.nanoTime() - deadline >= 0) {
      leading = false;
      loss = Reason.EXPIRED;
    }
    return leading;
  }

  /** Ends the term; the lease may be given back, or taken again for a new term. */
  void resign() {
    leading = false;
  }

  /** Somebody may still work under the term that ended: the lease is to expire, for us as for all others. */
  void forget() {
    resign();
    claim = null;
  }

  /** Whether there is something to give back, as far as is known. */
  boolean mayHold() {
    return claim != null;
  }

  /** Whether the lease, as it was last seen, is what we held; the term may have ended. */
  boolean holds() {
    LeaseRecord last = observed();
    return claim != null && claim.confirmed() && last != null && isBy(claim, last) && !seen.isSetBack();
  }

  /** The end of the term by {@link Clock#nanoTime()}, if it is not renewed any more. */
  long deadline() {
    return deadline;
  }

  /** When the last confirmed write was sent. */
  long renewedAt() {
    return renewedAt;
  }

  /** When somebody was last seen to hold the lease, by {@link Clock#nanoTime()}; the time of its making before that. */
  long heldAt() {
    return heldAt;
  }

  int token() {
    return Objects.requireNonNull(claim).token();
  }

  /** Why this does not lead any more. */
  Reason loss() {
    return loss;
  }

  /** The lease as it was last seen; null when none was seen yet. */
  @Nullable LeaseRecord observed() {
    return seen.record();
  }
}
