package io.kooper.test.write;

import io.kooper.test.json.Json;
import io.kooper.test.types.Resource;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * What the API server makes of an object that is to be deleted.
 *
 * @param tree its next state
 * @param changed whether that is another than before
 * @param gone whether nothing holds it any more
 */
record Deletion(ObjectNode tree, boolean changed, boolean gone) {

  /** The finalizer of an object that waits for its dependents. */
  static final String FOREGROUND = "foregroundDeletion";

  /** The finalizer of an object whose dependents are to be let go. */
  static final String ORPHAN = "orphan";

  private static final Set<String> ORPHANING = Set.of("jobs.batch", "replicationcontrollers"); // unless they are told otherwise
  private static final long DEFAULT_GRACE = 30; // seconds

  /**
   * Of any object but a namespace or a definition.
   *
   * @param options the DeleteOptions of the request, empty if there were none
   */
  static Deletion of(Resource resource, ObjectNode tree, ObjectNode options) {
    boolean terminating = isTerminating(tree);
    Long asked = options.path("gracePeriodSeconds").isNumber() ? options.path("gracePeriodSeconds").asLong() : null;
    long grace = 0;
    boolean marked = false;
    if (resource.is("pods")) {
      Long left = terminating ? leftOf(tree, asked) : Long.valueOf(grace(tree, asked));
      if (left == null) {
        return new Deletion(tree, false, false);
      }
      grace = left;
      marked = !terminating || Json.metadata(tree).has("deletionGracePeriodSeconds");
      if (marked) {
        mark(resource, tree, grace, terminating);
      }
    }
    boolean changed = propagate(resource, tree, options);
    if (grace == 0 && !hasFinalizers(tree)) {
      return new Deletion(tree, true, true);
    }
    if (!terminating && !marked) {
      mark(resource, tree, 0, false);
      marked = true;
    }
    return new Deletion(tree, marked || changed, false);
  }

  static boolean isTerminating(ObjectNode object) {
    return object.at("/metadata/deletionTimestamp").isString();
  }

  static boolean hasFinalizers(ObjectNode object) {
    return !object.at("/metadata/finalizers").isEmpty();
  }

  /** Whether an object is being deleted and has a finalizer. */
  static boolean waitsFor(ObjectNode object, String finalizer) {
    return isTerminating(object)
        && object.at("/metadata/finalizers").valueStream().anyMatch(one -> one.asString("").equals(finalizer));
  }

  /** Takes a finalizer away. */
  static void unhold(ObjectNode object, String finalizer) {
    Json.metadata(object).withArrayProperty("finalizers").removeIf(one -> one.asString("").equals(finalizer));
    if (!hasFinalizers(object)) {
      Json.metadata(object).remove("finalizers");
    }
  }

  /** How long a pod may take to end: one that runs nowhere, or no more, needs no time. */
  private static long grace(ObjectNode pod, @Nullable Long asked) {
    String phase = pod.at("/status/phase").asString("");
    if (pod.at("/spec/nodeName").asString("").isEmpty() || phase.equals("Succeeded") || phase.equals("Failed")) {
      return 0;
    }
    long grace = asked != null ? asked : pod.at("/spec/terminationGracePeriodSeconds").asLong(DEFAULT_GRACE);
    return grace < 0 ? 1 : grace;
  }

  /** The time of a pod that is ending already, which can only be shortened; null if it stays as it is. */
  private static @Nullable Long leftOf(ObjectNode pod, @Nullable Long asked) {
    JsonNode given = pod.at("/metadata/deletionGracePeriodSeconds");
    if (!given.isNumber()) {
      return 0L;
    }
    return asked == null || Math.max(asked, asked < 0 ? 1 : 0) >= given.asLong() ? null : Long.valueOf(asked < 0 ? 1 : asked);
  }

  private static void mark(Resource resource, ObjectNode tree, long grace, boolean terminating) {
    ObjectNode metadata = Json.metadata(tree);
    Instant from = terminating ? Instant.parse(metadata.path("deletionTimestamp").asString())
        .minusSeconds(metadata.path("deletionGracePeriodSeconds").asLong(0)) : Instant.now();
    metadata.put("deletionTimestamp", from.plusSeconds(grace).truncatedTo(ChronoUnit.SECONDS).toString());
    metadata.put("deletionGracePeriodSeconds", grace);
    if (resource.generation() && !terminating) {
      metadata.put("generation", metadata.path("generation").asLong(0) + 1);
    }
  }

  /** Sets the finalizers that say what is to become of dependents; whether that changed anything. */
  private static boolean propagate(Resource resource, ObjectNode tree, ObjectNode options) {
    if (resource.collection().equals("events")) {
      return false;
    }
    ObjectNode metadata = Json.metadata(tree);
    List<String> before = metadata.path("finalizers").valueStream().map(one -> one.asString("")).toList();
    String policy = policy(resource, before, options);
    List<String> after = new ArrayList<>(before);
    after.removeIf(one -> one.equals(ORPHAN) && !policy.equals("Orphan")
        || one.equals(FOREGROUND) && !policy.equals("Foreground"));
    String wanted = policy.equals("Orphan") ? ORPHAN : policy.equals("Foreground") ? FOREGROUND : null;
    if (wanted != null && !after.contains(wanted)) {
      after.add(wanted);
    }
    if (after.equals(before)) {
      return false;
    }
    ArrayNode finalizers = metadata.putArray("finalizers");
    after.forEach(finalizers::add);
    if (after.isEmpty()) {
      metadata.remove("finalizers");
    }
    return true;
  }

  private static String policy(Resource resource, List<String> finalizers, ObjectNode options) {
    if (options.path("propagationPolicy").isString()) {
      return options.path("propagationPolicy").asString();
    }
    if (options.path("orphanDependents").isBoolean()) {
      return options.path("orphanDependents").asBoolean() ? "Orphan" : "Background";
    }
    return finalizers.contains(ORPHAN) ? "Orphan"
        : finalizers.contains(FOREGROUND) ? "Foreground"
        : isOrphaning(resource) ? "Orphan" : "Background";
  }

  /** Whether dependents are let go unless the client says what is to become of them. */
  static boolean isOrphaning(Resource resource) {
    return ORPHANING.contains(resource.type().qualifiedName());
  }
}
