package io.kooper.leaderelection;

import io.fabric8.kubernetes.api.model.coordination.v1.Lease;
import io.kooper.clock.Clock;
import io.kooper.internal.Durations;
import io.kooper.internal.Log;
import io.kooper.internal.Loop;
import io.kooper.leaderelection.LeaderElectionListener.Reason;
import io.kooper.leaderelection.LeaseException.Kind;
import io.kooper.leaderelection.LeaseStore.Request;
import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The threads of an election: one that asks the {@link Candidate} and the server in turn, and a watchdog that ends the term
 * at its deadline and interrupts a request that takes too long. They live from the first {@link #join} to the last
 * {@link #leave}. A request that ignores its interrupt keeps all later ones waiting, and nothing else.
 */
final class Campaign {

  private static final Log log = Log.of(LeaderElection.class);

  /** What the last conversation has shown; for health. */
  record View(@Nullable String holder, boolean ours, long renewedAt, long heldAt, long leaseNanos) {}

  private final LeaderElection.Settings settings;
  private final LeaseStore store;
  private final Clock clock;
  private final ElectionEvents events;
  private final Candidate candidate; // of the campaign's thread

  /**
   * How long the next request may take. It grows when one is not answered in time a second time: a new connection was no remedy
   * then, but a server whose writes are slow, or a process that still loads its classes, may be. Of the campaign's thread.
   */
  private Duration patience;
  private long next; // when to attempt; of the campaign's thread
  private boolean failing; // a request of this attempt has failed; of the campaign's thread
  private @Nullable Class<?> slow; // the kind of the last request that was not answered in time, until one of it is

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  // guarded by lock
  private int participants; // those who wait for a term, or work in one
  private @Nullable Term term; // until its tasks have returned and, if that is to be, the lease was given back
  private @Nullable Thread campaigner; // null while there is no campaign
  private boolean inFlight; // a request, that the watchdog has not interrupted
  private boolean cut; // the request was interrupted
  private long requestEnds;

  private volatile long begunAt; // the campaign
  private volatile View view;

  Campaign(LeaderElection.Settings settings, LeaseStore store, ElectionEvents events) {
    this.settings = settings;
    this.store = store;
    this.clock = settings.clock();
    this.events = events;
    this.candidate = new Candidate(settings.namespace(), settings.name(), settings.identity(), settings.leaseDuration(),
        settings.renewDeadline(), clock);
    this.patience = settings.requestTimeout();
    this.view = look();
  }

  /** Takes part, and waits for a term. */
  Term join() throws InterruptedException {
    lock.lockInterruptibly();
    try {
      participants++;
      boolean joined = false;
      try {
        if (campaigner == null) {
          start();
        }
        changed.signalAll();
        Term current = term;
        while (current == null || !current.isValid()) {
          changed.await();
          current = term;
        }
        current.tasks++;
        joined = true;
        return current;
      } finally {
        if (!joined) {
          participants--;
          changed.signalAll();
        }
      }
    } finally {
      lock.unlock();
    }
  }

  /**
   * A task has ended; the last one waits for the lease to be given back.
   *
   * @param abandoned whether some of its work may go on
   */
  void leave(Term left, boolean abandoned) {
    boolean none;
    boolean last;
    lock.lock();
    try {
      left.tasks--;
      participants--;
      left.abandoned |= abandoned;
      none = participants == 0;
      last = none && left.end(Reason.STOPPED);
      changed.signalAll();
    } finally {
      lock.unlock();
    }
    if (none) {
      fire(left);
      awaitEnd(last ? left : null);
    }
  }

  /** Waits until the lease was given back, if there is something to wait for, and until users were told. */
  private void awaitEnd(@Nullable Term left) {
    boolean interrupted = Thread.interrupted(); // that was for the task; one from now on is for this
    try {
      long end = clock.nanoTime() + Durations.nanos(settings.renewDeadline());
      for (long wait; left != null && (wait = end - clock.nanoTime()) > 0 && !awaitRelease(left, wait);) {
        events.waitsForRelease();
      }
    } catch (InterruptedException e) {
      interrupted = true; // the campaign's thread goes on with it
    }
    try {
      events.awaitTold();
    } catch (InterruptedException e) {
      interrupted = true;
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  /** Whether the lease was given back, or that was given up; waits a few seconds for it. */
  private boolean awaitRelease(Term left, long most) throws InterruptedException {
    long end = clock.nanoTime() + Math.min(most, ElectionEvents.PATIENCE.toNanos());
    lock.lockInterruptibly();
    try {
      for (long wait; term == left && (wait = end - clock.nanoTime()) > 0;) {
        clock.await(lock, changed, wait);
      }
      return term != left;
    } finally {
      lock.unlock();
    }
  }

  /** Whether somebody takes part, or has left an attempt that has not ended. */
  boolean isRunning() {
    lock.lock();
    try {
      return campaigner != null;
    } finally {
      lock.unlock();
    }
  }

  boolean isLeading() {
    Term current = current();
    return current != null && current.isValid();
  }

  /** For how long nobody has led, if that is too long; null also when nobody takes part. */
  @Nullable Duration leaderless() {
    View last = view;
    if (!isRunning() || isLeading()) {
      return null;
    }
    long now = clock.nanoTime();
    long time = Math.min(now - begunAt, now - last.heldAt());
    return time > 2 * last.leaseNanos() ? Duration.ofSeconds(TimeUnit.NANOSECONDS.toSeconds(time)) : null;
  }

  View view() {
    return view;
  }

  private @Nullable Term current() {
    lock.lock();
    try {
      return term;
    } finally {
      lock.unlock();
    }
  }

  private void start() {
    Thread thread = new Thread(this::campaign, "kooper-" + settings.name() + "-election");
    Thread watchdog = new Thread(() -> watch(thread), "kooper-" + settings.name() + "-watchdog");
    thread.setDaemon(true);
    watchdog.setDaemon(true);
    begunAt = clock.nanoTime();
    boolean started = false;
    try {
      campaigner = thread;
      watchdog.start();
      thread.start();
      started = true;
      events.campaigns(true);
    } finally {
      if (!started) { // no memory for a thread: the watchdog ends, and the next who joins tries again
        campaigner = null;
      }
    }
  }

  private void campaign() {
    next = clock.nanoTime();
    Loop.run(log, "the election on lease {}: an attempt failed outside of its requests; the next one comes", settings.name(),
        () -> {
          if (awaitTurn(next)) {
            attempt();
            return true;
          }
          release();
          next = clock.nanoTime();
          return !isOver();
        });
  }

  private void attempt() {
    long started = clock.nanoTime();
    double retry = Durations.nanos(settings.retryPeriod());
    next = started + (long) retry; // also if this fails
    converse(candidate.attempt());
    if (!conclude(started)) {
      next = started + (long) (retry * (1 + 1.2 * ThreadLocalRandom.current().nextDouble())); // client-go's
    }
  }

  /** Waits until {@code next}, and until the tasks of a term that ended have returned; false when nobody takes part. */
  private boolean awaitTurn(long next) {
    lock.lock();
    try {
      for (;;) {
        Term ended = term == null || term.isValid() ? null : term;
        if (ended != null) {
          candidate.resign();
          if (ended.abandoned && ended.tasks == 0) {
            candidate.forget();
          }
          if (ended.tasks == 0 && participants > 0 && ended.isFired()) {
            term = null;
            ended = null;
          }
        }
        if (participants == 0) {
          return false;
        }
        long wait = next - clock.nanoTime();
        if (ended == null && wait <= 0) {
          return true;
        }
        await(ended == null ? wait : Long.MAX_VALUE);
      }
    } finally {
      lock.unlock();
    }
  }

  /** Waits for a change, with the lock held. An interrupt is nobody's message to this thread: a look at the time does no harm. */
  private void await(long nanos) {
    try {
      clock.await(lock, changed, nanos);
    } catch (InterruptedException e) {
      Thread.interrupted();
    }
  }

  private void converse(@Nullable Request first) {
    Request request = first;
    failing = false;
    while (request != null && isWanted()) { // who left must not acquire any more
      request = exchange(request);
    }
    if (request == null && !failing) { // a read that went well is no success yet
      events.worked();
    }
  }

  private boolean isWanted() {
    lock.lock();
    try {
      return participants > 0;
    } finally {
      lock.unlock();
    }
  }

  private @Nullable Request exchange(Request request) {
    long started = begin();
    Lease answer = null;
    Throwable thrown = null;
    try {
      answer = request.send(store);
    } catch (Throwable t) { // an Error too: the campaign goes on, and the watchdog sees to the deadline
      thrown = t;
    }
    boolean late = end();
    Duration limit = patience;
    adapt(request.getClass(), late, clock.nanoTime() - started);
    try {
      if (thrown == null) {
        return candidate.answered(request, answer);
      }
    } catch (RuntimeException e) { // a lease that nobody has thought of
      thrown = e;
    }
    LeaseException failure = failure(thrown, late ? limit : null);
    failing |= failure.kind() != Kind.CONFLICT;
    events.failed(failure, leaderless());
    return candidate.failed(request, failure);
  }

  private void adapt(Class<?> kind, boolean late, long took) {
    if (late && kind == slow) {
      Duration doubled = patience.multipliedBy(2);
      patience = doubled.compareTo(settings.longestRequest()) < 0 ? doubled : settings.longestRequest();
    } else if (late) {
      slow = kind;
    } else if (kind == slow && took < Durations.nanos(settings.requestTimeout())) {
      slow = null;
      patience = settings.requestTimeout();
    }
  }

  /** @param limit that was passed, or null */
  private LeaseException failure(Throwable thrown, @Nullable Duration limit) {
    String lease = settings.namespace() + "/" + settings.name();
    return limit != null
        ? new LeaseException(Kind.UNKNOWN, "the request about lease " + lease + " was not answered within "
            + limit.toMillis() + " ms, or before the leadership ended", thrown)
        : thrown instanceof LeaseException known ? known
        : new LeaseException(Kind.UNKNOWN, "the request about lease " + lease + " failed: " + thrown, thrown);
  }

  /** A request is sent now. */
  private long begin() {
    lock.lock();
    try {
      long now = clock.nanoTime();
      long left = term == null ? 0 : term.left(now);
      long most = Durations.nanos(patience);
      requestEnds = now + (left == 0 ? most : Math.min(most, left));
      inFlight = true;
      cut = false;
      changed.signalAll();
      return now;
    } finally {
      lock.unlock();
    }
  }

  /** Whether the request was interrupted. */
  private boolean end() {
    lock.lock();
    try {
      inFlight = false;
      Thread.interrupted(); // it must not hit the next one
      return cut;
    } finally {
      lock.unlock();
    }
  }

  /** Makes known what the conversation has changed; whether this leads. */
  private boolean conclude(long started) {
    boolean leads = candidate.isLeading();
    show();
    events.holder(view.holder());
    Term current = current();
    if (!leads) {
      if (current != null) {
        current.end(candidate.loss());
        fire(current);
      }
    } else if (candidate.renewedAt() - started >= 0) { // this conversation's
      if (current != null) {
        current.extend(candidate.deadline());
      } else {
        begin(new Term(clock, candidate.token(), candidate.deadline()));
      }
      events.renewed(Duration.ofNanos(clock.nanoTime() - started));
    }
    return leads;
  }

  private void show() {
    view = look();
    Duration leaderless = leaderless();
    if (leaderless != null) {
      events.leaderless(leaderless);
    }
  }

  private View look() {
    LeaseRecord last = candidate.observed();
    return new View(last == null ? null : last.holder(), candidate.holds(), candidate.renewedAt(), candidate.heldAt(),
        Math.max(Durations.nanos(settings.leaseDuration()), last == null ? 0 : Duration.ofSeconds(last.seconds()).toNanos()));
  }

  private void begin(Term next) {
    events.started(next.token());
    lock.lock();
    try {
      term = next;
      if (participants == 0) { // all have left while the request was on its way
        next.end(Reason.STOPPED);
      }
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  private void fire(Term ended) {
    if (ended.fire(events::ended)) {
      events.stopped(ended.token(), ended.reason());
      lock.lock();
      try {
        changed.signalAll(); // the campaign goes on when all is told
      } finally {
        lock.unlock();
      }
    }
  }

  /** Gives the lease back, if it is ours, unless somebody joins or it takes too long. */
  private void release() {
    Term ended = current();
    if (ended != null) {
      fire(ended);
    }
    if (!settings.releaseOnStop() || !candidate.mayHold()) {
      return;
    }
    long end = clock.nanoTime() + Durations.nanos(settings.renewDeadline());
    long next = clock.nanoTime();
    while (awaitRetry(next, end)) {
      next = clock.nanoTime() + Durations.nanos(settings.retryPeriod());
      Request request = candidate.release();
      while (request != null && end - clock.nanoTime() > 0) {
        request = exchange(request);
      }
      if (!candidate.mayHold()) {
        LeaseRecord last = candidate.observed();
        if (last != null && last.isFree()) {
          events.released();
        }
        show();
        return;
      }
    }
  }

  private boolean awaitRetry(long next, long end) {
    lock.lock();
    try {
      for (long now = clock.nanoTime(); participants == 0 && end - now > 0; now = clock.nanoTime()) {
        if (next - now <= 0) {
          return true;
        }
        await(next - now);
      }
      return false;
    } finally {
      lock.unlock();
    }
  }

  /** Ends the campaign if nobody takes part. */
  private boolean isOver() {
    lock.lock();
    try {
      term = null;
      changed.signalAll();
      if (participants > 0) {
        return false;
      }
      campaigner = null;
      events.campaigns(false);
      return true;
    } finally {
      lock.unlock();
    }
  }

  private void watch(Thread thread) {
    Loop.run(log, "the election on lease {}: its watchdog failed; it goes on", settings.name(), () -> watchOnce(thread));
  }

  private boolean watchOnce(Thread thread) {
    Term over = null;
    lock.lock();
    try {
      if (campaigner != thread) {
        return false;
      }
      long now = clock.nanoTime();
      long wait = Long.MAX_VALUE;
      if (term != null && !term.isFired()) {
        wait = term.left(now);
        over = wait == 0 ? term : null;
      }
      if (inFlight) {
        if (requestEnds - now <= 0) {
          inFlight = false;
          cut = true;
          thread.interrupt();
        } else {
          wait = Math.min(wait, requestEnds - now);
        }
      }
      if (over == null) {
        await(wait);
      }
    } finally {
      lock.unlock();
    }
    if (over != null) {
      fire(over);
    }
    return true;
  }
}
