package io.kooper.test.patch;

import io.kooper.test.json.Json;
import io.kooper.test.json.StatusException;
import io.kooper.test.json.Statuses;
import io.kooper.test.types.Scale;
import io.kooper.test.types.Shape;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
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
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Who owns which {@link Fields} of one object, as its {@code managedFields} say. What nobody is known to own belongs to
 * {@code before-first-apply} once somebody applies, as in the API server.
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
  private final Map<Manager, Set<String>> before = new HashMap<>(); // as they were read
  private final Map<Manager, String> times = new HashMap<>();

  private FieldOwners() {}

  /** Those of a new object. */
  public static FieldOwners of(Manager creator, Set<String> fields) {
    FieldOwners owners = new FieldOwners();
    owners.add(creator, fields);
    return owners;
  }

  /** What an object says of itself; empty when it says nothing that can be understood. */
  public static FieldOwners read(JsonNode managedFields) {
    FieldOwners owners = new FieldOwners();
    for (JsonNode entry : managedFields) {
      Set<String> fields = new HashSet<>();
      entry.path("fieldsV1").properties().forEach(one -> read(one.getKey(), one.getValue(), fields));
      String subresource = entry.path("subresource").asString("");
      Manager manager = new Manager(entry.path("manager").asString(""), entry.path("operation").asString("").equals("Apply"),
          entry.path("apiVersion").asString(""), subresource.isEmpty() ? null : subresource);
      if (!fields.isEmpty()) {
        owners.owned.put(manager, fields);
        owners.before.put(manager, Set.copyOf(fields));
        owners.times.put(manager, entry.path("time").asString(""));
      }
    }
    return owners;
  }

  private static void read(String path, JsonNode below, Set<String> fields) {
    if (path.equals(".") || path.endsWith("\n.")) {
      fields.add(path.substring(0, Math.max(0, path.length() - 2)));
    } else if (below.isEmpty()) {
      fields.add(path);
    } else {
      below.properties().forEach(one -> read(path + "\n" + one.getKey(), one.getValue(), fields));
    }
  }

  /** As {@code managedFields}; those who own something else than before do so since now. */
  public ArrayNode write(String now) {
    List<ObjectNode> entries = new ArrayList<>();
    owned.forEach((manager, fields) -> {
      ObjectNode entry = Json.object().put("manager", manager.name()).put("operation", manager.applies() ? "Apply" : "Update")
          .put("apiVersion", manager.apiVersion());
      entry.put("time", fields.equals(before.get(manager)) ? times.getOrDefault(manager, now) : now);
      entry.put("fieldsType", "FieldsV1");
      ObjectNode tree = entry.putObject("fieldsV1");
      new TreeSet<>(fields).forEach(field -> write(field, tree));
      if (manager.subresource() != null) {
        entry.put("subresource", manager.subresource());
      }
      entries.add(entry);
    });
    entries.sort(Comparator.comparing((ObjectNode entry) -> entry.path("operation").asString())
        .thenComparing(entry -> entry.path("time").asString()).thenComparing(entry -> entry.path("manager").asString())
        .thenComparing(entry -> entry.path("subresource").asString("")));
    return Json.array().addAll(entries);
  }

  /** Those in which a field is come before it, since they are sorted. */
  private static void write(String field, ObjectNode tree) {
    ObjectNode at = tree;
    String[] elements = field.split("\n");
    for (int i = 0; i < elements.length; i++) {
      boolean known = at.has(elements[i]);
      ObjectNode next = at.withObjectProperty(elements[i]);
      if (i < elements.length - 1 && known && next.isEmpty()) {
        next.putObject("."); // a field itself
      }
      at = next;
    }
  }

  /** From now on all that is there belongs to nobody in particular, unless somebody is known to own something. */
  public void begin(Set<String> fields, Manager first) {
    if (owned.isEmpty() && !fields.isEmpty()) {
      add(new Manager("before-first-apply", false, first.apiVersion(), first.subresource()), fields);
    }
  }

  /** Whether anybody owns anything. */
  public boolean isEmpty() {
    return owned.isEmpty();
  }

  public boolean isOwned(String field) {
    return owned.values().stream().anyMatch(fields -> fields.contains(field));
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
      throw conflict(conflicts, "scale".equals(manager.subresource()) ? Scale.TYPE.apiVersion() : null);
    }
    conflicts.forEach(this::take);
    ObjectNode merged = (ObjectNode) Apply.merge(object, part, shape);
    Set<String> gone = given == null ? new HashSet<>() : Fields.withParents(given);
    gone.removeAll(wanted.keySet());
    owned.values().forEach(gone::removeAll);
    Fields.remove(merged, shape, gone);
    Set<String> lost = new HashSet<>(present.keySet()); // with a part as a whole, or under what is no object any more
    lost.removeAll(Fields.of(merged, shape).keySet());
    takeFromAll(lost);
    add(manager, Fields.applied(part, shape));
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

  /** @param as the version in which all are shown, null for that in which each has written */
  private static StatusException conflict(Map<Manager, Set<String>> conflicts, @Nullable String as) {
    Map<String, String> causes = new TreeMap<>();
    List<String> lines = new ArrayList<>();
    conflicts.forEach((owner, fields) -> {
      Manager manager = as == null ? owner : new Manager(owner.name(), owner.applies(), as, owner.subresource());
      lines.add("conflicts with " + manager + ":");
      fields.forEach(field -> {
        causes.put(Fields.shown(field), "conflict with " + manager);
        lines.add("- " + Fields.shown(field));
      });
    });
    String text = lines.size() == 2
        ? "1 conflict: " + causes.values().iterator().next() + ": " + causes.keySet().iterator().next()
        : (lines.size() - conflicts.size()) + " conflicts: " + String.join("\n", lines);
    return Statuses.applyConflict("Apply failed with " + text, causes);
  }
}
