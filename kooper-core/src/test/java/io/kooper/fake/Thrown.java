package io.kooper.fake;

import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/** What user code may throw. */
public enum Thrown {
  EXCEPTION,
  CHECKED,
  ASSERTION,
  NO_CLASS,
  STACK_OVERFLOW,
  OUT_OF_MEMORY,
  CAUSES_WITHOUT_END,
  A_RING_OF_CAUSES,
  MUTE,
  WITHOUT_A_TRACE;

  private static final int LACKS = 3; // a lack of memory that never ended would say that there is none at all

  /** Code that throws this, whatever it declares; each time it is called, but a lack of memory is over soon. */
  public Runnable code() {
    AtomicInteger calls = new AtomicInteger();
    return () -> {
      if (this != OUT_OF_MEMORY || calls.incrementAndGet() <= LACKS) {
        Thrown.<RuntimeException>sneak(make());
      }
    };
  }

  public Throwable make() {
    return switch (this) {
      case EXCEPTION -> new IllegalStateException("as asked");
      case CHECKED -> new Exception("as asked");
      case ASSERTION -> new AssertionError("as asked");
      case NO_CLASS -> new NoClassDefFoundError("as/asked");
      case STACK_OVERFLOW -> new StackOverflowError();
      case OUT_OF_MEMORY -> new OutOfMemoryError("as asked");
      case CAUSES_WITHOUT_END -> new Endless();
      case A_RING_OF_CAUSES -> ring();
      case MUTE -> new Mute();
      case WITHOUT_A_TRACE -> new WithoutTrace();
    };
  }

  private static Throwable ring() {
    Exception one = new Exception("one");
    Exception other = new Exception("other", one);
    one.initCause(other);
    return one;
  }

  /** Throws anything, as other languages do. */
  @SuppressWarnings("unchecked")
  public static <E extends Throwable> void sneak(Throwable thrown) throws E {
    throw (E) thrown;
  }

  private static final class Endless extends RuntimeException {
    private static final long serialVersionUID = 1L;

    @Override
    public synchronized Throwable getCause() {
      return new Endless();
    }
  }

  private static final class Mute extends RuntimeException {
    private static final long serialVersionUID = 1L;

    @Override
    public String getMessage() {
      throw new IllegalStateException("nobody asks me");
    }

    @Override
    public synchronized Throwable getCause() {
      throw new IllegalStateException("nobody asks me");
    }

    @Override
    public StackTraceElement[] getStackTrace() {
      throw new IllegalStateException("nobody asks me");
    }
  }

  private static final class WithoutTrace extends RuntimeException {
    private static final long serialVersionUID = 1L;

    @Override
    public String toString() {
      return null;
    }

    @Override
    public StackTraceElement[] getStackTrace() {
      return null;
    }
  }

  /** All of {@link #values()} but these. */
  public static List<Thrown> allBut(Thrown... some) {
    return List.of(values()).stream().filter(one -> !List.of(some).contains(one)).toList();
  }
}
