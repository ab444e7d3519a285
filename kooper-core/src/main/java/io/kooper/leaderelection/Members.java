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

  private record Seen(Lease lease, LeaseRecord record, @Nullable String uid, long at) {

    boolean isUnchangedFor(int times, int seconds, long now) {
      long duration = Duration.ofSeconds(record.seconds() == 0 ? seconds : record.seconds()).toNanos();
      return now - at >= times * duration;
    }

    String created() {
      return Objects.requireNonNullElse(lease.getMetadata().getCreationTimestamp(), "");
    }
  }

  private final int leaseSeconds;
  private final Clock clock;
  private Map<String, Seen> seen = Map.of(); // by name
  private List<String> order = List.of();
  private long changedAt;

  Members(Duration lease, Clock clock) {
    this.leaseSeconds = (int) lease.toSeconds();
    this.clock = clock;
    this.changedAt = clock.nanoTime();
  }

  /** @param leases of all members of this configuration */
  void look(List<Lease> leases) {
    long now = clock.nanoTime();
    Map<String, Seen> next = new HashMap<>();
    for (Lease lease : leases) {
      String name = lease.getMetadata().getName();
      Seen before = seen.get(name);
      Seen one = new Seen(lease, LeaseRecord.of(lease), lease.getMetadata().getUid(), now);
      next.put(name, before != null && before.record.equals(one.record) && Objects.equals(before.uid, one.uid)
          ? new Seen(lease, one.record, one.uid, before.at) : one);
    }
    seen = next;
    List<String> live = next.entrySet().stream()
        .filter(one -> !one.getValue().record.isFree() && !one.getValue().isUnchangedFor(1, leaseSeconds, now))
        .sorted(Comparator.comparing((Map.Entry<String, Seen> one) -> one.getValue().created()).reversed()
            .thenComparing(Map.Entry::getKey))
        .map(Map.Entry::getKey).toList();
    if (!live.equals(order)) {
      order = live;
      changedAt = now;
    }
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
    long now = clock.nanoTime();
    return seen.values().stream().filter(one -> one.isUnchangedFor(LITTER, leaseSeconds, now)).map(Seen::lease).findFirst()
        .orElse(null);
  }
}
