package io.kooper.controller;

import io.kooper.metrics.EventType;
import io.kooper.retrieve.ObjectKey;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Why a key is to be called though its own object has not changed. Guarded by the ledger's lock. */
final class Causes {

  private static final int MOST = 8; // more do not fit a line

  /**
   * One of them.
   *
   * @param change that of a related object, or null
   */
  record Cause(EventType type, String text, @Nullable Change change) {}

  /** A version of an object of a kind. */
  record Change(Object kind, ObjectKey key, @Nullable String version) {}

  private final List<Cause> reasons = new ArrayList<>(1);
  private int more;

  void add(Cause cause) {
    if (reasons.size() < MOST) {
      reasons.add(cause);
    } else {
      more++;
    }
  }

  /** These but for what the call itself has changed; null when there are none. */
  @Nullable Causes without(List<Change> own) {
    reasons.removeIf(reason -> reason.change != null && own.contains(reason.change));
    return reasons.isEmpty() && more == 0 ? null : this;
  }

  EventType type() {
    return reasons.isEmpty() ? EventType.RELATED : reasons.get(0).type;
  }

  /** For people: why a call is made. */
  static List<String> texts(boolean changed, boolean retry, boolean requested, boolean resync, @Nullable Causes others) {
    List<String> texts = new ArrayList<>(1);
    addIf(changed, "changed", texts);
    addIf(retry, "retry", texts);
    addIf(requested, "requested", texts);
    addIf(resync, "resync", texts);
    if (others != null) {
      others.reasons.forEach(reason -> texts.add(reason.text));
      addIf(others.more > 0, "and " + others.more + " more", texts);
    }
    return texts;
  }

  private static void addIf(boolean condition, String text, List<String> texts) {
    if (condition) {
      texts.add(text);
    }
  }
}
