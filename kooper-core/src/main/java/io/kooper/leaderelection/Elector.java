package io.kooper.leaderelection;

import io.fabric8.kubernetes.api.model.coordination.v1.Lease;
import io.kooper.clock.Clock;
import io.kooper.internal.Durations;
import io.kooper.internal.Log;
import io.kooper.internal.Loop;
import io.kooper.internal.Monitor;
import io.kooper.leaderelection.LeaderElectionListener.Reason;
import io.kooper.leaderelection.LeaseException.Kind;
import io.kooper.leaderelection.LeaseStore.Request;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The threads of an election: one that asks the {@link Candidate} and the server in turn, and a watchdog that interrupts a
 * request that takes too long, and calls what is to be called at the end of a term. They live from the first {@link #join} to
 * the last {@link #leave}. A request that ignores its interrupt keeps all later ones waiting, and nothing else.
 */
final class Elector {

  private static final Log log = Log.of(LeaderElection.class);
  private static final long NEVER = Long.MAX_VALUE;

  /** What the last conversation has shown; for health. */
  private record Seen(@Nullable String holder, long heldAt, long leaseNanos) {}

  /** A task's part in a term. Run, with the monitor, at its end; it needs no memory for that, or the term would last for ever. */
  final class Part implements Runnable {
    final Term term;
    boolean abandoned = true; // some of its work may go on
    private boolean last; // nobody takes part any more
    private boolean ended; // by this one

    private Part(Term term) {
      this.term = term;
    }

    @Override
    public void run() {
      term.tasks--;
      term.abandoned |= abandoned;
      ended = left();
      last = participants == 0;
    }
  }

  private final LeaderElection.Settings settings;
  private final LeaseStore store;
  private final Clock clock;
  private final ElectionEvents events;
  private final long retry;
  private final long renewDeadline;

  // of the election's thread
  private final Candidate candidate;
  private boolean failing; // a request of this attempt has failed

  private final Monitor monitor;
  // guarded by monitor
  private int participants; // those who wait for a term, or work in one
  private @Nullable Term term; // until its tasks have returned and, if that is to be, the lease was released
  @Nullable Thread thread; // null while nobody takes part; seen by a test, as the next one
  @Nullable Thread watchdog;
  private long begunAt;
  private long nextAt; // the next attempt, or the next to release
  private long releaseBy;
  private final Requests requests;
  private final Runnable leaving = this::left; // made now: who does not get memory for it would take part for ever

  private volatile @Nullable String clientClosed; // why nothing is sent any more; never unset
  private volatile Seen seen;

  Elector(LeaderElection.Settings settings, LeaseStore store, ElectionEvents events) {
    this.settings = settings;
    this.store = store;
    this.clock = settings.clock();
    this.events = events;
    this.retry = Durations.nanos(settings.retryPeriod());
    this.renewDeadline = Durations.nanos(settings.renewDeadline());
    this.monitor = new Monitor(clock);
    this.requests = new Requests(settings, monitor, new Requests.Late());
    this.candidate = new Candidate(settings.namespace(), settings.name(), settings.identity(), settings.leaseDuration(),
        settings.renewDeadline(), clock);
    this.seen = look();
  }

  /** Takes part, and waits for a term. */
  Part join() throws InterruptedException {
    if (Thread.interrupted()) {
      throw new InterruptedException();
    }
    monitor.run(() -> {
      if (thread == null) {
        start();
      }
      nextAt = participants == 0 ? clock.nanoTime() : nextAt;
      participants++;
    });
    Part part = null;
    try {
      while (part == null) {
        monitor.await(this::isLeading, Long.MAX_VALUE);
        part = monitor.get(() -> {
          Term current = term;
          if (current == null || !current.isValid()) { // it has just ended
            return null;
          }
          Part joined = new Part(current);
          current.tasks++;
          return joined;
        });
      }
      return part;
    } finally {
      if (part == null) {
        monitor.run(leaving);
      }
    }
  }

  /** The task has ended. The last one waits until the lease was released, and until users were told. */
  void leave(Part part) {
    monitor.run(part);
    if (!part.last) {
      return;
    }
    boolean wasInterrupted = Thread.interrupted(); // that was for the task; one from now on is for this
    try {
      long end = clock.nanoTime() + renewDeadline;
      while (part.ended && !awaitReleased(part.term, end) && end - clock.nanoTime() > 0) {
        events.waitsForRelease();
      }
      events.awaitTold();
    } catch (InterruptedException e) {
      wasInterrupted = true; // the election's thread goes on with it
    }
    if (wasInterrupted) {
      Thread.currentThread().interrupt();
    }
  }

  /** Whether that has ended a term: also one that nobody works in yet. */
  private boolean left() {
    if (--participants > 0) {
      return false;
    }
    nextAt = clock.nanoTime();
    releaseBy = nextAt + renewDeadline;
    return term != null && term.end(Reason.STOPPED);
  }

  /** Whether the lease was released, or that was given up; waits a few seconds for it. */
  private boolean awaitReleased(Term left, long end) throws InterruptedException {
    long soon = Math.min(end - clock.nanoTime(), ElectionEvents.PATIENCE.toNanos()) + clock.nanoTime();
    monitor.await(() -> term == left ? soon - clock.nanoTime() : 0);
    return monitor.get(() -> term != left);
  }

  /** Whether somebody takes part, or has left an attempt that has not ended. */
  boolean isRunning() {
    return monitor.get(() -> thread != null);
  }

  boolean isLeading() {
    return monitor.get(() -> term != null && term.isValid());
  }

  @Nullable String holder() {
    return seen.holder();
  }

  /** For how long nobody has led, if that is too long; null also when nobody takes part. */
  @Nullable Duration leaderless() {
    if (!isRunning() || isLeading()) {
      return null;
    }
    long now = clock.nanoTime();
    long time = Math.min(now - monitor.get(() -> begunAt), now - seen.heldAt());
    return time > 2 * seen.leaseNanos() ? Duration.ofSeconds(TimeUnit.NANOSECONDS.toSeconds(time)) : null;
  }

  /** What only a restart mends; null when there is nothing, or nobody takes part. */
  @Nullable String defect() {
    return monitor.get(() -> {
      long limit = Durations.nanos(settings.leaseDuration()) + Durations.nanos(settings.healthTolerance());
      return thread == null ? null
          : clientClosed != null ? clientClosed
          : hasEnded(thread) || hasEnded(watchdog) ? "a thread of the election on " + settings.lease() + " has ended"
          : requests.hangs(limit) ? "a request about " + settings.lease() + " hangs" : null;
    });
  }

  private static boolean hasEnded(@Nullable Thread thread) {
    return thread != null && thread.getState() == Thread.State.TERMINATED;
  }

  private void start() {
    Thread attempting = new Thread(() -> Loop.run(log,
        "the election on lease {}: an attempt failed outside of its requests; the next one comes", settings.name(), this::once),
        "kooper-" + settings.name() + "-election");
    Thread watching = new Thread(() -> Loop.run(log,
        "the election on lease {}: its watchdog failed; it goes on", settings.name(), () -> watchOnce(attempting)),
        "kooper-" + settings.name() + "-watchdog");
    attempting.setDaemon(true);
    watching.setDaemon(true);
    begunAt = clock.nanoTime();
    boolean started = false;
    try {
      thread = attempting;
      watchdog = watching;
      watching.start();
      attempting.start();
      started = true;
    } finally {
      if (!started) { // no memory for a thread: the watchdog ends, and the next who joins tries again
        thread = null;
      }
    }
  }

  /** One attempt, or one to release the lease. Whether more is to come. */
  private boolean once() throws InterruptedException {
    monitor.await(this::untilTurn);
    Term ended = monitor.get(() -> term != null && term.fired && term.tasks == 0 ? term : null);
    if (ended != null) {
      candidate.resign();
      if (ended.abandoned) {
        candidate.forget();
      }
    }
    if (isWanted()) {
      monitor.run(() -> term = term == ended ? null : term);
      attempt();
      return true;
    }
    if (monitor.get(() -> term != ended)) {
      return true; // it ended after the look above: all are told first, and its work may have been abandoned
    }
    if (mayRelease()) {
      release();
      return true;
    }
    return monitor.change(() -> {
      term = null;
      thread = participants > 0 ? thread : null;
      return thread != null;
    });
  }

  /** How long until something is to be done: not before all of a term has ended, and been told. */
  private long untilTurn() {
    boolean ends = term != null && !term.isValid();
    return ends && (!Objects.requireNonNull(term).fired || term.tasks > 0) ? NEVER
        : participants == 0 && !mayRelease() ? 0
        : clientClosed == null ? nextAt - clock.nanoTime() : NEVER;
  }

  private boolean isWanted() {
    return monitor.get(() -> participants > 0);
  }

  private void attempt() throws InterruptedException {
    long started = clock.nanoTime();
    setNext(started + retry); // also if this fails
    if (!candidate.isLeading()) {
      store.prove();
    }
    failing = false;
    Request request = candidate.attempt();
    while (request != null && isWanted()) { // who left must not acquire any more
      request = exchange(request);
    }
    boolean leads = conclude(started, request == null && !failing); // a read that went well is no success yet
    if (!leads) {
      setNext(started + (long) (retry * (1 + 1.2 * ThreadLocalRandom.current().nextDouble()))); // client-go's
    }
  }

  private void setNext(long time) {
    monitor.run(() -> nextAt = participants > 0 ? time : nextAt);
  }

  private boolean mayRelease() {
    return settings.releaseOnStop() && candidate.mayHold() && clientClosed == null
        && monitor.get(() -> participants == 0 && releaseBy - clock.nanoTime() > 0);
  }

  private void release() {
    monitor.run(() -> nextAt = Math.min(clock.nanoTime() + retry - releaseBy, 0) + releaseBy);
    for (Request request = candidate.release(); request != null && mayRelease(); ) {
      request = exchange(request);
    }
    seen = look();
    LeaseRecord last = candidate.observed();
    if (!candidate.mayHold() && last != null && last.isFree()) {
      events.released();
    }
  }

  private @Nullable Request exchange(Request request) {
    boolean read = request instanceof Request.Get;
    Duration limit = monitor.change(() -> {
      long left = term == null ? 0 : term.left(clock.nanoTime());
      return requests.begin(read, left == 0 ? NEVER : left);
    });
    Lease answer = null;
    Throwable thrown = null;
    try {
      answer = request.send(store);
    } catch (Throwable t) { // an Error too: the election goes on, and the watchdog sees to the deadline
      thrown = t;
    }
    boolean tooLate = requests.end(read);
    try {
      if (thrown == null) {
        return candidate.answered(request, answer);
      }
    } catch (RuntimeException e) { // a lease that nobody has thought of
      thrown = e;
    }
    LeaseException failure = requests.failure("the request about " + settings.lease(), thrown, tooLate ? limit : null,
        ", or before the leadership ended");
    failing |= failure.kind() != Kind.CONFLICT;
    if (failure.kind() == Kind.CLIENT_CLOSED) {
      clientClosed = failure.getMessage();
    }
    events.failed(failure, leaderless());
    return clientClosed == null ? candidate.failed(request, failure) : null;
  }

  /** Makes known what the attempt has changed; whether this leads. */
  private boolean conclude(long started, boolean worked) {
    boolean leads = candidate.isLeading();
    boolean renewed = leads && candidate.renewedAt() - started >= 0; // by this attempt
    seen = look();
    Term current = monitor.get(() -> term);
    if (current != null) { // first, whatever fails then
      monitor.run(() -> {
        if (renewed) {
          current.extend(candidate.deadline());
        } else if (!leads) {
          current.end(candidate.loss()); // the watchdog does the rest
        }
      });
    }
    if (worked) {
      events.worked();
    }
    events.holder(seen.holder());
    if (renewed) {
      if (current == null) {
        begin(new Term(clock, candidate.token(), candidate.deadline()));
      }
      events.renewed(Duration.ofNanos(clock.nanoTime() - started));
    }
    Duration leaderless = leaderless();
    if (leaderless != null) {
      events.leaderless(leaderless);
    }
    return leads;
  }

  private Seen look() {
    LeaseRecord last = candidate.observed();
    return new Seen(last == null ? null : last.holder(), candidate.heldAt(),
        Math.max(Durations.nanos(settings.leaseDuration()), last == null ? 0 : Duration.ofSeconds(last.seconds()).toNanos()));
  }

  private void begin(Term next) {
    events.started(next.token());
    monitor.run(() -> {
      term = next;
      if (participants == 0) { // all have left while the request was on its way
        next.end(Reason.STOPPED);
      }
    });
  }

  /** Whether the election's thread goes on. */
  private boolean watchOnce(Thread attempting) throws InterruptedException {
    monitor.await(() -> {
      long ofTerm = term == null || term.fired ? NEVER : term.left(clock.nanoTime());
      return thread != attempting ? 0 : Math.min(ofTerm, requests.untilLate());
    });
    Term over = monitor.get(() -> {
      requests.interruptIfLate();
      boolean ofSuccessor = thread != null && thread != attempting; // whose watchdog sees to it
      return term == null || term.fired || term.isValid() || ofSuccessor ? null : term;
    });
    if (over != null) {
      over.fire(events::ended);
      events.stopped(over.token(), over.reason());
      monitor.run(() -> over.fired = true);
    }
    return monitor.get(() -> thread == attempting);
  }
}
