package io.kooper.leaderelection;

import io.fabric8.kubernetes.api.model.coordination.v1.Lease;
import io.kooper.internal.Monitor;
import io.kooper.leaderelection.LeaderElectionListener.Reason;
import io.kooper.leaderelection.Leases.Step;
import io.kooper.leaderelection.Sharding.Settings;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.IntSummaryStatistics;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import org.assertj.core.api.Assertions;
import org.jspecify.annotations.Nullable;

/**
 * As {@link Simulation}, of replicas that share the work: each has its {@link Sharding}, four conversations at once at most, and
 * workers that call handlers for keys of the shards it holds. Replicas crash, stop and come back, some with another number of
 * shards, some as those of a single election.
 *
 * <p>It throws an AssertionError as soon as
 * <ul>
 *   <li>two replicas may begin a call for one key at one moment of real time,
 *   <li>a call begins while another one of its key runs that was not cancelled, or whose shard was given away,
 *   <li>a call whose term has ended is not cancelled within {@link #PROMPT} for which its process has run,
 *   <li>a term's token is not higher than all before it of its shard,
 *   <li>a shard has no owner for {@link #recovery} since all is well, or shares differ by more than one, or move again.
 * </ul>
 */
final class ShardSimulation extends SimulatedWorld {

  private static final double LONGEST_CALL = 5 * SECOND;
  private static final int KEYS = 48;

  /** What happened in all histories together. */
  static final class Tally {
    int faults;
    int calls;
    int cancelled;
    int terms;
    int expired;
    int taken;
    int given;
    int crashes;
    int leaves;
    int standbys;
    int reconfigured;
    int plainTerms;
    double slowest;
  }

  private final Tally tally;
  private final FakeLeases server = new FakeLeases(() -> Instant.EPOCH.plusSeconds((long) (this.now / SECOND)));
  private final List<Replica> replicas = new ArrayList<>();
  private final Map<String, Integer> tokens = new HashMap<>(); // the highest of each lease
  private final int firstCount;
  private final int lastCount; // what all have in the end
  private final double end;
  private double lastMove;
  private final Map<Integer, int[]> keys = new HashMap<>();

  /** @param drift by how much the rates of the clocks may be wrong, such as 0.05 */
  ShardSimulation(long seed, double drift, Tally tally) {
    this(seed, drift, tally, 100 * SECOND, 2 + new Random(~seed).nextInt(4), new Random(seed).nextInt(3) == 0);
  }

  /** @param change whether the number of shards changes */
  ShardSimulation(long seed, double drift, Tally tally, double faultsEnd, int count, boolean change) {
    super(new Random(seed), drift, faultsEnd);
    this.tally = tally;
    this.end = faultsEnd + recovery(drift) + 60 * SECOND;
    this.firstCount = faultsEnd == 0 ? 16 : 1 + random.nextInt(9);
    this.lastCount = change ? 1 + random.nextInt(9) : firstCount;
    for (int i = 0; i < count; i++) {
      replicas.add(new Replica("replica-" + i, firstCount));
    }
    if (change && random.nextBoolean()) {
      replicas.get(0).count = 0; // one of a single election, as before the upgrade
    }
  }

  /** After the last old replica both leases expire one after the other, then shares settle; by the slowest clock. */
  static double recovery(double drift) {
    return (2 * LEASE + 6 * 2.2 * RETRY + 6 * TIMEOUT + LONGEST_DRAIN + 2 * LONGEST_CALL + RENEW) / (1 - drift);
  }

  void run() {
    for (Replica replica : replicas) {
      replica.join(random.nextDouble() * 3 * SECOND);
    }
    at(random.nextDouble() * 10 * SECOND, this::fault);
    at(faultsEnd, () -> replicas.forEach(Replica::heal));
    play(faultsEnd + recovery(drift));
    checkShares("when all had been well for " + recovery(drift) / SECOND + " s");
    double moved = lastMove;
    tally.slowest = Math.max(tally.slowest, moved - faultsEnd);
    play(end);
    checkShares("at the end");
    if (moved != lastMove) {
      throw new AssertionError("a shard moved at " + lastMove / SECOND + " s though all was well");
    }
  }

  /** How often a shard of 16 moves on average when all of so many replicas are replaced, one started before one stops. */
  static double movesInARollingUpdate(int count) {
    Tally tally = new Tally();
    ShardSimulation simulation = new ShardSimulation(count, 0.001, tally, 0, count, false);
    simulation.replicas.forEach(replica -> replica.join(0));
    simulation.play(60 * SECOND);
    int before = tally.terms;
    for (int i = 0; i < count; i++) {
      Replica next = simulation.new Replica("next-" + i, 16);
      simulation.replicas.add(next);
      next.join(simulation.now);
      simulation.play(simulation.now + 20 * SECOND);
      Replica old = simulation.replicas.remove(0);
      old.gone = true;
      old.leave();
      simulation.play(simulation.now + 10 * SECOND);
      Assertions.assertThat(simulation.server.all()).noneMatch(lease -> LeaseRecord.of(lease).holder().equals(old.identity));
      simulation.play(simulation.now + 10 * SECOND);
    }
    simulation.checkShares("after the update");
    return (tally.terms - before) / 16.0;
  }

  private void play(double until) {
    play(until, () -> {
      replicas.forEach(Replica::checkCalls);
      checkOwners();
    });
  }

  private void checkOwners() {
    Replica[] owners = new Replica[KEYS];
    for (Replica replica : replicas) {
      for (int key : replica.owned()) {
        if (owners[key] != null && owners[key] != replica) {
          throw new AssertionError("at " + now / SECOND + " s both own key " + key + ": " + owners[key] + ", " + replica);
        }
        owners[key] = replica;
      }
    }
  }

  /** The keys of a shard. */
  private int[] keys(int count, int shard) {
    return keys.computeIfAbsent(count * 1000 + shard, both -> IntStream.range(0, KEYS)
        .filter(key -> count == 0 || ShardBy.NAME.shard("default", "key-" + key, count) == shard).toArray());
  }

  private void checkShares(String when) {
    IntSummaryStatistics held = replicas.stream().mapToInt(Replica::held).summaryStatistics();
    if (held.getSum() != lastCount || held.getMax() - held.getMin() > 1) {
      throw new AssertionError(when + " the " + lastCount + " shards were held by " + replicas);
    }
  }

  private void fault() {
    if (!isBad()) {
      return;
    }
    Replica target = replicas.get(random.nextInt(replicas.size()));
    List<Lease> leases = server.all();
    Lease lease = leases.isEmpty() ? null : leases.get(random.nextInt(leases.size()));
    tally.faults++;
    switch (random.nextInt(10)) {
      case 0, 1, 2, 3 -> target.suffer();
      case 4 -> target.crash();
      case 5, 6 -> target.leave();
      case 7 -> { // nobody of one configuration may ask for the lease that they hold together
        double until = now + upTo(60);
        replicas.stream().filter(one -> one.count == target.count).forEach(one -> one.blindUntil = until);
      }
      case 8 -> { // somebody with kubectl: a holder who does not exist, or a member that is gone
        boolean member = lease != null && Sharding.MEMBER.equals(lease.getMetadata().getLabels().get(Sharding.ROLE));
        if (member && random.nextBoolean()) {
          server.remove(lease.getMetadata().getName());
        } else if (lease != null) {
          server.put(stolen(lease));
        }
      }
      default -> {
        if (lease != null) {
          server.put(edited(lease));
        }
      }
    }
    at(now + upTo(6), this::fault);
  }

  /** One process. */
  private final class Replica extends Process implements Sharding.News {

    /** A call of a handler: it runs until it is done or, some time after it was cancelled, ends. */
    private final class Handling extends Call {
      final int key;
      final Runnable ended;

      Handling(int key, Leadership term, Runnable ended) {
        super(term);
        this.key = key;
        this.ended = ended;
        tally.calls++;
        calls.add(this);
        term.onEnd(() -> {
          if (calls.contains(this)) {
            cancelled = true;
            tally.cancelled++;
            locally(now + upTo(LONGEST_DRAIN / SECOND), this::end);
          }
        });
        locally(now + upTo(LONGEST_CALL / SECOND), () -> {
          if (!cancelled) {
            end();
          }
        });
      }

      private void end() {
        if (calls.remove(this)) {
          ended.run();
        }
      }
    }

    private final String pod;
    private String identity = "new";
    private int count; // of shards; 0 for a single election
    private int lives;
    private double blindUntil;
    private final List<Handling> calls = new ArrayList<>();

    private @Nullable Sharding sharding;
    private Sharding.@Nullable Participant participant;
    private int talking;
    private double wakes; // when this looks again by itself
    private boolean leaving;
    private boolean gone; // it does not come back
    private final Map<Shards.Holding, Integer> busy = new HashMap<>(); // the calls of what is known to be held

    private @Nullable SimulatedElector elector; // of a single election

    Replica(String pod, int count) {
      this.pod = pod;
      this.count = count;
    }

    // what it owns

    int[] owned() {
      if (elector != null && elector.isValid()) {
        return keys(0, 0);
      }
      return busy.keySet().stream().filter(holding -> holding.leadership().isValid())
          .flatMapToInt(holding -> IntStream.of(keys(count, holding.shard()))).toArray();
    }

    @Override
    public String toString() {
      return identity + " (count " + count + ", " + talking + " requests, leaving " + leaving
          + ", due " + (sharding == null ? 0 : sharding.due()) + "): " + held();
    }

    int held() {
      return (int) busy.keySet().stream().filter(Shards.Holding::isActive).count();
    }

    void checkCalls() {
      calls.forEach(call -> call.check(this, "for key " + call.key));
    }

    /** Other calls of the key may only be such as were cancelled, or will be as soon as their process goes on. */
    private void begin(int key, Leadership own, Runnable ended) {
      for (Replica other : replicas) {
        for (Handling call : other.calls) {
          boolean given = call.term instanceof Term past && !past.isValid() && past.reason() == Reason.STOPPED;
          if (call.key == key && (call.term.isValid() || given)) {
            throw new AssertionError("at " + now / SECOND + " s " + identity + " begins a call for key " + key + ", and that of "
                + other.identity + (given ? " still runs though its shard was given away" : " may still begin others"));
          }
        }
      }
      new Handling(key, own, ended);
    }

    // its life

    void join(double time) {
      locally(time, () -> {
        identity = pod + "-" + lives++;
        leaving = false;
        if (count == 0) {
          elector = new SimulatedElector(ShardSimulation.this, this, identity, server.lease("op"), calls::isEmpty, term -> {
            tally.plainTerms++;
            lead(term);
          });
          elector.attempt();
          return;
        }
        sharding = new Sharding(new Settings("default", "op", identity, count, ShardBy.NAME, duration(LEASE), duration(RENEW),
            duration(RETRY), true, this), new Monitor(this), new Random(random.nextLong()), this);
        participant = sharding.join(() -> {});
        pump();
      });
    }

    void crash() {
      end();
      calls.clear();
      tally.crashes++;
      join(now + upTo(5));
    }

    private void end() {
      endLife();
      endPause();
      sharding = null;
      participant = null;
      elector = null;
      busy.clear();
      talking = 0;
      wakes = 0;
      if ((count == 0 || firstCount != lastCount) && (!isBad() || random.nextInt(3) == 0)) {
        tally.reconfigured += count == lastCount ? 0 : 1;
        count = !isBad() || random.nextBoolean() ? lastCount : firstCount;
      }
    }

    void leave() {
      if (sharding != null && !leaving && now >= pausedUntil) {
        leaving = true;
        tally.leaves++;
        sharding.leave(participant);
        pump();
      } else if (elector != null && now >= pausedUntil) {
        crash();
      }
    }

    @Override
    void heal() {
      blindUntil = 0;
      super.heal();
      if (count != lastCount) {
        locally(now, sharding == null && elector == null || count == 0 ? this::crash : this::leave);
      }
    }

    // what the threads of a process do, without threads

    /** Gives free threads what is due, does what the watchdog and the controller do, and comes again in time. */
    private void pump() {
      Sharding own = sharding;
      if (own == null) {
        return;
      }
      own.ended().forEach(shard -> {
        shard.term().fire(Runnable::run);
        own.fired(shard);
      });
      own.untold().forEach(Runnable::run);
      control();
      if (leaving && own.isIdle()) {
        end();
        if (!gone) {
          join(now + (isBad() ? upTo(20) : 0));
        }
        return;
      }
      while (talking < 4) {
        Duty duty = own.next();
        if (duty == null) {
          break;
        }
        talking++;
        long started = nanoTime();
        Step first = duty.begin();
        double startedAt = now;
        mayStandStill(300); // after it took the time, before it sends
        locally(startedAt, () -> converse(own, duty, first, started));
      }
      long next = Math.min(talking < 4 ? own.untilNext() : Long.MAX_VALUE, own.untilEnd());
      if (next != Long.MAX_VALUE) {
        double wake = now + (Math.max(next, 0) + 1) / rate;
        if (wakes == 0 || wake < wakes) {
          wakes = wake;
          locally(wake, () -> wake(wake));
        }
      }
    }

    private void wake(double due) {
      if (due == wakes) {
        wakes = 0;
        pump();
      }
    }

    private void converse(Sharding own, Duty duty, @Nullable Step step, long started) {
      if (step == null) {
        talking--;
        own.over(duty, started);
        pump();
        return;
      }
      boolean blind = isBad() && now < blindUntil && step instanceof Leases.Ask ask && ask.name.equals("op");
      send(() -> step.send(server), blind, failure -> {
        converse(own, duty, failure == null ? duty.answered(step) : duty.failed(step, failure), started);
        pump();
      });
    }

    /** What a controller does: a worker a shard, nothing new for what is not active, and the end of what has ended. */
    private void control() {
      Sharding own = sharding;
      Sharding.Participant self = participant;
      if (own == null || self == null) {
        return;
      }
      for (Shards.Holding holding : own.holdings(self)) {
        if (busy.putIfAbsent(holding, 0) == null) {
          note((Tenure) holding);
          work(holding);
          work(holding);
        }
        if ((leaving || !holding.isActive()) && busy.get(holding) == 0) {
          busy.remove(holding);
          holding.ended();
        }
      }
      if (leaving && own.holdings(self).isEmpty()) {
        own.close(self);
      }
    }

    private void note(Tenure tenure) {
      tally.terms++;
      lastMove = now;
      int token = (int) tenure.term.token();
      Integer before = tokens.put(tenure.shard.name, token);
      if (before != null && before >= token) {
        throw new AssertionError("token " + token + " of " + tenure.shard.name + " after " + before);
      }
    }

    private void work(Shards.Holding holding) {
      Sharding own = sharding;
      if (own == null || leaving || !holding.isActive() || !busy.containsKey(holding)) {
        return;
      }
      int[] all = keys(count, holding.shard());
      int key = all.length == 0 ? 0 : all[random.nextInt(all.length)];
      if (all.length == 0 || calls.stream().anyMatch(call -> call.key == key)) { // what the queue sees to
        locally(now + upTo(5), () -> work(holding));
        return;
      }
      busy.merge(holding, 1, Integer::sum);
      begin(key, holding.leadership(), () -> {
        busy.merge(holding, -1, Integer::sum);
        locally(now + upTo(0.5), () -> work(holding));
        pump();
      });
    }

    @Override
    public void gained(int shard, long token, int held, int due) {}

    @Override
    public void gives(int shard, int held, int due) {
      tally.given++;
    }

    @Override
    public void gave(int shard) {}

    @Override
    public void lost(int shard, long token, Reason reason) {
      tally.expired += reason == Reason.EXPIRED ? 1 : 0;
      tally.taken += reason == Reason.TAKEN ? 1 : 0;
      lastMove = now;
    }

    @Override
    public void waits(@Nullable String stranger) {
      tally.standbys += stranger == null ? 0 : 1;
    }

    // a single election: one that does not know of shards

    private void lead(Term current) {
      if (current.isValid()) {
        begin(random.nextInt(KEYS), current, () -> locally(now + upTo(0.5), () -> lead(current)));
      }
    }
  }
}
