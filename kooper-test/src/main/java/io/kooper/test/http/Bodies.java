package io.kooper.test.http;

import io.kooper.test.json.GoSyntax;
import io.kooper.test.json.Json;
import io.kooper.test.json.StatusException;
import io.kooper.test.json.Statuses;
import io.kooper.test.patch.Patches;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;
import tools.jackson.dataformat.yaml.YAMLMapper;
import tools.jackson.dataformat.yaml.YAMLWriteFeature;

/** What clients send as an object: JSON, or YAML if they say so. */
final class Bodies {

  private static final YAMLMapper YAML = YAMLMapper.builder()
      .disable(YAMLWriteFeature.WRITE_DOC_START_MARKER)
      .enable(YAMLWriteFeature.MINIMIZE_QUOTES, YAMLWriteFeature.ALWAYS_QUOTE_NUMBERS_AS_STRINGS).build();
  private static final int SHOWN = 30; // the bytes of a body that a message shows

  private Bodies() {}

  /**
   * The bytes of an object as JSON.
   *
   * @throws StatusException 400 when it is no YAML, 415 when it is neither
   */
  static byte[] json(@Nullable String contentType, byte[] body) {
    String type = Patches.mediaType(contentType);
    return switch (type) {
      case "", "application/json" -> body;
      case "application/yaml" -> {
        try {
          yield Json.bytes(YAML.readTree(new String(body, StandardCharsets.UTF_8)));
        } catch (JacksonException e) {
          throw Statuses.badRequest("error decoding YAML: " + e.getOriginalMessage());
        }
      }
      case "application/vnd.kubernetes.protobuf" -> {
        byte[] json = Protobuf.json(body);
        if (json == null) {
          throw new StatusException(Statuses.failure(415,
              "this server reads no protobuf: send JSON, or make YAML first, as with kubectl create --dry-run=client -o yaml;"
                  + " accepted media types include: application/json, application/yaml"));
        }
        yield json;
      }
      default -> throw new StatusException(Statuses.failure(415, "the body of the request was in an unknown format - accepted"
          + " media types include: application/json, application/yaml, application/vnd.kubernetes.protobuf"));
    };
  }

  /** An object as YAML. */
  static byte[] yaml(byte[] json) {
    return YAML.writeValueAsBytes(Json.tree(json));
  }

  /**
   * The object in a body; null stands for one that says nothing.
   *
   * @throws StatusException 400 when it is none
   */
  static ObjectNode read(String kind, byte[] body) {
    String shown = shown(body);
    if (body.length == 0) {
      throw unrecognized(kind, "unexpected end of JSON input", "<empty>");
    }
    JsonNode node;
    try {
      node = Json.tree(body);
    } catch (JacksonException e) {
      String wrong = GoSyntax.problem(body);
      throw unrecognized(kind, wrong == null ? e.getOriginalMessage() : wrong, shown);
    }
    if (node.isNull() || node.isMissingNode()) {
      return Json.object();
    }
    if (node instanceof ObjectNode object) {
      for (String name : new String[] {"apiVersion", "kind"}) {
        JsonNode value = object.get(name);
        if (value != null && !value.isString() && !value.isNull()) {
          throw unrecognized(kind, "json: cannot unmarshal %s into Go struct field .%s of type string".formatted(
              value.isNumber() ? "number" : value.isBoolean() ? "bool" : value.isArray() ? "array" : "object", name), shown);
        }
      }
      return object;
    }
    throw unrecognized(kind, "json: cannot unmarshal %s into Go value of type struct { APIVersion string \"json:\\\"apiVersion,"
        .formatted(node.isArray() ? "array" : node.isString() ? "string" : node.isNumber() ? "number" : "bool")
        + "omitempty\\\"\"; Kind string \"json:\\\"kind,omitempty\\\"\" }", shown);
  }

  private static StatusException unrecognized(String kind, String why, String shown) {
    return Statuses.badRequest("the object provided is unrecognized (must be of type %s): couldn't get version/kind; json parse "
        .formatted(kind) + "error: %s (%s)".formatted(why, shown));
  }

  private static String shown(byte[] body) {
    if (body.length == 0 || body[0] != '{') {
      return body.length > SHOWN ? HexFormat.of().formatHex(body, 0, SHOWN) + " ..." : HexFormat.of().formatHex(body);
    }
    return body.length > SHOWN ? new String(body, 0, SHOWN, StandardCharsets.UTF_8) + " ..."
        : new String(body, StandardCharsets.UTF_8);
  }
}
