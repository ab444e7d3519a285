package io.kooper.leaderelection;

import io.fabric8.kubernetes.api.model.coordination.v1.Lease;
import io.kooper.leaderelection.LeaderElectionListener.Reason;
import io.kooper.leaderelection.LeaseStore.Request;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
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
final class Simulation extends SimulatedWorld {

  private static final double FAULTS_END = 120 * SECOND;
  private static final double END = 240 * SECOND;

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

  private final Tally tally;
  private final FakeLeaseServer server = new FakeLeaseServer();
  private final List<Replica> replicas = new ArrayList<>();
  private long highestToken = -1;
  private double lastBegun; // when the last term began
  private boolean settled; // all has been well for long enough

  /** @param drift by how much the rates of the clocks may be wrong, such as 0.05 */
  Simulation(long seed, double drift, Tally tally) {
    super(new Random(seed), drift, FAULTS_END);
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
    play(END, this::check);
    tally.pauses += pauses;
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

  private void fault() {
    if (!isBad()) {
      return;
    }
    Replica victim = replicas.get(random.nextInt(replicas.size()));
    Replica leader = replicas.stream().filter(Replica::isValid).findFirst().orElse(victim);
    Replica target = random.nextBoolean() ? victim : leader;
    tally.faults++;
    switch (random.nextInt(9)) {
      case 0, 1, 2, 3 -> target.suffer();
      case 4 -> target.crash();
      case 5 -> target.leave();
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
          server.put(stolen(lease));
        }
      }
      default -> {
        Lease lease = server.get();
        if (lease != null) {
          server.put(edited(lease));
        }
      }
    }
    at(now + upTo(8), this::fault);
  }

  /** One process: what {@link Elector} does, without threads. */
  private final class Replica extends Process {

    /** A call of a handler: it runs until it is done or cancelled, and what it sends at its end may arrive much later. */
    private final class Handling extends Call {

      Handling(Term term) {
        super(term);
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
    private Candidate candidate;
    private @Nullable Term term;
    private double drainedAt;
    private double leaving = -1; // since when it gives the lease back, or -1
    private @Nullable Handling call; // of the only worker

    Replica(String identity) {
      this.identity = identity;
      this.candidate = newCandidate(identity);
    }

    boolean isValid() {
      return term != null && term.isValid();
    }

    /** What a worker does: begins a call only with a valid term, looked at just before. */
    private void work(Term own) {
      if (own == term && own.isValid()) {
        Handling begun = new Handling(own);
        call = begun;
        locally(now + upTo(3), () -> {
          double sent = delay();
          at(now + sent, begun::write);
          call = null;
          work(own);
        });
      }
    }

    void checkCalls() {
      Handling running = call;
      if (running != null) {
        running.check(this, "of term " + running.term.token());
      }
    }

    boolean hasSeen(int transitions) {
      LeaseRecord seen = candidate.observed();
      return seen != null && seen.transitions() == transitions;
    }

    void join(double time) {
      locally(time, this::attempt);
    }

    void crash() {
      endLife();
      endPause();
      term = null;
      call = null;
      leaving = -1;
      if (server.get() != null || candidate.observed() == null) {
        candidate = newCandidate(identity);
      } // else the documented limit again: it would see no lease, and has never seen one
      candidate.forget();
      tally.crashes++;
      join(now + upTo(5));
    }

    void leave() {
      if (leaving < 0 && now >= pausedUntil) {
        endLife(); // whatever it waits for
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
      mayStandStill(200); // after it took the time, before it sends
      locally(now, () -> send(request, end));
    }

    private void send(Request request, Runnable end) {
      double sent = now;
      Lease[] answer = new Lease[1];
      send(() -> {
        if (now - sent > TIMEOUT && !(request instanceof Request.Get)) {
          tally.lateWrites++;
        }
        answer[0] = request.send(server);
      }, false, failure ->
          converse(failure == null ? candidate.answered(request, answer[0]) : candidate.failed(request, failure), end));
    }
  }
}
