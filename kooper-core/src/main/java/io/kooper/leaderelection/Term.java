package io.kooper.leaderelection;

import io.kooper.clock.Clock;
import io.kooper.internal.Log;
import io.kooper.internal.Urgent;
import io.kooper.leaderelection.LeaderElectionListener.Reason;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** A term of this process. Once anybody was told that it is not valid, it never is again. */
final class Term implements Leadership {

  private static final Log log = Log.of(LeaderElection.class);
  private static final long ENDED = -1;

  private final Clock clock;
  private final long token;
  private final long origin; // deadlines are counted from here, so that none is ENDED
  private final AtomicLong deadline;
  private @Nullable List<Runnable> actions = new ArrayList<>(); // guarded by itself's owner; null once they were called
  private volatile Reason reason = Reason.EXPIRED;

  int tasks; // guarded by the campaign's lock
  boolean abandoned; // guarded by the campaign's lock

  Term(Clock clock, long token, long deadline) {
    this.clock = clock;
    this.token = token;
    this.origin = clock.nanoTime();
    this.deadline = new AtomicLong(Math.max(0, deadline - origin));
  }

  @Override
  public boolean isValid() {
    return left(clock.nanoTime()) > 0;
  }

  @Override
  public long token() {
    return token;
  }

  @Override
  public Duration remaining() {
    return Duration.ofNanos(left(clock.nanoTime()));
  }

  /** What is left of it at {@code now}; when it is 0, the term has ended. */
  long left(long now) {
    for (;;) {
      long end = deadline.get();
      if (end == ENDED) {
        return 0;
      }
      long left = origin + end - now;
      if (left > 0) {
        return left;
      }
      if (deadline.compareAndSet(end, ENDED)) { // a renewal on its way comes too late: somebody has stopped for this
        return 0;
      }
    }
  }

  /** Moves the deadline, unless the term has ended. */
  void extend(long newDeadline) {
    for (;;) {
      long end = deadline.get();
      if (left(clock.nanoTime()) == 0 || deadline.compareAndSet(end, newDeadline - origin)) {
        return;
      }
    }
  }

  /** Ends it; {@link #fire} has to follow. Whether it had not ended before. */
  boolean end(Reason why) {
    if (left(clock.nanoTime()) == 0) {
      return false;
    }
    reason = why;
    return deadline.getAndSet(ENDED) != ENDED;
  }

  Reason reason() {
    return reason;
  }

  @Override
  public void onEnd(Runnable action) {
    synchronized (this) {
      if (actions != null && isValid()) {
        actions.add(action);
        return;
      }
    }
    action.run();
  }

  /**
   * Calls the actions of a term that has ended; false if that has been done.
   *
   * @param elsewhere calls those of users, which may hang, on another thread
   */
  boolean fire(Consumer<Runnable> elsewhere) {
    List<Runnable> due;
    synchronized (this) {
      due = actions;
      actions = null;
    }
    if (due == null) {
      return false;
    }
    run(due.stream().filter(Urgent.class::isInstance).toList());
    List<Runnable> others = due.stream().filter(action -> !(action instanceof Urgent)).toList();
    if (!others.isEmpty()) {
      elsewhere.accept(() -> run(others));
    }
    return true;
  }

  private static void run(List<Runnable> actions) {
    for (Runnable action : actions) {
      try {
        action.run();
      } catch (Throwable t) { // an Error too: the others have to be told
        log.error("an action at the end of leadership failed", t);
      }
    }
  }

  synchronized boolean isFired() {
    return actions == null;
  }
}
