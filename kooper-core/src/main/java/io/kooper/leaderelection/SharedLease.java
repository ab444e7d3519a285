package io.kooper.leaderelection;

import io.fabric8.kubernetes.api.model.coordination.v1.Lease;
import io.fabric8.kubernetes.api.model.coordination.v1.LeaseBuilder;
import io.kooper.clock.Clock;
import io.kooper.internal.Durations;
import io.kooper.leaderelection.LeaseStore.Request;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * The lease of the single election, which all members hold together in the name of their configuration: number of shards and
 * function. So whoever has another configuration, or knows of no shards, waits for it as any standby does. For one thread.
 *
 * <h2>Why no two configurations work at once</h2>
 *
 * <ul>
 *   <li>A member works until {@code renewDeadline} after a moment that came before a write in the name of its configuration: the
 *       sending of its own confirmed write, or the sending of the read before the one that showed another's write first.
 *   <li>Whoever takes the lease in another name has seen it unchanged for its whole duration since after that write: see {@link
 *       Candidate}. It is never given back, but expires: a member that leaves cannot know who relies on it.
 * </ul>
 */
final class SharedLease {

  private final Lease blank;
  private final String configuration;
  private final int leaseSeconds;
  private final long renewNanos;
  private final Clock clock;

  private @Nullable Lease base; // as last read
  private final Observed seen;
  private boolean looked;
  private long lookedAt; // when the last read, or the last confirmed write, was sent
  private long sentAt; // of the write under way

  private boolean held; // until bound at most
  private long bound;

  SharedLease(String namespace, String name, String configuration, Duration lease, Duration renew, Clock clock) {
    this.blank = new LeaseBuilder().withNewMetadata().withNamespace(namespace).withName(name).endMetadata().build();
    this.configuration = configuration;
    this.leaseSeconds = (int) lease.toSeconds();
    this.renewNanos = Durations.nanos(renew);
    this.clock = clock;
    this.seen = new Observed(lease, clock);
  }

  /** What a read has shown that was sent then; reads and writes come one after the other. */
  void saw(@Nullable Lease lease, long sent) {
    base = lease;
    if (lease != null && seen.see(lease)) {
      if (!isOurs()) {
        held = false;
      } else if (looked) {
        extend(lookedAt + renewNanos);
      }
    }
    looked = true;
    lookedAt = sent;
  }

  /** A write to send now that keeps the lease, or takes it; null when there is no need or no right to one. */
  @Nullable Request write(long often) {
    if (isHeld() && left() >= renewNanos - often || !mayTake()) {
      return null;
    }
    LeaseRecord last = seen.record();
    Instant now = seen.stamp();
    LeaseRecord next = last != null && isOurs() && last.acquireTime() != null
        ? new LeaseRecord(configuration, leaseSeconds, last.acquireTime(), now, last.transitions())
        : new LeaseRecord(configuration, leaseSeconds, now, now, seen.nextToken());
    sentAt = clock.nanoTime();
    return base == null ? new Request.Create(next.on(blank)) : new Request.Update(next.on(base));
  }

  /** The write was confirmed. */
  void written(Lease lease) {
    base = lease;
    seen.see(lease);
    looked = true;
    lookedAt = sentAt;
    extend(sentAt + renewNanos);
  }

  private void extend(long next) {
    bound = isHeld() && bound - next > 0 ? bound : next;
    held = true;
  }

  private boolean mayTake() {
    LeaseRecord last = seen.record();
    return last == null || seen.isUp() || isOurs();
  }

  private boolean isOurs() {
    LeaseRecord last = seen.record();
    return last != null && last.holder().equals(configuration) && !seen.isSetBack(); // another one may have held it since
  }

  /** Whether members of this configuration may work. */
  boolean isHeld() {
    held &= clock.nanoTime() - bound < 0;
    return held;
  }

  /** Until when, by {@link Clock#nanoTime()}; says nothing when it is not held. */
  long bound() {
    return bound;
  }

  long left() {
    return isHeld() ? bound - clock.nanoTime() : 0;
  }

  /** Who keeps us from working; null when nobody does. */
  @Nullable String stranger() {
    LeaseRecord last = seen.record();
    return last == null || isHeld() || isOurs() || last.isFree() ? null : last.holder();
  }
}
