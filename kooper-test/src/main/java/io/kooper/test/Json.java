package io.kooper.test;

import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** JSON trees and their bytes. */
final class Json {

  private static final JsonMapper MAPPER = JsonMapper.builder().build();

  private Json() {}

  static ObjectNode object() {
    return MAPPER.createObjectNode();
  }

  static ArrayNode array() {
    return MAPPER.createArrayNode();
  }

  static byte[] bytes(JsonNode node) {
    return MAPPER.writeValueAsBytes(node);
  }

  /** The object in these bytes, which this server wrote itself. */
  static ObjectNode parse(byte[] json) {
    return (ObjectNode) MAPPER.readTree(json);
  }

  /**
   * What a client sent.
   *
   * @throws StatusException 400 when it is not JSON
   */
  static JsonNode read(byte[] body) {
    try {
      JsonNode node = MAPPER.readTree(body);
      if (node.isMissingNode()) {
        throw Statuses.badRequest("the body of the request is empty");
      }
      return node;
    } catch (JacksonException e) {
      throw Statuses.badRequest("the body of the request is not JSON: " + e.getOriginalMessage());
    }
  }

  /** As {@link #read}, refusing anything but an object. */
  static ObjectNode readObject(byte[] body) {
    if (read(body) instanceof ObjectNode object) {
      return object;
    }
    throw Statuses.badRequest("the body of the request is not a JSON object");
  }

  /** The metadata of an object, made if it has none. */
  static ObjectNode metadata(ObjectNode object) {
    if (object.get("metadata") instanceof ObjectNode metadata) {
      return metadata;
    }
    return object.putObject("metadata");
  }

  /** The text at a pointer, or null if there is none. */
  static @Nullable String text(JsonNode node, String pointer) {
    JsonNode value = node.at(pointer);
    return value.isString() ? value.stringValue() : null;
  }

  /** The scalar at a pointer as a field selector sees it: empty if absent. */
  static String field(JsonNode node, String pointer) {
    JsonNode value = node.at(pointer);
    return value.isValueNode() && !value.isNull() ? value.asString() : "";
  }

  /** The members of an object that are strings. */
  static Map<String, String> strings(JsonNode node) {
    Map<String, String> strings = new LinkedHashMap<>();
    node.properties().forEach(member -> {
      if (member.getValue().isString()) {
        strings.put(member.getKey(), member.getValue().stringValue());
      }
    });
    return strings;
  }
}
