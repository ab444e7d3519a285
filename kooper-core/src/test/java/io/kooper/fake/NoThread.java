package io.kooper.fake;

import java.util.concurrent.atomic.AtomicInteger;

/** The limit on threads of a process, for some of a test. */
public final class NoThread {

  private static final AtomicInteger FAILURES = new AtomicInteger();

  /** Is asked by each new thread, while it is made. */
  private static final InheritableThreadLocal<Boolean> LIMITED = new InheritableThreadLocal<>() {
    @Override
    protected Boolean childValue(Boolean parent) {
      if (FAILURES.getAndUpdate(left -> Math.max(0, left - 1)) > 0) {
        throw new OutOfMemoryError("unable to create native thread, as asked");
      }
      return parent;
    }
  };

  private NoThread() {}

  /** From now on the calling thread, and those that it makes, are subject to {@link #failOnce}. */
  public static void limit() {
    LIMITED.set(true);
  }

  /** The next thread that is made by one of those fails. */
  public static void failOnce() {
    FAILURES.set(1);
  }
}
