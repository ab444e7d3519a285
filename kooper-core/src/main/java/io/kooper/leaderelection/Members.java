package io.kooper.leaderelection;

import io.fabric8.kubernetes.api.model.coordination.v1.Lease;
import io.kooper.clock.Clock;
import java.time.Duration;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Who takes part, as the looks at the members' leases have shown. For one thread. */
final class Members {

  /** After so many of its durations without a sign of life a lease is litter. */
  private static final int LITTER = 10;

  private static final class Member {
    private final Observed seen;
    private Lease lease; // as it was seen last

    Member(Lease lease, Observed seen) {
      this.lease = lease;
      this.seen = seen;
    }

    boolean lives() {
      return !LeaseRecord.of(lease).isFree() && !seen.isUnchangedFor(1);
    }

    String created() {
      return Objects.requireNonNullElse(lease.getMetadata().getCreationTimestamp(), "");
    }
  }

  private final Duration duration;
  private final Clock clock;
  private final Map<String, Member> members = new HashMap<>(); // by name
  private List<String> order = List.of();
  private long changedAt;

  Members(Duration lease, Clock clock) {
    this.duration = lease;
    this.clock = clock;
    this.changedAt = clock.nanoTime();
  }

  /** @param leases of all members of this configuration */
  void look(List<Lease> leases) {
    members.keySet().retainAll(leases.stream().map(Members::name).toList());
    for (Lease lease : leases) {
      Member member = members.computeIfAbsent(name(lease), name -> new Member(lease, new Observed(duration, clock)));
      member.lease = lease;
      member.seen.see(lease);
    }
    List<String> live = members.values().stream().filter(Member::lives)
        .sorted(Comparator.comparing(Member::created).reversed().thenComparing(member -> name(member.lease)))
        .map(member -> name(member.lease)).toList();
    if (!live.equals(order)) {
      order = live;
      changedAt = clock.nanoTime();
    }
  }

  private static String name(Lease lease) {
    return lease.getMetadata().getName();
  }

  /** Those that live, the youngest first. */
  List<String> order() {
    return order;
  }

  /** For how long they have been the same, in nanoseconds. */
  long stableFor() {
    return clock.nanoTime() - changedAt;
  }

  /** The lease of one that died long ago, or null. */
  @Nullable Lease litter() {
    return members.values().stream().filter(one -> one.seen.isUnchangedFor(LITTER)).map(one -> one.lease).findFirst()
        .orElse(null);
  }
}
