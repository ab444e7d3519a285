package io.kooper.leaderelection;

import io.fabric8.kubernetes.api.model.coordination.v1.Lease;
import io.fabric8.kubernetes.api.model.coordination.v1.LeaseBuilder;
import io.kooper.clock.Clock;
import io.kooper.internal.Durations;
import io.kooper.internal.Monitor;
import io.kooper.leaderelection.LeaderElectionListener.Reason;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/**
 * One replica's decisions for all shards, without threads, waiting or input and output: {@link #next} says which {@link Duty} is
 * due. Guarded by the monitor, but for what is asked of a {@link Tenure}.
 *
 * <h2>Invariants</h2>
 *
 * <ul>
 *   <li>A tenure is active only in a term of its shard's lease, which {@link Candidate} keeps apart from all others', and while
 *       the {@link SharedLease} is held: the term ends with whichever ends first.
 *   <li>A shard's lease is given back, or taken again, only after all tenures of its term have ended.
 *   <li>Who holds more than its due gives away, who holds less takes what is free; both only when the set of members was the
 *       same for a retry period. All see the same members in the same order, so the shares add up.
 * </ul>
 */
final class Sharding {

  /** What stands on each lease of shards and members: whose they are, and of what kind. */
  static final String LABEL = "kooper.io/shards-of";

  static final String ROLE = "kooper.io/lease-of";
  static final String MEMBER = "member";
  static final String SHARD = "shard";

  /** The configuration, on the same leases, for people and for the members' order. */
  static final String CONFIGURATION = "kooper.io/shards";

  /** What the builder has checked. */
  record Settings(String namespace, String name, String identity, int count, ShardBy by, Duration leaseDuration,
      Duration renewDeadline, Duration retryPeriod, boolean releaseOnStop, Clock clock) {

    /** What all must have in common who hold {@link SharedLease} together; its duration too, on which its takers rely. */
    String configuration() {
      return count + "-by-" + by.word + "-for-" + leaseDuration.toSeconds() + "s";
    }
  }

  /** Hears what has happened; called later, without the monitor. */
  interface News {
    void gained(int shard, long token, int held, int due);

    void gives(int shard, int held, int due);

    void gave(int shard);

    void lost(int shard, long token, Reason reason);

    void waits(@Nullable String stranger);
  }

  /** Who takes part. */
  static final class Participant {
    final Runnable changed;
    final List<Tenure> tenures = new ArrayList<>();
    boolean leaving;

    Participant(Runnable changed) {
      this.changed = changed;
    }
  }

  final Settings settings;
  final Monitor monitor;
  final SharedLease shared;
  final long retry;
  private final Random random;
  private final News news;
  private final Members members;
  private final Look look;
  private final SelfDuty self;
  private final List<ShardDuty> shards = new ArrayList<>();
  private final List<Duty> duties = new ArrayList<>();
  private final List<Participant> participants = new ArrayList<>();
  private final List<Runnable> untold = new ArrayList<>();
  private long terms;
  private boolean looked;
  private boolean changed; // participants are to look again
  private @Nullable String stranger;
  private long releaseBy; // when nobody takes part any more

  Sharding(Settings settings, Monitor monitor, Random random, News news) {
    this.settings = settings;
    this.monitor = monitor;
    this.random = random;
    this.news = news;
    this.retry = Durations.nanos(settings.retryPeriod());
    this.shared = new SharedLease(settings.namespace(), settings.name(), "kooper-shards-" + settings.configuration(),
        settings.leaseDuration(), settings.renewDeadline(), settings.clock());
    this.members = new Members(settings.leaseDuration(), settings.clock());
    this.look = new Look(this, members);
    this.self = new SelfDuty(this, blank(settings.name() + "-member-"
        + Long.toHexString(ShardBy.NAME.hash("", settings.identity())), MEMBER));
    for (int i = 0; i < settings.count(); i++) {
      shards.add(new ShardDuty(this, i, blank(settings.name() + "-shard-" + i, SHARD), random.nextInt(1 << 20)));
    }
    duties.add(look);
    duties.add(self);
    duties.addAll(shards);
    duties.add(new Sweep(this, members));
  }

  private Lease blank(String name, String role) {
    return new LeaseBuilder().withNewMetadata().withNamespace(settings.namespace()).withName(name)
        .withLabels(Map.of(LABEL, settings.name(), ROLE, role))
        .withAnnotations(Map.of(CONFIGURATION, settings.configuration())).endMetadata().build();
  }

  long now() {
    return settings.clock().nanoTime();
  }

  /** When one who has lost comes again: client-go's. */
  long jittered() {
    return (long) (retry * (1 + 1.2 * random.nextDouble()));
  }

  // what is to be said to the API server

  /** The most urgent duty whose time has come; null when there is none. Its conversation is under way from now on. */
  @Nullable Duty next() {
    long now = now();
    shards.forEach(ShardDuty::settle);
    Duty first = duties.stream().filter(duty -> !duty.busy && duty.nextAt - now <= 0 && duty.isWanted())
        .min(Comparator.comparingLong(duty -> duty.urgency(now))).orElse(null);
    if (first != null) {
      first.busy = true;
    }
    return first;
  }

  /** How long until {@link #next} may say something, in nanoseconds; {@link Long#MAX_VALUE} until something changes. */
  long untilNext() {
    long now = now();
    shards.forEach(ShardDuty::settle);
    return duties.stream().filter(duty -> !duty.busy && duty.isWanted()).mapToLong(duty -> Math.max(0, duty.nextAt - now)).min()
        .orElse(Long.MAX_VALUE);
  }

  /** The conversation of a duty is over. */
  void over(Duty duty, long started) {
    duty.busy = false;
    duty.over(started);
  }

  /** Whether nobody takes part, and there is nothing more to give back. */
  boolean isIdle() {
    shards.forEach(ShardDuty::settle);
    return participants.isEmpty() && shards.stream().allMatch(shard -> shard.term == null)
        && duties.stream().noneMatch(duty -> duty.busy || duty.isWanted());
  }

  // what the duties ask

  /** Whether somebody takes part. */
  boolean isRunning() {
    return !participants.isEmpty();
  }

  /** Whether somebody wants shards. */
  boolean isWorking() {
    return participants.stream().anyMatch(one -> !one.leaving);
  }

  /** Whether a shard may be gained now. */
  boolean mayGain() {
    return isWorking() && shared.isHeld() && self.isAnnounced();
  }

  /** How many shards are missing to our due, those left out that are being acquired; 0 when shares must not move now. */
  int missing() {
    if (!mayGain() || !looked || !isStable()) {
      return 0;
    }
    long acquired = shards.stream().filter(shard -> shard.isHeld() || shard.isBeingAcquired()).count();
    return (int) (due() - acquired);
  }

  /** The urgency of what has no deadline, and lets others wait: what is held comes first only when it gets close. */
  long soon() {
    return 2 * retry;
  }

  void lookSoon() {
    look.nextAt = now();
  }

  boolean mayRelease() {
    return isRunning() || settings.releaseOnStop() && releaseBy - now() > 0;
  }

  /** Whether what was begun with leaving still makes sense. */
  boolean isInTime() {
    return isRunning() || releaseBy - now() > 0;
  }

  private boolean isStable() {
    return members.stableFor() >= retry;
  }

  int held() {
    return (int) shards.stream().filter(ShardDuty::isHeld).count();
  }

  /** How many shards this replica should hold, as far as it knows. */
  int due() {
    int rank = members.order().indexOf(self.name);
    return rank < 0 || !isWorking() || !shared.isHeld() ? 0 : Shares.due(rank, members.order().size(), settings.count());
  }

  /** A look has shown these; it was sent then. */
  void saw(List<Lease> leases, long sent) {
    members.look(leases.stream().filter(lease -> MEMBER.equals(lease.getMetadata().getLabels().get(ROLE))
        && settings.configuration().equals(lease.getMetadata().getAnnotations().get(CONFIGURATION))).toList());
    for (Lease lease : leases) {
      String name = lease.getMetadata().getName();
      shards.stream().filter(shard -> shard.name.equals(name)).forEach(shard -> shard.saw(lease, sent));
    }
    looked = true;
    boolean counted = members.order().contains(self.name);
    if (isWorking() && isStable() && shared.isHeld() && (counted || !self.isAnnounced())) { // else we are about to be counted
      giveAway(held() - due());
    }
  }

  /** The shared lease was seen or written. */
  void sharedChanged() {
    if (shared.isHeld()) {
      shards.forEach(ShardDuty::extend);
    } else { // it has ended, or somebody else wrote it
      shards.stream().filter(shard -> shard.term != null).forEach(shard -> {
        if (shard.term().end(Reason.TAKEN)) {
          changed();
        }
      });
    }
    String other = shared.stranger();
    if (!Objects.equals(other, stranger)) {
      stranger = other;
      untold.add(() -> news.waits(other));
    }
  }

  private void giveAway(int surplus) {
    shards.stream().filter(ShardDuty::isHeld).sorted(Comparator.comparingLong((ShardDuty shard) -> shard.begun).reversed())
        .limit(Math.max(0, surplus)).forEach(shard -> {
          shard.giving = true;
          participants.stream().flatMap(one -> one.tenures.stream()).filter(tenure -> tenure.shard == shard)
              .forEach(tenure -> tenure.giving = true);
          int held = held();
          int due = due();
          untold.add(() -> news.gives(shard.index, held, due));
          changed();
        });
  }

  /** A shard was gained: everybody gets a tenure. */
  void begun(ShardDuty shard, Term term) {
    shard.begun = ++terms;
    shard.open = 0;
    participants.stream().filter(one -> !one.leaving).forEach(one -> open(one, shard));
    int held = held();
    int due = due();
    untold.add(() -> news.gained(shard.index, term.token(), held, due));
    changed();
  }

  private void open(Participant participant, ShardDuty shard) {
    participant.tenures.add(new Tenure(this, shard, shard.term()));
    shard.open++;
  }

  void released(ShardDuty shard) {
    untold.add(() -> news.gave(shard.index));
  }

  void changed() {
    changed = true;
  }

  // those who take part

  Participant join(Runnable told) {
    Participant participant = new Participant(told);
    if (participants.isEmpty()) {
      look.nextAt = now();
    }
    try {
      participants.add(participant);
      shards.stream().filter(ShardDuty::isHeld).forEach(shard -> open(participant, shard));
      return participant;
    } catch (Throwable t) { // without memory: nobody would end what was opened
      close(participant);
      throw t;
    }
  }

  List<Shards.Holding> holdings(Participant participant) {
    return List.copyOf(participant.tenures);
  }

  void end(Tenure tenure) {
    end(tenure, false);
    participants.forEach(one -> one.tenures.remove(tenure));
  }

  private void end(Tenure tenure, boolean abandons) {
    if (!tenure.over) {
      tenure.over = true;
      tenure.giving = true;
      tenure.shard.end(abandons);
    }
  }

  void leave(Participant participant) {
    participant.leaving = true;
    if (!isWorking()) {
      self.nextAt = now();
    }
  }

  /** What has not ended is abandoned. */
  void close(Participant participant) {
    leave(participant);
    participant.tenures.forEach(tenure -> end(tenure, true));
    participant.tenures.clear();
    if (participants.remove(participant) && participants.isEmpty()) {
      releaseBy = now() + Durations.nanos(settings.renewDeadline());
      shards.forEach(shard -> shard.nextAt = now());
    }
  }

  // what is to be told

  /** The terms that have ended, of which nobody was told yet. */
  List<ShardDuty> ended() {
    return shards.stream().filter(shard -> shard.term != null && !shard.fired && !shard.term().isValid()).toList();
  }

  /** All have been told of the end of this shard's term. */
  void fired(ShardDuty shard) {
    Term term = shard.term();
    shard.fired = true;
    changed();
    if (term.reason() != Reason.STOPPED) {
      untold.add(() -> news.lost(shard.index, term.token(), term.reason()));
    }
  }

  /** How long until the first of the terms ends, in nanoseconds. */
  long untilEnd() {
    long now = now();
    return shards.stream().filter(shard -> shard.term != null && !shard.fired).mapToLong(shard -> shard.term().left(now)).min()
        .orElse(Long.MAX_VALUE);
  }

  /** What is to be called without the monitor. */
  List<Runnable> untold() {
    List<Runnable> all = new ArrayList<>(untold);
    untold.clear();
    if (changed) {
      changed = false;
      participants.forEach(one -> all.add(one.changed));
    }
    return all;
  }

  // health

  @Nullable String stranger() {
    return stranger;
  }

  /** Whether another process takes part with our identity, or did so until a moment ago. */
  boolean hasNamesake() {
    return isWorking() && shared.isHeld() && self.hasNamesake();
  }

  /** Shards that were not seen to be held by anybody for so long. */
  List<Integer> unowned(Duration time) {
    return !looked || !isRunning() ? List.of() : shards.stream().filter(shard -> shard.term == null
        && now() - shard.candidate.heldAt() > Durations.nanos(time)).map(shard -> shard.index).toList();
  }
}
