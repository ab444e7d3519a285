package io.kooper.test.junit;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import io.kooper.retrieve.ObjectKey;
import io.kooper.test.json.Json;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.MissingNode;

/**
 * Remembers how objects were when they were handed over, and says later which were modified: they are shared by all who read a
 * store. Used from any thread.
 */
final class MutationDetector {

  private static final int NAMED = 10; // objects of a message

  private final KubernetesSerialization serialization = new KubernetesSerialization();
  private final List<Seen> seen = new ArrayList<>(); // guarded by itself

  private record Seen(HasMetadata object, byte[] json) {}

  /** Before anybody reads it. */
  void remember(HasMetadata object) {
    Seen one = new Seen(object, json(object));
    synchronized (seen) {
      seen.add(one);
    }
  }

  /**
   * Compares all objects with what they were, when nobody modifies them any more, and forgets them.
   *
   * @return what is wrong, without the values: null if nothing is
   */
  @Nullable AssertionError check() {
    List<Seen> all;
    synchronized (seen) {
      all = List.copyOf(seen);
      seen.clear();
    }
    Set<String> modified = new LinkedHashSet<>();
    for (Seen one : all) {
      Set<String> fields = new TreeSet<>();
      compare("", Json.tree(one.json), Json.tree(json(one.object)), fields);
      if (!fields.isEmpty()) {
        modified.add("%s %s at %s".formatted(one.object.getKind(), ObjectKey.of(one.object), String.join(", ", fields)));
      }
    }
    return modified.isEmpty() ? null : new AssertionError("a handler has modified objects that all readers of a bound store"
        + " share; it should modify a copy (context.copy()):\n  " + String.join("\n  ", modified.stream().limit(NAMED).toList())
        + (modified.size() > NAMED ? "\n  and " + (modified.size() - NAMED) + " more" : ""));
  }

  private byte[] json(HasMetadata object) {
    return serialization.asJson(object).getBytes(StandardCharsets.UTF_8);
  }

  private static void compare(String path, JsonNode before, JsonNode after, Set<String> fields) {
    if (before.isObject() && after.isObject()) {
      Set<String> names = new TreeSet<>(before.propertyNames());
      names.addAll(after.propertyNames());
      names.forEach(name -> compare(path.isEmpty() ? name : path + "." + name, before.path(name), after.path(name), fields));
    } else if (before.isArray() && after.isArray()) {
      for (int i = 0; i < Math.max(before.size(), after.size()); i++) {
        compare(path + "[" + i + "]", at(before, i), at(after, i), fields);
      }
    } else if (!before.equals(after)) {
      fields.add(path);
    }
  }

  private static JsonNode at(JsonNode array, int index) {
    return index < array.size() ? array.get(index) : MissingNode.getInstance();
  }
}
