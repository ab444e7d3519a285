package io.kooper.crd;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Reads JSON as maps and lists, of which nothing may be there. */
@SuppressWarnings("unchecked") // a JSON object has names
final class Trees {

  private Trees() {}

  /** The value at a path. */
  static @Nullable Object at(@Nullable Object tree, String... path) {
    Object found = tree;
    for (String name : path) {
      found = found instanceof Map<?, ?> map ? map.get(name) : null;
    }
    return found;
  }

  /** The object at a path, empty when there is none. */
  static Map<String, Object> map(@Nullable Object tree, String... path) {
    return at(tree, path) instanceof Map<?, ?> map ? (Map<String, Object>) map : Map.of();
  }

  /** The array at a path, empty when there is none. */
  static List<Object> list(@Nullable Object tree, String... path) {
    return at(tree, path) instanceof List<?> list ? (List<Object>) list : List.of();
  }

  /** The text at a path, empty when there is none. */
  static String text(@Nullable Object tree, String... path) {
    return at(tree, path) instanceof String text ? text : "";
  }

  static boolean isTrue(@Nullable Object tree, String... path) {
    return Boolean.TRUE.equals(at(tree, path));
  }

  /** A copy of an object with one value put. */
  static Map<String, Object> with(@Nullable Object tree, String key, Object value) {
    Map<String, Object> changed = new LinkedHashMap<>(map(tree));
    changed.put(key, value);
    return changed;
  }
}
