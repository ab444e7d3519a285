package io.kooper.internal;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * Calls hooks of users, as metrics, listeners and tracers, whose failures must disturb no others: an {@code Error} is a failure
 * like any other. The first one is logged with its stack trace, the rest at debug. May be used from any thread.
 */
public final class Guard {

  /** What is called. */
  @FunctionalInterface
  public interface Code {
    void run() throws Throwable;
  }

  /** What is asked for something. */
  @FunctionalInterface
  public interface Question<R> {
    @Nullable R ask() throws Throwable;
  }

  private final Log log;
  private final String what;
  private final boolean seesObjects;
  private final AtomicBoolean failed = new AtomicBoolean();

  /** @param what names what fails, at the start of the line, as in {@code controller pods: its metrics} */
  public Guard(Log log, String what) {
    this(log, what, false);
  }

  private Guard(Log log, String what, boolean seesObjects) {
    this.log = log;
    this.what = what;
    this.seesObjects = seesObjects;
  }

  /**
   * Of code that computes something from objects: the log does not show the words of its exceptions, but at debug. An {@code
   * OutOfMemoryError} says nothing of the object, and is thrown on.
   */
  public static Guard ofObjects(Log log, String what) {
    return new Guard(log, what, true);
  }

  /** Whether it returned normally. */
  public boolean run(Code code) {
    try {
      code.run();
      return true;
    } catch (Throwable t) {
      complain(t);
      return false;
    }
  }

  /**
   * As {@link #run(Code)}, on a daemon thread that is waited for no longer than {@code limit}; an interrupt ends the wait, and
   * stays.
   *
   * @return whether it has ended
   */
  public boolean run(Duration limit, String thread, Code code) {
    return Threads.join(Threads.start(thread, () -> run(code)), limit);
  }

  /** What it says, or null when it throws. */
  public <R> @Nullable R ask(Question<R> question) {
    try {
      return question.ask();
    } catch (Throwable t) {
      complain(t);
      return null;
    }
  }

  /** What it says, or {@code otherwise} when it throws or says null. */
  public <R> R ask(Question<R> question, R otherwise) {
    R said = ask(question);
    return said == null ? otherwise : said;
  }

  private void complain(Throwable t) {
    if (seesObjects) {
      Throwables.throwIfNoMemory(t);
    }
    if (seesObjects && failed.compareAndSet(false, true)) {
      log.error("{} failed: {}; why, and further failures, are logged at debug", what, Throwables.place(t, Guard.class));
      log.debug("{} failed", what, t);
    } else if (failed.compareAndSet(false, true)) {
      log.error("{} failed; further failures are logged at debug", what, t);
    } else {
      log.debug("{} failed again", what, t);
    }
  }
}
