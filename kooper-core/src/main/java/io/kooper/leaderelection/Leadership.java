package io.kooper.leaderelection;

import java.time.Duration;

/**
 * One term as the leader: what a task and its handlers may know of it. All methods may be called from any thread.
 *
 * <p>A term ends at its deadline, which moves with each renewal, or when the election ends it. It never begins again: a
 * later term is another object with another token.
 */
public interface Leadership {

  /** The term of one who needs no election: it never ends. */
  Leadership ALWAYS = new Leadership() {
    @Override
    public boolean isValid() {
      return true;
    }

    @Override
    public long token() {
      return 0;
    }

    @Override
    public Duration remaining() {
      return Duration.ofNanos(Long.MAX_VALUE);
    }

    @Override
    public void onEnd(Runnable action) {}
  };

  /** Whether this process leads now: by its own monotonic clock, counted from before the last renewal was sent. */
  boolean isValid();

  /**
   * The fencing token: the lease's number of transitions. It grows with each term; it begins anew when the lease was deleted
   * and no replica is left that has seen it.
   */
  long token();

  /** How long the term lasts if it is not renewed any more; zero once it has ended. */
  Duration remaining();

  /**
   * Calls {@code action} once when the term ends, soon, on a thread for that; at once, in this thread, when it has ended. A stop
   * waits for it, but not longer than 5 s.
   */
  void onEnd(Runnable action);
}
