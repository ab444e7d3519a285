package io.kooper.test.http;

import io.kooper.test.ResourceType;
import io.kooper.test.auth.Reviews;
import io.kooper.test.json.Json;
import io.kooper.test.json.StatusException;
import io.kooper.test.json.Statuses;
import io.kooper.test.kinds.KindSchema;
import io.kooper.test.kinds.Labels;
import io.kooper.test.types.BuiltInTypes;
import io.kooper.test.types.Crds;
import io.kooper.test.types.Resource;
import io.kooper.test.validation.CustomSchema;
import io.kooper.test.validation.Problem;
import io.kooper.test.write.WriteChecks;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/**
 * How the body of one request becomes an object: what is unknown or twice in it is dropped, and refused, told of in a
 * header, or passed over, as the client wants.
 */
final class Decoding {

  private static final Set<String> STANDARD_FINALIZERS = Set.of("orphan", "foregroundDeletion", "kubernetes");

  private static final KindSchema SCALE = new KindSchema("autoscaling", "v1", "Scale");

  private enum Mode { STRICT, WARN, IGNORE }

  private final Mode mode;
  private final List<String> warnings = new ArrayList<>();

  private Decoding(Mode mode) {
    this.mode = mode;
  }

  /** @throws StatusException 422 for a value that {@code fieldValidation} does not have */
  static Decoding of(Call call) {
    String value = call.param("fieldValidation");
    Mode mode = switch (value == null ? "Warn" : value) {
      case "Strict" -> Mode.STRICT;
      case "Warn" -> Mode.WARN;
      case "Ignore" -> Mode.IGNORE;
      default -> throw Statuses.invalidOptions(options(call.request().verb()), "fieldValidation",
          "FieldValueNotSupported", "Unsupported value: \"" + value
              + "\": supported values: \"\", \"Ignore\", \"Strict\", \"Warn\"");
    };
    return new Decoding(mode);
  }

  private static String options(String verb) {
    return verb.equals("create") ? "CreateOptions" : verb.equals("update") ? "UpdateOptions" : "PatchOptions";
  }

  /** What the answer tells the client. */
  List<String> warnings() {
    return warnings;
  }

  /**
   * The object that a client sent as a whole.
   *
   * @throws StatusException 400 when it is no object, or has what it may not
   */
  ObjectNode object(Resource resource, byte[] body) {
    List<String> errors = new ArrayList<>();
    ObjectNode object = Bodies.read(resource.type().kind(), body);
    if (resource.kind() != null) {
      WriteChecks.checkType(resource, object);
      Json.duplicates(body).forEach(path -> errors.add("duplicate field \"" + path + "\""));
      KindSchema.Read read = resource.kind().schema().read(object);
      if (read.error() != null) {
        throw refused(resource, read.error());
      }
      read.unknown().forEach(path -> errors.add("unknown field \"" + path + "\""));
      if (!Reviews.isReview(resource)) {
        resource.kind().schema().complete(object);
      }
    }
    if (resource.schema() != null) {
      Problem unreadable = resource.schema().unreadable(object);
      if (unreadable != null) {
        throw refused(resource, unreadable.toString());
      }
      String metadata = KindSchema.unreadableMetadata(object);
      if (metadata != null) {
        throw refused(resource, metadata);
      }
      Json.duplicates(body).forEach(path -> errors.add("duplicate field \"" + path + "\""));
      errors.addAll(shape(resource.schema(), object));
    }
    if (tell(errors)) {
      throw refused(resource, "strict decoding error: " + String.join(", ", errors));
    }
    warnings.addAll(Crds.warnings(resource, object));
    return object;
  }

  private static StatusException refused(Resource resource, String why) {
    String kind = resource.type().kind();
    return Statuses.badRequest("%s in version \"%s\" cannot be handled as a %s: %s".formatted(
        kind, resource.type().version(), kind, why));
  }

  /**
   * A scale that a client sent as a whole.
   *
   * @throws StatusException 400 when it is none
   */
  static ObjectNode scale(byte[] body) {
    ObjectNode scale = Bodies.read("Scale", body);
    KindSchema.Read read = SCALE.read(scale.deepCopy());
    if (read.error() != null && scale.path("kind").asString("Scale").equals("Scale")) {
      throw Statuses.badRequest("Scale in version \"v1\" cannot be handled as a Scale: " + read.error());
    }
    return scale;
  }

  /**
   * An object that a patch has made.
   *
   * @throws StatusException 422 when it has what it may not
   */
  ObjectNode patched(Resource resource, @Nullable String subresource, ObjectNode current, ObjectNode object) {
    if ("scale".equals(subresource)) {
      ObjectNode sent = object.deepCopy();
      KindSchema.Read read = SCALE.read(object);
      if (read.error() != null) {
        throw Statuses.invalidPatch(PatchedText.of(sent), read.error());
      }
      return object;
    }
    WriteChecks.checkUid(resource.type(), current, object);
    if (subresource == null) {
      finalizers(resource, current, object);
    }
    if (resource.kind() != null) {
      ObjectNode patched = patched(resource.type(), resource.kind().schema(), current, object);
      warnings.addAll(Crds.warnings(resource, patched));
      return patched;
    }
    if (resource.schema() == null) {
      return object;
    }
    ObjectNode sent = mode == Mode.STRICT ? object.deepCopy() : object;
    List<String> errors = shape(resource.schema(), object);
    if (tell(errors)) {
      throw Statuses.invalidPatch(Problem.shown(sent), "strict decoding error: " + String.join(", ", errors));
    }
    return object;
  }

  private ObjectNode patched(ResourceType type, KindSchema schema, ObjectNode current, ObjectNode object) {
    ObjectNode sent = object.deepCopy();
    String mismatch = BuiltInTypes.mismatch(type, object);
    if (mismatch != null) {
      throw Statuses.invalidPatch(PatchedText.of(sent), mismatch);
    }
    KindSchema.Read read = schema.read(object);
    if (read.error() != null) {
      throw Statuses.invalidPatch(PatchedText.of(sent), read.error());
    }
    List<String> errors = read.unknown().stream().map(path -> "unknown field \"" + path + "\"").toList();
    if (tell(errors)) {
      throw Statuses.invalidPatch(PatchedText.of(sent), "strict decoding error: " + String.join(", ", errors));
    }
    schema.complete(object);
    return object;
  }

  /** Tells of finalizers that others might have, too. */
  void finalizers(Resource resource, @Nullable ObjectNode old, ObjectNode object) {
    if (!resource.isCustom()) {
      return;
    }
    List<String> known = old == null ? List.of() : finalizers(old);
    finalizers(object).stream().filter(finalizer -> !known.contains(finalizer) && !finalizer.contains("/"))
        .filter(finalizer -> !STANDARD_FINALIZERS.contains(finalizer) && Labels.key(finalizer).isEmpty()).sorted().distinct()
        .forEach(finalizer -> warnings.add("metadata.finalizers: \"%s\": prefer a domain-qualified finalizer name %sto "
            .formatted(finalizer, finalizer.contains(".") ? "including a path (/) " : "")
            + "avoid accidental conflicts with other finalizer writers"));
  }

  private static List<String> finalizers(ObjectNode object) {
    return object.path("metadata").path("finalizers").valueStream().map(name -> name.asString("")).toList();
  }

  private boolean tell(List<String> errors) {
    if (mode == Mode.WARN) {
      warnings.addAll(errors);
    }
    return mode == Mode.STRICT && !errors.isEmpty();
  }

  private static List<String> shape(CustomSchema schema, ObjectNode object) {
    return schema.shape(object).stream().map(path -> "unknown field \"" + path + "\"").toList();
  }
}
