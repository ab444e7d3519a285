package io.kooper.internal;

import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Looks at what user code has thrown without trusting it: its methods may throw, and its causes may have no end. All methods
 * may be called from any thread, and throw nothing.
 */
public final class Throwables {

  /** A chain of more causes counts as one without end; real ones have fewer than ten. */
  private static final int MOST = 50;

  private Throwables() {}

  /** What its {@code toString()} says; its class when that fails. */
  public static String text(Throwable thrown) {
    try {
      return String.valueOf(thrown);
    } catch (Throwable t) {
      return thrown.getClass().getName();
    }
  }

  /**
   * Its class and where it was thrown, but not its message, which may quote the object that was worked on: a Secret's value
   * has no place in a log.
   */
  public static String place(Throwable thrown) {
    StackTraceElement[] frames = frames(thrown);
    for (StackTraceElement frame : frames) {
      if (!isLibrary(frame.getClassName())) {
        return thrown.getClass().getName() + " at " + frame;
      }
    }
    return thrown.getClass().getName() + (frames.length == 0 ? "" : " at " + frames[0]);
  }

  private static boolean isLibrary(String type) {
    return type.startsWith("java.") || type.startsWith("jdk.") || type.startsWith("sun.")
        || type.startsWith("io.fabric8.") || type.startsWith("com.fasterxml.") || type.startsWith("tools.jackson.");
  }

  /** Whether it, or one of its causes, is as wanted. */
  public static boolean anyCause(@Nullable Throwable thrown, Predicate<? super Throwable> wanted) {
    try {
      Throwable one = thrown;
      for (int depth = 0; one != null && depth < MOST; one = one.getCause(), depth++) {
        if (wanted.test(one)) {
          return true;
        }
      }
    } catch (Throwable t) {
      // what cannot be asked for its cause has none
    }
    return false;
  }

  /**
   * What a logger may be given in its place: itself when it and its causes can be printed; else a stand-in with its class and
   * stack trace.
   */
  public static Throwable loggable(Throwable thrown) {
    try {
      if (isSound(thrown, new int[] {MOST})) {
        return thrown;
      }
    } catch (Throwable t) {
      // as if it were not sound
    }
    return new StandIn(thrown);
  }

  private static boolean isSound(@Nullable Throwable thrown, int[] left) {
    for (Throwable one = thrown; one != null; one = one.getCause()) {
      if (--left[0] < 0) {
        return false;
      }
      if (one.toString() == null || one.getStackTrace() == null) { // both are called to see whether they can be
        return false;
      }
      for (Throwable suppressed : one.getSuppressed()) {
        if (!isSound(suppressed, left)) {
          return false;
        }
      }
    }
    return true;
  }

  private static StackTraceElement[] frames(Throwable thrown) {
    try {
      return thrown.getStackTrace();
    } catch (Throwable t) {
      return new StackTraceElement[0];
    }
  }

  /** Says of an exception that cannot be printed what can be said. */
  private static final class StandIn extends Exception {

    private static final long serialVersionUID = 1L;

    private StandIn(Throwable thrown) {
      super(thrown.getClass().getName() + ", which cannot be printed: a method of it throws, or its causes have no end");
      setStackTrace(frames(thrown));
    }
  }
}
