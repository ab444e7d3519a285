package io.kooper.test.json;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** JSON trees and their bytes. */
public final class Json {

  private static final JsonMapper MAPPER = JsonMapper.builder().build();

  private Json() {}

  public static ObjectNode object() {
    return MAPPER.createObjectNode();
  }

  public static ArrayNode array() {
    return MAPPER.createArrayNode();
  }

  public static byte[] bytes(JsonNode node) {
    return MAPPER.writeValueAsBytes(node);
  }

  /** The object in these bytes, which this server wrote itself. */
  public static ObjectNode parse(byte[] json) {
    return (ObjectNode) MAPPER.readTree(json);
  }

  /**
   * What a client sent.
   *
   * @throws StatusException 400 when it is not JSON
   */
  public static JsonNode read(byte[] body) {
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

  /** What a client sent, whatever it is. */
  public static JsonNode tree(byte[] body) {
    return MAPPER.readTree(body);
  }

  /** Where a member is named more than once in what a client sent, which is JSON. */
  public static List<String> duplicates(byte[] body) {
    List<String> twice = new ArrayList<>();
    try (JsonParser parser = MAPPER.createParser(body)) {
      parser.nextToken();
      duplicates(parser, "", twice);
    }
    return twice;
  }

  private static void duplicates(JsonParser parser, String path, List<String> twice) {
    if (parser.currentToken() == JsonToken.START_OBJECT) {
      Set<String> names = new HashSet<>();
      while (parser.nextToken() == JsonToken.PROPERTY_NAME) {
        String name = parser.currentName();
        boolean again = !names.add(name);
        if (parser.nextToken().isStructStart() || again) {
          String at = path.isEmpty() ? name : path + "." + name;
          if (again && !twice.contains(at)) {
            twice.add(at);
          }
          duplicates(parser, at, twice);
        }
      }
    } else if (parser.currentToken() == JsonToken.START_ARRAY) {
      for (int i = 0; parser.nextToken() != JsonToken.END_ARRAY; i++) {
        duplicates(parser, path + "[" + i + "]", twice);
      }
    }
  }

  /** As {@link #read}, refusing anything but an object. */
  public static ObjectNode readObject(byte[] body) {
    if (read(body) instanceof ObjectNode object) {
      return object;
    }
    throw Statuses.badRequest("the body of the request is not a JSON object");
  }

  /** The metadata of an object, made if it has none. */
  public static ObjectNode metadata(ObjectNode object) {
    if (object.get("metadata") instanceof ObjectNode metadata) {
      return metadata;
    }
    return object.putObject("metadata");
  }

  /** The text at a pointer, or null if there is none. */
  public static @Nullable String text(JsonNode node, String pointer) {
    JsonNode value = node.at(pointer);
    return value.isString() ? value.stringValue() : null;
  }

  /** The scalar at a pointer as a field selector sees it: empty if absent. */
  public static String field(JsonNode node, String pointer) {
    JsonNode value = node.at(pointer);
    return value.isValueNode() && !value.isNull() ? value.asString() : "";
  }

  /** The members of an object that are strings. */
  public static Map<String, String> strings(JsonNode node) {
    Map<String, String> strings = new LinkedHashMap<>();
    node.properties().forEach(member -> {
      if (member.getValue().isString()) {
        strings.put(member.getKey(), member.getValue().stringValue());
      }
    });
    return strings;
  }
}
