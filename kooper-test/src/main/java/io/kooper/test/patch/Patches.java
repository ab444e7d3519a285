package io.kooper.test.patch;

import io.kooper.test.json.GoSyntax;
import io.kooper.test.json.Json;
import io.kooper.test.json.Statuses;
import io.kooper.test.types.Resource;
import io.kooper.test.types.Shape;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** The kinds of PATCH that change an object that is there; {@link Apply} may create it. */
public final class Patches {

  private static final String STRATEGIC = "application/strategic-merge-patch+json";

  private Patches() {}

  /** The media type of a body, without its parameters; empty if the client named none. */
  public static String mediaType(@Nullable String contentType) {
    return contentType == null ? "" : contentType.split(";", 2)[0].strip();
  }

  /**
   * The object a patch makes of another, which stays as it is.
   *
   * @param shape how the object is merged
   * @throws StatusException 400, 422 or 500 for a patch that cannot be applied
   */
  public static ObjectNode apply(ObjectNode object, Shape shape, String mediaType, byte[] patch) {
    return switch (mediaType) {
      case "application/merge-patch+json" -> merge(object.deepCopy(), object(patch));
      case STRATEGIC -> StrategicMerge.apply(object.deepCopy(), object(patch), shape);
      default -> json(object, patch);
    };
  }

  /** The object a JSON patch makes of another, which stays as it is. */
  public static ObjectNode json(ObjectNode object, byte[] patch) {
    return jsonPatch(object, read(patch));
  }

  private static JsonNode read(byte[] patch) {
    String wrong = GoSyntax.problem(patch);
    if (wrong != null) {
      throw Statuses.badRequest("error decoding patch: " + wrong);
    }
    return Json.read(patch);
  }

  private static ObjectNode object(byte[] patch) {
    JsonNode read = read(patch);
    if (read instanceof ObjectNode object) {
      return object;
    }
    if (read.isNull()) {
      return Json.object();
    }
    throw Statuses.badRequest("error decoding patch: " + mismatch(read, "map[string]interface {}"));
  }

  /** Why JSON is no value of a type of Go. */
  static String mismatch(JsonNode read, String type) {
    return "json: cannot unmarshal %s into Go value of type %s".formatted(read.isObject() ? "object" : read.isArray() ? "array"
        : read.isString() ? "string" : read.isNumber() ? "number" : "bool", type);
  }

  /** @throws StatusException 415 for a kind of patch that the type does not know */
  public static void requireKnown(Resource resource, String mediaType) {
    boolean known = switch (mediaType) {
      case "application/merge-patch+json", "application/json-patch+json", Apply.MEDIA_TYPE -> true;
      case STRATEGIC -> !resource.isCustom();
      default -> false;
    };
    if (!known) {
      if (mediaType.equals("application/json") && !resource.isCustom()) {
        throw Statuses.unsupportedMedia();
      }
      throw Statuses.unsupportedPatch(resource.isCustom());
    }
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
      throw Statuses.badRequest("error decoding patch: " + mismatch(patch, "[]handlers.jsonPatchOp"));
    }
    JsonNode patched = JsonPatch.apply(object.deepCopy(), operations);
    if (patched instanceof ObjectNode result) {
      return result;
    }
    throw Statuses.badRequest("a JSON patch must leave an object");
  }
}
