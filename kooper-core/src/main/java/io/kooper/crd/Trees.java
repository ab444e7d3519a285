package io.kooper.crd;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Reads JSON as maps and lists, of which nothing may be there. */
final class Trees {

  private Trees() {}

  /** The object at a path, empty when there is none. */
  static Map<String, Object> map(@Nullable Object tree, String... path) {
    return asMap(at(tree, path));
  }

  /** The array at a path, empty when there is none. */
  static List<Object> list(@Nullable Object tree, String... path) {
    return asList(at(tree, path));
  }

  /** The text at a path, empty when there is none. */
  static String text(@Nullable Object tree, String... path) {
    return at(tree, path) instanceof String text ? text : "";
  }

  static @Nullable Object at(@Nullable Object tree, String... path) {
    Object found = tree;
    for (String name : path) {
      found = asMap(found).get(name);
    }
    return found;
  }

  @SuppressWarnings("unchecked") // a JSON object has names
  private static Map<String, Object> asMap(@Nullable Object tree) {
    return tree instanceof Map<?, ?> map ? (Map<String, Object>) map : Map.of();
  }

  @SuppressWarnings("unchecked")
  private static List<Object> asList(@Nullable Object tree) {
    return tree instanceof List<?> list ? (List<Object>) list : List.of();
  }
}
