package io.kooper.internal;

import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Repeats a step on a thread of Kooper's until it says that there is no more, whatever it throws: without memory anything
 * may throw, at any place, and dealing with that as well. So after a failure nothing is allocated, logged or loaded before
 * the thread goes on; what was thrown is logged by the next round, as soon as that is possible.
 *
 * <p>A step that threw is run again, after a pause that grows to a second. It must find what it left half done.
 */
public final class Loop {

  /** What is repeated. */
  @FunctionalInterface
  public interface Step {

    /** Whether there is more to do. */
    boolean run() throws Throwable;
  }

  private static final long FIRST_PAUSE = Duration.ofMillis(10).toNanos();
  private static final long LONGEST_PAUSE = Duration.ofSeconds(1).toNanos();

  private Loop() {}

  /**
   * Returns when the step has returned false.
   *
   * @param failed the format of the line that tells a failure, with {@code name} as its only argument
   */
  public static void run(Log log, String failed, String name, Step step) {
    @Nullable Throwable rehearsal = null; // is thrown before the first step: what catches it is loaded while there is memory
    @Nullable Throwable unsaid = null;
    long pause = 1;
    for (boolean more = true; more; ) {
      try {
        if (rehearsal == null) {
          rehearsal = new IllegalStateException("before the first step");
          throw rehearsal;
        }
        if (unsaid != null && (unsaid == rehearsal || say(log, failed, name, unsaid))) {
          unsaid = null;
        }
        more = step.run();
        pause = FIRST_PAUSE;
      } catch (Throwable t) {
        unsaid = t;
        try {
          LockSupport.parkNanos(pause);
        } catch (Throwable again) { // a virtual thread allocates when it parks
          unsaid = again;
        }
        pause = Math.min(2 * pause, LONGEST_PAUSE);
      }
    }
  }

  /** As {@link #run}; an interrupt ends it. */
  public static void interruptibly(Log log, String failed, String name, Step step) throws InterruptedException {
    @Nullable InterruptedException[] interrupt = {null};
    run(log, failed, name, () -> {
      try {
        return step.run();
      } catch (InterruptedException e) {
        interrupt[0] = e;
        return false;
      }
    });
    InterruptedException ended = interrupt[0];
    if (ended != null) {
      throw ended;
    }
  }

  /** Whether it could be said. */
  private static boolean say(Log log, String failed, String name, Throwable thrown) {
    try {
      log.error(failed, name, thrown);
      return true;
    } catch (Throwable t) {
      return false;
    }
  }
}
