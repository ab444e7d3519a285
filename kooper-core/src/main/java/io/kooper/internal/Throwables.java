package io.kooper.internal;

import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Looks at what user code has thrown without trusting it: its methods may throw, and its causes may have no end. All methods
 * may be called from any thread, and throw nothing but what they say.
 */
public final class Throwables {

  /** A chain of more causes counts as one without end; real ones have fewer than ten. */
  private static final int MOST = 50;

  /** Of those that cannot be printed themselves, so many causes are. */
  private static final int STAND_INS = 10;

  /** How Jackson ends a message, in any version: {@code (through reference chain: Foo["spec"]->java.util.ArrayList[0])}. */
  private static final Pattern JSON_PATH =
      Pattern.compile("\\(through reference chain: ((?:[\\w.$]+(?:\\[\"[\\w./-]{1,253}\"]|\\[\\d+])(?:->)?)+)\\)$");
  private static final Pattern STEP = Pattern.compile("\\[\"?([^\"\\]]+)\"?]");

  private Throwables() {}

  /** What its {@code toString()} says, without the user information of URLs; its class when that fails. */
  public static String text(Throwable thrown) {
    try {
      String text = thrown.toString();
      return text == null ? thrown.getClass().getName() : Urls.withoutUser(text);
    } catch (Throwable t) {
      return thrown.getClass().getName();
    }
  }

  /** As {@link #text}; but as {@link #place} when it is about JSON that could not be bound, since it may quote that. */
  public static String words(Throwable thrown, Class<?> caller) {
    return isBinding(thrown) ? place(thrown, caller) : text(thrown);
  }

  /** Its message, without the user information of URLs; its class when there is none or it cannot be had. */
  public static String message(Throwable thrown) {
    try {
      String message = thrown.getMessage();
      return message == null ? thrown.getClass().getName() : Urls.withoutUser(message);
    } catch (Throwable t) {
      return thrown.getClass().getName();
    }
  }

  /**
   * The class of its first cause, the first frame of user code there, and the field of the JSON if it is about one. No
   * message, which may quote the object that was worked on: a Secret's value has no place in a log. Example: {@code
   * java.lang.NumberFormatException at com.example.Foo.setSize(Foo.java:12), field spec.size}.
   *
   * @param caller of the user code: its frames, and those that called it, are not the user's
   */
  public static String place(Throwable thrown, Class<?> caller) {
    Throwable origin = origin(thrown);
    String field = field(thrown);
    String place = origin.getClass().getName();
    for (StackTraceElement frame : frames(origin)) {
      if (frame == null) { // of a class that makes its stack trace itself
        break;
      }
      if (frame.getClassName().equals(caller.getName())) {
        break;
      }
      if (!isLibrary(frame.getClassName())) {
        place += " at " + frame;
        break;
      }
    }
    return field == null ? place : place + ", field " + field;
  }

  private static boolean isLibrary(String type) {
    return type.startsWith("java.") || type.startsWith("jdk.") || type.startsWith("sun.") || type.startsWith("kotlin.")
        || type.startsWith("io.fabric8.") || isJackson(type);
  }

  private static boolean isJackson(String type) {
    return type.startsWith("com.fasterxml.jackson.") || type.startsWith("tools.jackson.");
  }

  /** The outermost path in its chain, as in {@code spec.containers[0].image}: it is the longest. */
  private static @Nullable String field(Throwable thrown) {
    StringBuilder field = new StringBuilder();
    anyCause(thrown, one -> {
      Matcher path = JSON_PATH.matcher(isJackson(one.getClass().getName()) ? message(one) : "");
      if (!path.find()) {
        return false;
      }
      for (Matcher step = STEP.matcher(path.group(1)); step.find(); ) {
        String name = step.group(1);
        boolean index = step.group().charAt(1) != '"';
        field.append(index ? "[" + name + "]" : field.isEmpty() ? name : "." + name);
      }
      return true;
    });
    return field.isEmpty() ? null : field.toString();
  }

  /** Whether it is about JSON that could not be read or bound: its messages may quote the object. */
  public static boolean isBinding(Throwable thrown) {
    return anyCause(thrown, one -> isJackson(one.getClass().getName()));
  }

  /** Its class and where it was thrown: those of one and the same fault are equal. */
  public static String signature(Throwable thrown) {
    StackTraceElement[] frames = frames(thrown);
    return thrown.getClass().getName() + (frames.length == 0 ? "" : " at " + frames[0]);
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

  /** The last of its causes; itself when there is none. */
  public static Throwable origin(Throwable thrown) {
    Throwable[] last = {thrown};
    anyCause(thrown, one -> {
      last[0] = one;
      return false;
    });
    return last[0];
  }

  /**
   * Throws it on if it is a lack of memory, which says nothing about the object that was worked on: that has to come again.
   *
   * @throws OutOfMemoryError the one that it is, or was caused by
   */
  public static void throwIfNoMemory(Throwable thrown) {
    Throwable[] found = new Throwable[1];
    if (anyCause(thrown, one -> (found[0] = one) instanceof OutOfMemoryError) && found[0] instanceof OutOfMemoryError lack) {
      throw lack;
    }
  }

  /**
   * What a logger may be given in its place: itself when it and its causes can be printed, and show no password in a URL;
   * else a stand-in with its text and stack trace.
   */
  public static Throwable loggable(Throwable thrown) {
    try {
      if (isSound(thrown, new int[] {MOST})) {
        return thrown;
      }
    } catch (Throwable t) {
      // as if it were not sound
    }
    int[] causes = new int[1];
    return new StandIn(thrown, anyCause(thrown, one -> ++causes[0] == MOST) ? 0 : STAND_INS);
  }

  private static boolean isSound(@Nullable Throwable thrown, int[] left) {
    for (Throwable one = thrown; one != null; one = one.getCause()) {
      if (--left[0] < 0) {
        return false;
      }
      String text = one.toString();
      if (text == null || one.getStackTrace() == null || !Urls.withoutUser(text).equals(text)) {
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
      StackTraceElement[] frames = thrown.getStackTrace();
      return frames == null ? new StackTraceElement[0] : frames;
    } catch (Throwable t) {
      return new StackTraceElement[0];
    }
  }

  private static @Nullable Throwable cause(Throwable thrown) {
    try {
      return thrown.getCause();
    } catch (Throwable t) {
      return null;
    }
  }

  /** Says of an exception that cannot be printed as it is what can be said. */
  private static final class StandIn extends Exception {

    private static final long serialVersionUID = 1L;

    private StandIn(Throwable thrown, int left) {
      super(text(thrown));
      Throwable cause = cause(thrown);
      if (cause != null && left > 0) {
        initCause(new StandIn(cause, left - 1));
      }
      setStackTrace(frames(thrown));
    }
  }
}
