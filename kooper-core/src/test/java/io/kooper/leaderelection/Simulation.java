package io.kooper.leaderelection;

import io.fabric8.kubernetes.api.model.coordination.v1.Lease;
import io.fabric8.kubernetes.api.model.coordination.v1.LeaseBuilder;
import io.kooper.clock.Clock;
import io.kooper.leaderelection.LeaderElectionListener.Reason;
import io.kooper.leaderelection.LeaseException.Kind;
import io.kooper.leaderelection.LeaseStore.Request;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.PriorityQueue;
import java.util.Random;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.Lock;
import org.jspecify.annotations.Nullable;

/**
 * Replicas, each with a clock of its own, that compete for a lease over a bad network, in virtual time: every seed is one
 * history, always the same. For two minutes requests and answers are late or lost, replicas are cut off, stand still, crash,
 * stop and come back, the lease is edited, stolen and deleted, and clocks are set; then all is well for two more minutes.
 *
 * <p>It throws an AssertionError as soon as
 * <ul>
 *   <li>two replicas may start a handler at one moment of real time,
 *   <li>a call whose term has ended is not cancelled within {@link #PROMPT} for which its process has run,
 *   <li>what such a call still sends bears the token that the lease has under a later leader,
 *   <li>a term's token is not higher than all before it,
 *   <li>there is no leader for {@link #recovery} since all is well, or that one loses its term again.
 * </ul>
 */
final class Simulation {

  private static final double SECOND = 1e9;
  private static final double FAULTS_END = 120 * SECOND;
  private static final double END = 240 * SECOND;
  private static final double LEASE = 15 * SECOND;
  private static final double RENEW = 10 * SECOND;
  private static final double RETRY = 2 * SECOND;
  private static final double TIMEOUT = 2 * SECOND;
  private static final double LONGEST_DRAIN = 8 * SECOND;
  private static final double PROMPT = 0.01 * SECOND;

  /** What happened in all histories together; a simulation in which nothing happens proves nothing. */
  static final class Tally {
    int faults;
    int calls;
    int cancelled;
    int staleWrites;
    int terms;
    int expired;
    int taken;
    int stopped;
    int crashes;
    int pauses;
    int deletions;
    int lateWrites;
    double slowestRecovery;
  }

  private record Event(double time, long order, Runnable action) implements Comparable<Event> {
    @Override
    public int compareTo(Event other) {
      int byTime = Double.compare(time, other.time);
      return byTime != 0 ? byTime : Long.compare(order, other.order);
    }
  }

  private final Random random;
  private final double drift;
  private final Tally tally;
  private final PriorityQueue<Event> events = new PriorityQueue<>();
  private final FakeLeaseServer server = new FakeLeaseServer();
  private final List<Replica> replicas = new ArrayList<>();
  private double now;
  private long order;
  private long highestToken = -1;
  private double lastBegun; // when the last term began
  private boolean settled; // all has been well for long enough

  /** @param drift by how much the rates of the clocks may be wrong, such as 0.05 */
  Simulation(long seed, double drift, Tally tally) {
    this.random = new Random(seed);
    this.drift = drift;
    this.tally = tally;
    int count = 2 + random.nextInt(4);
    boolean namesakes = random.nextInt(10) == 0;
    for (int i = 0; i < count; i++) {
      replicas.add(new Replica(namesakes && i < 2 ? "namesake" : "replica-" + i));
    }
  }

  /** The lease, two jittered retries, four requests without an answer, and the end of old work, by the slowest clock. */
  static double recovery(double drift) {
    return (LEASE + 2 * 2.2 * RETRY + 4 * TIMEOUT + LONGEST_DRAIN) / (1 - drift);
  }

  void run() {
    for (Replica replica : replicas) {
      replica.join(random.nextDouble() * 3 * SECOND);
    }
    at(random.nextDouble() * 10 * SECOND, this::fault);
    at(FAULTS_END, () -> replicas.forEach(Replica::heal));
    at(FAULTS_END + recovery(drift), () -> {
      if (replicas.stream().noneMatch(Replica::isValid)) {
        throw new AssertionError("no leader " + recovery(drift) / SECOND + " s after the faults ended");
      }
      settled = true;
      tally.slowestRecovery = Math.max(tally.slowestRecovery, lastBegun - FAULTS_END);
    });
    while (!events.isEmpty() && events.peek().time() < END) {
      Event event = events.poll();
      now = event.time();
      event.action().run();
      check();
    }
  }

  private void check() {
    List<String> valid = new ArrayList<>();
    for (Replica replica : replicas) {
      if (replica.isValid()) {
        valid.add(replica.identity);
      }
    }
    if (valid.size() > 1) {
      throw new AssertionError("at " + now / SECOND + " s all of these lead: " + valid);
    }
    replicas.forEach(Replica::checkCalls);
  }

  private void at(double time, Runnable action) {
    events.add(new Event(Math.max(now, time), order++, action));
  }

  private boolean isBad() {
    return now < FAULTS_END;
  }

  private double upTo(double seconds) {
    return random.nextDouble() * seconds * SECOND;
  }

  private void fault() {
    if (!isBad()) {
      return;
    }
    Replica victim = replicas.get(random.nextInt(replicas.size()));
    Replica leader = replicas.stream().filter(Replica::isValid).findFirst().orElse(victim);
    Replica target = random.nextBoolean() ? victim : leader;
    tally.faults++;
    switch (random.nextInt(9)) {
      case 0 -> target.cutOffUntil = now + upTo(30);
      case 1 -> target.pause(upTo(30));
      case 2 -> target.crash();
      case 3 -> target.leave();
      case 4 -> target.wallClock += random.nextInt(7200) - 3600;
      case 5 -> target.slowUntil = now + upTo(30);
      case 6 -> {
        // documented limits: who has never seen a lease takes a missing one at once, and a token that nobody else has seen
        // is forgotten with the lease
        Lease lease = server.get();
        if (lease != null && replicas.stream().allMatch(replica -> replica.hasSeen(LeaseRecord.of(lease).transitions()))) {
          server.delete();
          tally.deletions++;
        }
      }
      case 7 -> { // somebody with kubectl: a holder who does not exist
        Lease lease = server.get();
        if (lease != null) {
          LeaseRecord last = LeaseRecord.of(lease);
          server.put(new LeaseRecord("nobody", 15, null, null, last.transitions() + 1).on(lease));
        }
      }
      default -> {
        Lease lease = server.get();
        if (lease != null) {
          server.put(new LeaseBuilder(lease).editMetadata().addToLabels("edit", "" + order).endMetadata().build());
        }
      }
    }
    at(now + upTo(8), this::fault);
  }

  /** One process: what {@link Elector} does, without threads. */
  private final class Replica implements Clock {

    /** A call of a handler: it runs until it is done or cancelled, and what it sends at its end may arrive much later. */
    private final class Call {
      final Term term;
      boolean cancelled;
      double staleSince = -1; // since when its process runs on though the term has ended

      Call(Term term) {
        this.term = term;
        tally.calls++;
        term.onEnd(() -> {
          if (call == this) {
            cancelled = true;
            tally.cancelled++;
          }
        });
      }

      void write() {
        Lease lease = server.get();
        if (lease != null && term.token() < highestToken) {
          tally.staleWrites++;
          LeaseRecord record = LeaseRecord.of(lease);
          if (record.transitions() == term.token() && replicas.stream().anyMatch(Replica::isValid)) {
            throw new AssertionError("token " + term.token() + " is stale, and the lease still has it");
          }
        }
      }
    }

    private final String identity;
    private final double rate = 1 + (random.nextDouble() * 2 - 1) * drift;
    private final long origin = random.nextLong() / 4;
    private long wallClock = random.nextInt(7200);
    private Candidate candidate;
    private @Nullable Term term;
    private double drainedAt;
    private double pausedUntil;
    private final List<Runnable> parked = new ArrayList<>(); // what it does when it goes on
    private double cutOffUntil;
    private double slowUntil;
    private int life; // of what happens, only what belongs to this life counts
    private double leaving = -1; // since when it gives the lease back, or -1
    private @Nullable Call call; // of the only worker

    Replica(String identity) {
      this.identity = identity;
      this.candidate = newCandidate();
    }

    private Candidate newCandidate() {
      return new Candidate("default", "op", identity, Duration.ofNanos((long) LEASE), Duration.ofNanos((long) RENEW), this);
    }

    @Override
    public long nanoTime() {
      return origin + (long) (now * rate);
    }

    @Override
    public Instant now() {
      return Instant.EPOCH.plusSeconds(100_000 + wallClock).plusNanos((long) now);
    }

    @Override
    public void await(Lock lock, Condition condition, long nanos) {
      throw new UnsupportedOperationException();
    }

    boolean isValid() {
      return term != null && term.isValid();
    }

    /** What a worker does: begins a call only with a valid term, looked at just before. */
    private void work(Term own) {
      if (own == term && own.isValid()) {
        Call begun = new Call(own);
        call = begun;
        locally(now + upTo(3), () -> {
          double sent = delay();
          at(now + sent, begun::write);
          call = null;
          work(own);
        });
      }
    }

    /** What the watchdog does. */
    private void watch(Term own) {
      double left = own.left(nanoTime());
      if (left == 0) {
        own.fire(Runnable::run);
      } else {
        locally(now + (left + 1) / rate, () -> watch(own));
      }
    }

    void checkCalls() {
      Call running = call;
      if (running == null || running.cancelled || running.term.isValid()) {
        return;
      }
      double runs = Math.max(now, pausedUntil);
      running.staleSince = running.staleSince < 0 || now < pausedUntil ? runs : running.staleSince;
      if (now - running.staleSince > PROMPT) {
        throw new AssertionError("a call of term " + running.term.token() + " was not cancelled at " + now / SECOND + " s");
      }
    }

    boolean hasSeen(int transitions) {
      LeaseRecord seen = candidate.observed();
      return seen != null && seen.transitions() == transitions;
    }

    void join(double time) {
      locally(time, this::attempt);
    }

    /** Something that this process does, if it lives, as soon as it does not stand still. */
    private void locally(double time, Runnable action) {
      int born = life;
      at(time, () -> {
        if (born != life) {
          return;
        }
        if (now < pausedUntil) {
          parked.add(action);
        } else {
          action.run();
        }
      });
    }

    void pause(double time) {
      pausedUntil = Math.max(pausedUntil, now + time);
      at(pausedUntil, this::goOn);
      tally.pauses++;
    }

    private void goOn() {
      if (now >= pausedUntil) {
        List<Runnable> due = List.copyOf(parked);
        parked.clear();
        due.forEach(action -> locally(now, action));
      }
    }

    void crash() {
      life++;
      term = null;
      call = null;
      leaving = -1;
      pausedUntil = 0;
      parked.clear();
      if (server.get() != null || candidate.observed() == null) {
        candidate = newCandidate();
      } // else the documented limit again: it would see no lease, and has never seen one
      candidate.forget();
      tally.crashes++;
      join(now + upTo(5));
    }

    void leave() {
      if (leaving < 0 && now >= pausedUntil) {
        life++; // whatever it waits for
        leaving = now;
        if (term != null) {
          term.end(Reason.STOPPED);
          term.fire(Runnable::run);
          term = null;
          call = null;
          tally.stopped++;
        }
        candidate.resign();
        locally(now, this::release);
      }
    }

    void heal() {
      cutOffUntil = 0;
      slowUntil = 0;
      pausedUntil = now;
      goOn();
    }

    private void attempt() {
      if (term != null && !term.isValid()) {
        candidate.resign();
        if (drainedAt == 0) {
          tally.expired++;
          drainedAt = now + upTo(LONGEST_DRAIN / SECOND);
        }
        if (now < drainedAt) {
          locally(drainedAt, this::attempt);
          return;
        }
        term = null;
      }
      drainedAt = 0;
      double started = now;
      long startedAt = nanoTime();
      converse(candidate.attempt(), () -> conclude(started, startedAt));
    }

    private void conclude(double started, long startedAt) {
      boolean leads = candidate.isLeading();
      if (!leads && term != null && term.end(candidate.loss())) {
        tally.taken++;
        term.fire(Runnable::run);
        drainedAt = now + upTo(LONGEST_DRAIN / SECOND);
      } else if (leads && candidate.renewedAt() - startedAt >= 0) {
        if (term != null) {
          term.extend(candidate.deadline());
        } else {
          begin(new Term(this, candidate.token(), candidate.deadline()));
        }
      }
      double wait = leads ? RETRY : RETRY * (1 + 1.2 * random.nextDouble());
      locally(started + wait / rate, this::attempt);
    }

    private void begin(Term next) {
      term = next;
      tally.terms++;
      if (next.token() <= highestToken) {
        throw new AssertionError("token " + next.token() + " after " + highestToken);
      }
      highestToken = next.token();
      lastBegun = now;
      watch(next);
      work(next);
      if (settled) {
        throw new AssertionError("the leader changed at " + now / SECOND + " s though all was well");
      }
    }

    private void release() {
      if (!candidate.mayHold() || now - leaving > RENEW) {
        leaving = -1;
        join(now + (isBad() ? upTo(20) : 0));
        return;
      }
      converse(candidate.release(), () -> locally(now + RETRY, this::release));
    }

    private void converse(@Nullable Request request, Runnable end) {
      if (request == null) {
        end.run();
        return;
      }
      if (isBad() && random.nextInt(200) == 0) {
        pause(upTo(30)); // after it took the time, before it sends
      }
      locally(now, () -> send(request, end));
    }

    private void send(Request request, Runnable end) {
      boolean[] over = new boolean[1];
      locally(now + TIMEOUT / rate,
          () -> finish(over, request, null, new LeaseException(Kind.UNKNOWN, "timeout", null), end));
      double there = delay();
      double back = delay();
      boolean lost = isBad() && (now < cutOffUntil || random.nextInt(50) == 0);
      boolean answerLost = isBad() && random.nextInt(50) == 0;
      if (lost) {
        return;
      }
      double sent = now;
      int born = life;
      at(now + there, () -> {
        if (sent < FAULTS_END && now >= FAULTS_END) {
          return; // what is still on its way then is lost
        }
        if (now - sent > TIMEOUT && !(request instanceof Request.Get)) {
          tally.lateWrites++;
        }
        Lease answer = null;
        LeaseException failure = null;
        try {
          answer = request.send(server);
        } catch (LeaseException e) {
          failure = e;
        } catch (InterruptedException e) {
          throw new AssertionError(e);
        }
        Lease stored = answer;
        LeaseException refused = failure;
        if (!answerLost && now >= cutOffUntil && life == born) {
          if (isBad() && random.nextInt(200) == 0) {
            pause(upTo(30)); // before it reads the answer
          }
          locally(now + back, () -> finish(over, request, stored, refused, end));
        }
      });
    }

    private double delay() {
      if (isBad() && (now < slowUntil || random.nextInt(20) == 0)) {
        return upTo(random.nextInt(4) == 0 ? 40 : 2.5);
      }
      return upTo(0.05);
    }

    private void finish(
        boolean[] over, Request request, @Nullable Lease answer, @Nullable LeaseException failure, Runnable end) {
      if (!over[0]) {
        over[0] = true;
        converse(failure == null ? candidate.answered(request, answer) : candidate.failed(request, failure), end);
      }
    }
  }
}
