package io.kooper.leaderelection;

import io.fabric8.kubernetes.api.model.coordination.v1.Lease;
import io.kooper.clock.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** A lease as it was last seen, and since when it has not changed. For one thread. */
final class Observed {

  private final long duration; // of a lease that does not say, in nanoseconds
  private final Clock clock;
  private @Nullable LeaseRecord record; // null until one was seen
  private @Nullable String uid;
  private long since; // after the answer in which this record was seen first
  private long setBackAt; // when its transitions last became fewer
  private long longest; // of all durations, in nanoseconds
  private int highest = -1; // of all transitions seen: a token is not used twice, not even when the lease was deleted
  private Instant lastStamp = Instant.EPOCH;

  Observed(Duration lease, Clock clock) {
    this.duration = lease.toNanos();
    this.clock = clock;
    this.longest = duration;
  }

  /** A request has shown this lease. Whether that is news: others may edit labels, which is no sign of life. */
  boolean see(Lease lease) {
    LeaseRecord seen = LeaseRecord.of(lease);
    String seenUid = lease.getMetadata().getUid();
    if (seen.equals(record) && Objects.equals(seenUid, uid)) {
      return false;
    }
    since = clock.nanoTime();
    if (record != null && seen.transitions() < record.transitions()) {
      setBackAt = since;
    }
    record = seen;
    uid = seenUid;
    highest = Math.max(highest, seen.transitions());
    longest = Math.max(longest, Duration.ofSeconds(seen.seconds()).toNanos());
    return true;
  }

  @Nullable LeaseRecord record() {
    return record;
  }

  long since() {
    return since;
  }

  /** Whether anybody may take the lease: it is free, or has not changed for its duration, and is believed. */
  boolean isUp() {
    LeaseRecord last = record;
    return !isSetBack() && (last != null && last.isFree() || isUnchangedFor(1));
  }

  /**
   * Whether it says something older than what was seen before, as after a backup was restored, and is not to be believed yet: who
   * has held it since may not know. Not for longer than any term may last, since the one who renews it may be right.
   */
  boolean isSetBack() {
    return record != null && record.transitions() < highest && clock.nanoTime() - setBackAt < longest;
  }

  /** Whether it has not changed for so many of its durations. */
  boolean isUnchangedFor(int durations) {
    LeaseRecord last = record;
    long own = last == null || last.seconds() == 0 ? duration : Duration.ofSeconds(last.seconds()).toNanos();
    return clock.nanoTime() - since >= durations * own;
  }

  int highest() {
    return highest;
  }

  /** The token of who takes the lease. */
  int nextToken() {
    return highest == Integer.MAX_VALUE ? highest : highest + 1;
  }

  /** The time of day to write; always a new one, that others see a change whatever the machine's clock does. */
  Instant stamp() {
    Instant now = clock.now().truncatedTo(ChronoUnit.MICROS);
    lastStamp = now.isAfter(lastStamp) ? now : lastStamp.plus(1, ChronoUnit.MICROS);
    return lastStamp;
  }
}
