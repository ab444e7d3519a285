package io.kooper.leaderelection;

import io.kooper.clock.Clock;
import io.kooper.internal.Log;
import io.kooper.internal.Urgent;
import io.kooper.leaderelection.LeaderElectionListener.Reason;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
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
  private final Queue<Runnable> urgent = new ArrayDeque<>(); // guarded by this; from the end on of the one who fires
  private final Queue<Runnable> others = new ConcurrentLinkedQueue<>();
  private volatile Reason reason = Reason.EXPIRED;

  // guarded by the elector's monitor
  int tasks;
  boolean abandoned; // some of their work may go on
  boolean fired;

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
      if (isValid()) {
        (action instanceof Urgent ? urgent : others).add(action);
        return;
      }
    }
    action.run();
  }

  /**
   * Calls the actions of a term that has ended. One that throws does not keep the others from being called, and is called
   * again when this is called again, as it has to be when it throws. Only for one thread.
   *
   * @param elsewhere calls those of users, which may hang, on another thread; they are called once, whatever they throw
   */
  void fire(Consumer<Runnable> elsewhere) {
    @Nullable Throwable failed = null;
    int count;
    synchronized (this) {
      count = urgent.size(); // none is added any more
    }
    for (; count > 0; count--) {
      Runnable action = urgent.remove();
      try {
        action.run();
      } catch (Throwable t) {
        urgent.add(action); // there is room, so this needs no memory
        failed = t;
      }
    }
    if (!others.isEmpty()) {
      elsewhere.accept(this::callOthers);
    }
    if (failed != null) {
      throw new IllegalStateException("an action at the end of a term failed", failed);
    }
  }

  private void callOthers() {
    for (Runnable action; (action = others.poll()) != null; ) {
      try {
        action.run();
      } catch (Throwable t) { // an Error too: the others have to be called
        log.error("an action at the end of leadership failed", t);
      }
    }
  }
}
