package io.kooper.test.kinds;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonPointer;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * Sets what an object leaves out, as {@code defaults.txt} says: for its kind first, then for its parts by their types,
 * and the same in each of those.
 */
final class Defaults {

  private static final JsonMapper JSON = JsonMapper.builder().build();

  /** By the name of the type, in the order of the file. */
  private static final Map<String, List<Default>> ALL = read();

  private Defaults() {}

  /**
   * One line of the file.
   *
   * @param value what is set, null for that of another member
   * @param source the other member
   * @param condition null for none
   */
  private record Default(List<String> path, @Nullable JsonNode value, String source, @Nullable Condition condition) {

    static Default of(String rest) {
      String[] parts = rest.split(" ", 2);
      List<String> path = List.of(parts[0].split("\\."));
      String[] value = parts[1].split(" (?=[^\" ]*(=\"[^\"]*\")?$)", 2);
      Condition condition = value.length > 1 ? Condition.of(value[1]) : null;
      return value[0].startsWith("=") ? new Default(path, null, value[0].substring(1), condition)
          : new Default(path, JSON.readTree(value[0]), "", condition);
    }

    void set(ObjectNode object) {
      if (condition != null && !condition.holds(object)) {
        return;
      }
      ObjectNode parent = object;
      for (String step : path.subList(0, path.size() - 1)) {
        if (!(parent.get(step) instanceof ObjectNode next)) {
          return;
        }
        parent = next;
      }
      JsonNode wanted = value == null ? object.get(source) : value;
      String last = path.get(path.size() - 1);
      if (wanted != null && !parent.has(last)) {
        parent.set(last, wanted.deepCopy());
      }
    }
  }

  /**
   * What has to be at a place: {@code place=value}, {@code place} for anything, {@code !place} for nothing, {@code !*} for no
   * member but one.
   */
  private record Condition(JsonPointer place, boolean missing, @Nullable JsonNode value) {

    static Condition of(String text) {
      if (text.equals("!*")) { // a volume of which only the name is said
        return new Condition(JsonPointer.empty(), true, null);
      }
      boolean missing = text.startsWith("!");
      String[] parts = (missing ? text.substring(1) : text).split("=", 2);
      return new Condition(JsonPointer.compile("/" + parts[0].replace('.', '/')), missing,
          parts.length == 1 ? null : JSON.readTree(parts[1]));
    }

    boolean holds(ObjectNode object) {
      if (place.matches()) { // the object itself
        return object.size() <= 1;
      }
      JsonNode found = object.at(place);
      return value == null ? found.isMissingNode() == missing : found.equals(value);
    }
  }

  private static Map<String, List<Default>> read() {
    Map<String, List<Default>> all = new HashMap<>();
    for (String line : Data.lines("defaults.txt")) {
      String[] parts = line.split(" ", 2);
      all.computeIfAbsent(parts[0], type -> new ArrayList<>()).add(Default.of(parts[1]));
    }
    return all;
  }

  /** Whether a list or a map is always shown, as null if nothing else. */
  static boolean isShown(Struct struct, String name) {
    return struct.required().contains(name) || ALL.getOrDefault(struct.simpleName(), List.of()).stream()
        .anyMatch(one -> one.path().equals(List.of(name)) && one.value() != null && one.value().isNull());
  }

  static void complete(Struct struct, ObjectNode object) {
    ALL.getOrDefault(struct.simpleName(), List.of()).forEach(one -> one.set(object));
    ALL.getOrDefault(struct.name(), List.of()).forEach(one -> one.set(object));
    if (!struct.required().isEmpty()) {
      struct.fields().forEach((name, field) -> {
        if (!object.has(name) && struct.required().contains(name) && isShown(field)) {
          object.set(name, Decoder.zero(field));
        }
      });
    }
    struct.nested().forEach((name, field) -> {
      JsonNode value = object.get(name);
      if (value != null && !name.equals("metadata")) {
        each(field, value, Defaults::complete);
      }
    });
  }

  /** Makes an object what is read back of it: an empty list is none, which is null where one is always shown. */
  static void store(Struct struct, ObjectNode object) {
    struct.fields().forEach((name, field) -> {
      JsonNode value = object.get(name);
      if (value == null || name.equals("metadata")) {
        return;
      }
      boolean collection = field.form() == Field.Form.LIST || field.form() == Field.Form.MAP;
      if (collection && value.isContainer() && value.isEmpty()) {
        object.putNull(name);
      } else {
        each(field, value, Defaults::store);
      }
    });
  }

  private static boolean isShown(Field field) {
    return field.form() == Field.Form.LIST || field.form() == Field.Form.MAP || field.form() == Field.Form.INTEGER
        || field.form() == Field.Form.BOOLEAN || field.form() == Field.Form.STRING;
  }

  /** Does something with each struct that a value is, or has as a part of its list or map. */
  private static void each(Field field, JsonNode value, BiConsumer<Struct, ObjectNode> action) {
    Field of = field.of();
    if (field.form() == Field.Form.STRUCT && value instanceof ObjectNode object) {
      action.accept(field.struct(), object);
    } else if (of != null && value.isContainer()) {
      value.forEach(item -> each(of, item, action));
    }
  }
}
