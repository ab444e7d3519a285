package io.kooper.test;

import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** The kinds of PATCH that are done right here; the others are refused rather than done wrong. */
final class Patches {

  private Patches() {}

  /**
   * The object a patch makes of another, which stays as it is.
   *
   * @throws StatusException 415 for a kind of patch that is not supported, 400 and 422 for one that cannot be applied
   */
  static ObjectNode apply(ObjectNode object, @Nullable String contentType, byte[] patch) {
    String type = contentType == null ? "" : contentType.split(";", 2)[0].strip();
    return switch (type) {
      case "application/merge-patch+json" -> merge(object.deepCopy(), Json.readObject(patch));
      case "application/json-patch+json" -> jsonPatch(object, Json.read(patch));
      case "application/strategic-merge-patch+json", "application/apply-patch+yaml", "application/apply-patch+cbor" ->
          throw Statuses.unsupportedPatch(true);
      default -> throw Statuses.unsupportedPatch(false);
    };
  }

  /** RFC 7386: null removes, objects are merged, everything else (arrays, too) is replaced. */
  private static ObjectNode merge(ObjectNode target, ObjectNode patch) {
    patch.forEachEntry((name, value) -> {
      if (value.isNull()) {
        target.remove(name);
      } else if (value instanceof ObjectNode change) {
        ObjectNode base = target.get(name) instanceof ObjectNode existing ? existing : Json.object();
        target.set(name, merge(base, change));
      } else {
        target.set(name, value);
      }
    });
    return target;
  }

  private static ObjectNode jsonPatch(ObjectNode object, JsonNode patch) {
    if (!(patch instanceof ArrayNode operations)) {
      throw Statuses.badRequest("a JSON patch is an array of operations");
    }
    JsonNode patched = JsonPatch.apply(object.deepCopy(), operations);
    if (patched instanceof ObjectNode result) {
      return result;
    }
    throw Statuses.badRequest("a JSON patch must leave an object");
  }
}
