package io.kooper.internal;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Collects all that is wrong with what a builder was given, to refuse it in one message. */
public final class Refusals {

  private final List<String> all = new ArrayList<>();

  public void add(String message) {
    all.add(message);
  }

  public void addIf(boolean wrong, String message) {
    if (wrong) {
      all.add(message);
    }
  }

  /** Refuses a time that is not above 0; null is none. */
  public void unlessPositive(String name, @Nullable Duration time) {
    addIf(time != null && !Durations.isPositive(time), name + " is " + time + ", not above 0");
  }

  /** Refuses what no line of a log can show; null is none. */
  public void unlessName(String what, @Nullable String name) {
    addIf(name != null && name.isBlank(), what + " is blank");
    addIf(name != null && name.chars().anyMatch(Character::isISOControl), what + " has a control character, as a line break");
  }

  public boolean isEmpty() {
    return all.isEmpty();
  }

  /** What was collected, to which more may be added. */
  public List<String> all() {
    return all;
  }

  /**
   * Refuses what was collected, if there is anything.
   *
   * @param what cannot be built, as in {@code a controller}
   * @throws IllegalArgumentException with every message
   */
  public void refuse(String what) {
    if (!all.isEmpty()) {
      throw new IllegalArgumentException(what + " cannot be built: " + String.join("; ", all));
    }
  }
}
