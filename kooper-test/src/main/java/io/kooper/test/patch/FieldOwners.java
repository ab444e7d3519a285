package io.kooper.test.patch;

import io.kooper.test.json.StatusException;
import io.kooper.test.json.Statuses;
import io.kooper.test.types.Shape;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Who owns which {@link Fields} of one object. Begins with the first server-side apply; before it everything belongs to
 * {@code before-first-apply}, as in the API server for objects without managed fields.
 */
public final class FieldOwners {

  /**
   * Who writes.
   *
   * @param applies whether by server-side apply
   * @param subresource null for the object itself
   */
  public record Manager(String name, boolean applies, String apiVersion, @Nullable String subresource) {

    @Override
    public String toString() {
      return "\"" + name + "\"" + (subresource == null ? "" : " with subresource \"" + subresource + "\"")
          + (applies ? "" : " using " + apiVersion);
    }
  }

  private final Map<Manager, Set<String>> owned = new LinkedHashMap<>();

  public FieldOwners(FieldOwners other) {
    other.owned.forEach((manager, fields) -> owned.put(manager, new HashSet<>(fields)));
  }

  /** Those of an object that nobody has applied yet. */
  public FieldOwners(Set<String> fields, Manager first) {
    if (!fields.isEmpty()) {
      Manager before = new Manager("before-first-apply", false, first.apiVersion(), first.subresource());
      owned.put(before, new HashSet<>(fields));
    }
  }

  /** Whether anybody owns anything. */
  public boolean isEmpty() {
    return owned.isEmpty();
  }

  /**
   * Applies what a manager wants to an object, which it changes: the manager's other fields go, unless others own them.
   *
   * @throws StatusException 409 when others own what would change, and it is not forced
   */
  public ObjectNode apply(Apply apply, ObjectNode object, ObjectNode part, Shape shape) {
    Map<String, JsonNode> wanted = Fields.of(part, shape);
    Map<String, JsonNode> present = Fields.of(object, shape);
    Manager manager = apply.manager();
    Set<String> given = owned.remove(manager);
    Map<Manager, Set<String>> conflicts = new LinkedHashMap<>();
    owned.forEach((other, fields) -> {
      Set<String> changed = new TreeSet<>(fields);
      changed.removeIf(field -> !wanted.containsKey(field)
          || wanted.get(field).isMissingNode() // no conflict is about a container
          || Objects.equals(wanted.get(field), present.get(field)));
      if (!changed.isEmpty()) {
        conflicts.put(other, changed);
      }
    });
    if (!conflicts.isEmpty() && !apply.force()) {
      throw conflict(conflicts);
    }
    conflicts.forEach(this::take);
    ObjectNode merged = (ObjectNode) Apply.merge(object, part, shape, "");
    Set<String> gone = given == null ? new HashSet<>() : given;
    gone.removeAll(wanted.keySet());
    owned.values().forEach(gone::removeAll);
    Fields.remove(merged, shape, gone);
    Set<String> lost = new HashSet<>(present.keySet()); // with a part as a whole, or under what is no object any more
    lost.removeAll(Fields.of(merged, shape).keySet());
    takeFromAll(lost);
    add(manager, wanted.keySet());
    return merged;
  }

  /** Somebody has written otherwise: what changed belongs to nobody else any more. */
  public void written(Manager manager, Map<String, JsonNode> before, Map<String, JsonNode> after) {
    Set<String> changed = new HashSet<>();
    after.forEach((field, value) -> {
      if (!value.equals(before.get(field))) {
        changed.add(field);
      }
    });
    Set<String> lost = new HashSet<>(before.keySet());
    lost.removeAll(after.keySet());
    lost.addAll(changed);
    takeFromAll(lost);
    add(manager, changed);
  }

  private void takeFromAll(Set<String> fields) {
    for (Manager manager : List.copyOf(owned.keySet())) {
      take(manager, fields);
    }
  }

  private void take(Manager manager, Set<String> fields) {
    Set<String> left = owned.get(manager);
    if (left != null) {
      left.removeAll(fields);
      if (left.isEmpty()) {
        owned.remove(manager);
      }
    }
  }

  private void add(Manager manager, Set<String> fields) {
    if (!fields.isEmpty()) {
      owned.computeIfAbsent(manager, m -> new HashSet<>()).addAll(fields);
    }
  }

  private static StatusException conflict(Map<Manager, Set<String>> conflicts) {
    Map<String, String> causes = new TreeMap<>();
    List<String> lines = new ArrayList<>();
    conflicts.forEach((manager, fields) -> {
      lines.add("conflicts with " + manager + ":");
      fields.forEach(field -> {
        causes.put(field, "conflict with " + manager);
        lines.add("- " + field);
      });
    });
    String text = lines.size() == 2
        ? "1 conflict: " + causes.values().iterator().next() + ": " + causes.keySet().iterator().next()
        : (lines.size() - conflicts.size()) + " conflicts: " + String.join("\n", lines);
    return Statuses.applyConflict("Apply failed with " + text, causes);
  }
}
