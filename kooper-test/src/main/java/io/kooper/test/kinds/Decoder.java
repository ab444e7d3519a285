package io.kooper.test.kinds;

import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;
import tools.jackson.databind.node.StringNode;

/**
 * Reads a body as the API server's Go types do: what they do not know is dropped, a null is as good as nothing, and the
 * first value of a wrong type is what the body is refused for.
 */
final class Decoder {

  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;
  private static final DateTimeFormatter MICROS = DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH:mm:ss.SSSSSS'Z'")
      .withZone(java.time.ZoneOffset.UTC);

  private static final int SECONDS = "2006-01-02T15:04:05".length();
  private static final Pattern MICRO_END = Pattern.compile("\\.\\d{6}(Z|[-+]\\d\\d:\\d\\d)");

  private final List<String> unknown = new ArrayList<>();
  private @Nullable String error;

  /** In the order of the body. */
  List<String> unknown() {
    return unknown;
  }

  /** Why it cannot be read, null if it can. */
  @Nullable String error() {
    return error;
  }

  /** @param where the path without what is in lists and maps, as errors name it */
  void struct(Struct struct, ObjectNode object, String path, String where) {
    for (String name : List.copyOf(object.propertyNames())) {
      Field field = struct.fields().get(name);
      String at = path.isEmpty() ? name : path + "." + name;
      if (field == null) {
        object.remove(name);
        unknown.add(at);
        continue;
      }
      JsonNode value = object.get(name);
      if (value.isNull() && field.form() != Field.Form.ANY) {
        object.remove(name);
      } else {
        JsonNode read = value(field, value, at, new Place(struct, where.isEmpty() ? name : where + "." + name));
        boolean collection = field.form() == Field.Form.LIST || field.form() == Field.Form.MAP;
        if (collection && read.isContainer() && read.isEmpty() && !Defaults.isShown(struct, name)
            && !name.equals("managedFields")) { // of which an empty list says that nobody owns anything
          object.remove(name); // as good as none, and not there any more when the object is read again
        } else {
          object.set(name, read);
        }
      }
    }
  }

  /** Where an error is: in a struct, at a path. */
  private record Place(Struct struct, String path) {}

  private JsonNode value(Field field, JsonNode value, String path, Place place) {
    return switch (field.form()) {
      case STRUCT -> {
        if (value instanceof ObjectNode object) {
          struct(field.struct(), object, path, place.path());
        } else {
          wrong(field, value, place);
        }
        yield value;
      }
      case LIST -> list(field, value, path, place);
      case MAP -> map(field, value, path, place);
      case QUANTITY -> quantity(value);
      case TIME, MICRO_TIME -> time(field, value, place);
      case BYTES -> bytes(field, value, place);
      case INT_OR_STRING -> value.isString() || isInteger(value, "int32") ? value : wrong(field, value, place);
      case STRING -> value.isString() ? value : wrong(field, value, place);
      case BOOLEAN -> value.isBoolean() ? value : wrong(field, value, place);
      case NUMBER -> value.isNumber() ? value : wrong(field, value, place);
      case INTEGER -> isInteger(value, field.scalar()) ? value : wrong(field, value, place);
      case ANY -> value;
    };
  }

  private JsonNode list(Field field, JsonNode value, String path, Place place) {
    if (!(value instanceof ArrayNode array) || field.of() == null) {
      return wrong(field, value, place);
    }
    for (int i = 0; i < array.size(); i++) {
      JsonNode item = array.get(i);
      array.set(i, item.isNull() ? zero(field.of()) : value(field.of(), item, path + "[" + i + "]", place));
    }
    return array;
  }

  private JsonNode map(Field field, JsonNode value, String path, Place place) {
    if (!(value instanceof ObjectNode object) || field.of() == null) {
      return wrong(field, value, place);
    }
    for (String key : List.copyOf(object.propertyNames())) {
      JsonNode item = object.get(key);
      object.set(key, item.isNull() ? zero(field.of()) : value(field.of(), item, path + "." + key, place));
    }
    return object;
  }

  /** What a Go type is when nothing is said. */
  static JsonNode zero(Field field) {
    return switch (field.form()) {
      case STRING -> NODES.stringNode("");
      case QUANTITY -> NODES.stringNode("0");
      case INTEGER, NUMBER, INT_OR_STRING -> NODES.numberNode(0);
      case BOOLEAN -> NODES.booleanNode(false);
      case STRUCT -> NODES.objectNode();
      default -> NODES.nullNode();
    };
  }

  private JsonNode quantity(JsonNode value) {
    Quantity quantity = value.isString() || value.isNumber() ? Quantity.parse(value.asString()) : null;
    if (quantity == null) {
      fail("quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'");
      return value;
    }
    return StringNode.valueOf(quantity.canonical());
  }

  private JsonNode time(Field field, JsonNode value, Place place) {
    if (!value.isString()) {
      return wrong(field, value, place);
    }
    String text = value.stringValue();
    boolean micro = field.form() == Field.Form.MICRO_TIME;
    if (micro && text.length() > SECONDS && !MICRO_END.matcher(text.substring(SECONDS)).matches()) {
      fail("parsing time \"%s\" as \"2006-01-02T15:04:05.000000Z07:00\": cannot parse \"%s\" as \".000000\"".formatted(text,
          text.substring(SECONDS)));
      return value;
    }
    try {
      Instant instant = OffsetDateTime.parse(text).toInstant();
      return StringNode.valueOf(micro ? MICROS.format(instant) : instant.truncatedTo(ChronoUnit.SECONDS).toString());
    } catch (DateTimeParseException e) {
      String quoted = StringNode.valueOf(text).toString();
      fail("parsing time %s as \"2006-01-02T15:04:05%sZ07:00\": cannot parse %s as \"2006\"".formatted(
          quoted, micro ? ".000000" : "", quoted));
      return value;
    }
  }

  private JsonNode bytes(Field field, JsonNode value, Place place) {
    if (!value.isString()) {
      return wrong(field, value, place);
    }
    String text = value.stringValue().replace("\r", "").replace("\n", "");
    try {
      Base64.getDecoder().decode(text);
      if (text.length() % 4 != 0) {
        fail("illegal base64 data at input byte " + text.length());
      }
    } catch (IllegalArgumentException e) {
      int bad = 0;
      while (bad < text.length() && (Character.isLetterOrDigit(text.charAt(bad)) || "+/".indexOf(text.charAt(bad)) >= 0)) {
        bad++;
      }
      fail("illegal base64 data at input byte " + bad);
    }
    return StringNode.valueOf(text);
  }

  private static boolean isInteger(JsonNode value, String type) {
    return value.isIntegralNumber() && (type.equals("int32") || type.isEmpty() ? value.canConvertToInt()
        : value.canConvertToLong());
  }

  private JsonNode wrong(Field field, JsonNode value, Place place) {
    boolean integer = field.form() == Field.Form.INTEGER || field.form() == Field.Form.INT_OR_STRING;
    String found = value.isString() ? "string" : value.isNumber() ? "number" + (integer ? " " + value : "")
        : value.isBoolean() ? "bool" : value.isArray() ? "array" : "object";
    fail("json: cannot unmarshal %s into Go struct field %s.%s of type %s".formatted(
        found, place.struct().simpleName(), place.path(), field.goType()));
    return value;
  }

  private void fail(String why) {
    if (error == null) {
      error = why;
    }
  }
}
