package io.kooper.write;

import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.api.model.ConditionBuilder;
import io.kooper.clock.Clock;
import io.kooper.internal.Names;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Sets conditions in a status, as apimachinery's {@code meta.SetStatusCondition} does.
 *
 * <p>All methods send nothing. A list is modified in place, by one thread at a time.
 *
 * <pre>{@code
 * boolean changed = Conditions.set(app.getStatus().getConditions(),
 *     Conditions.of("Ready", false, "PodsMissing", "2 of 3 pods are ready", app.getMetadata().getGeneration()));
 * }</pre>
 */
public final class Conditions {

  private static final Set<String> STATUSES = Set.of("True", "False", "Unknown");
  private static final Pattern REASON = Pattern.compile("[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?"); // metav1.Condition's
  private static final int LONGEST_REASON = 1024;
  private static final int LONGEST_MESSAGE = 32_768;

  private Conditions() {}

  /**
   * A condition that is true or false, to be set.
   *
   * @param generation of the object that was looked at; null when that does not matter
   */
  public static Condition of(String type, boolean status, String reason, String message, @Nullable Long generation) {
    return new ConditionBuilder().withType(type).withStatus(status ? "True" : "False").withReason(reason)
        .withMessage(message).withObservedGeneration(generation).build();
  }

  /** As {@link #set(List, Condition, Clock)}, with the machine's time. */
  public static boolean set(List<Condition> conditions, Condition wanted) {
    return set(conditions, wanted, Clock.system());
  }

  /**
   * Replaces the condition of this type, or adds it. {@code lastTransitionTime} is the one that {@code wanted} names, or else
   * now; but while the status stays, it stays too.
   *
   * @param conditions a list that can be modified, as that of a status
   * @param wanted is not modified; a message that is longer than Kubernetes allows is cut
   * @return whether anything has changed
   * @throws IllegalArgumentException when Kubernetes would refuse its type, status or reason; the message has every error. Also
   *     when the list cannot be modified
   */
  public static boolean set(List<Condition> conditions, Condition wanted, Clock clock) {
    Objects.requireNonNull(conditions, "conditions");
    check(wanted);
    int place = 0;
    while (place < conditions.size() && !wanted.getType().equals(conditions.get(place).getType())) {
      place++;
    }
    Condition before = place < conditions.size() ? conditions.get(place) : null;
    String time = wanted.getLastTransitionTime() != null ? wanted.getLastTransitionTime()
        : clock.now().truncatedTo(ChronoUnit.SECONDS).toString();
    if (before != null && wanted.getStatus().equals(before.getStatus()) && before.getLastTransitionTime() != null) {
      time = before.getLastTransitionTime();
    }
    String message = Objects.requireNonNullElse(wanted.getMessage(), ""); // Kubernetes wants one
    Condition after = wanted.edit().withLastTransitionTime(time)
        .withMessage(message.substring(0, Math.min(message.length(), LONGEST_MESSAGE))).build();
    if (after.equals(before)) {
      return false;
    }
    try {
      if (before == null) {
        conditions.add(after);
      } else {
        conditions.set(place, after);
      }
    } catch (UnsupportedOperationException e) {
      throw new IllegalArgumentException(
          "the list of conditions cannot be modified: give a new ArrayList, and set it in the status", e);
    }
    return true;
  }

  /** Whether there is a condition of this type whose status is {@code True}. */
  public static boolean isTrue(List<Condition> conditions, String type) {
    return conditions.stream().anyMatch(one -> type.equals(one.getType()) && "True".equals(one.getStatus()));
  }

  private static void check(Condition wanted) {
    List<String> errors = new ArrayList<>();
    String type = wanted.getType();
    String reason = wanted.getReason();
    if (type == null || !Names.isQualified(type)) {
      errors.add("the type \"" + type + "\" must be a name as Ready or example.com/Ready");
    }
    if (wanted.getStatus() == null || !STATUSES.contains(wanted.getStatus())) {
      errors.add("the status \"" + wanted.getStatus() + "\" must be True, False or Unknown");
    }
    if (reason == null || reason.length() > LONGEST_REASON || !REASON.matcher(reason).matches()) {
      errors.add("the reason \"" + reason + "\" must be one word, as PodsMissing");
    }
    if (!errors.isEmpty()) {
      throw new IllegalArgumentException("not a condition: " + String.join("; ", errors));
    }
  }
}
