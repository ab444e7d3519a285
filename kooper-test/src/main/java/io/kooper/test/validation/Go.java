package io.kooper.test.validation;

import java.math.BigDecimal;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.StringNode;

/** Values as a program in Go prints them, since the API server's messages are read by people and by clients. */
public final class Go {

  private Go() {}

  /** A value in a message: text in quotes, numbers as they are, the rest as JSON. */
  static String value(JsonNode value) {
    return value.isString() ? quote(value.stringValue())
        : value.isNumber() && !isInteger(value) ? number(value.doubleValue()) : json(value);
  }

  /** A value without quotes, as {@code %v} prints it. */
  public static String plain(JsonNode value) {
    if (value.isObject()) {
      return sorted(value).entrySet().stream().map(member -> member.getKey() + ":" + plain(member.getValue()))
          .collect(Collectors.joining(" ", "map[", "]"));
    }
    if (value.isArray()) {
      return value.valueStream().map(Go::plain).collect(Collectors.joining(" ", "[", "]"));
    }
    return value.isNull() ? "<nil>" : value.isString() ? value.stringValue() : value(value);
  }

  /** A value as it is written in a program, as {@code %#v} prints it. */
  public static String syntax(JsonNode value) {
    if (value.isObject()) {
      return sorted(value).entrySet().stream().map(member -> quote(member.getKey()) + ":" + syntax(member.getValue()))
          .collect(Collectors.joining(", ", type(value) + "{", "}"));
    }
    if (value.isArray()) {
      return value.valueStream().map(Go::syntax).collect(Collectors.joining(", ", type(value) + "{", "}"));
    }
    return value.isNull() ? "interface {}(nil)" : value(value);
  }

  /** Compact JSON with sorted members. */
  static String json(JsonNode value) {
    if (value.isObject()) {
      return sorted(value).entrySet().stream()
          .map(member -> jsonText(member.getKey()) + ":" + json(member.getValue()))
          .collect(Collectors.joining(",", "{", "}"));
    }
    if (value.isArray()) {
      return value.valueStream().map(Go::json).collect(Collectors.joining(",", "[", "]"));
    }
    if (value.isString()) {
      return jsonText(value.stringValue());
    }
    return value.isNumber() && !isInteger(value) ? number(value.doubleValue(), 21) : value.toString();
  }

  /** Whether a number is a 64-bit integer for the API server: by how it is written, not by its value. */
  static boolean isInteger(JsonNode value) {
    return value.isIntegralNumber() && value.canConvertToLong();
  }

  /** A floating-point number: the shortest text that reads the same, with an exponent if it is very large or small. */
  static String number(double value) {
    return number(value, 6);
  }

  /** @param large the exponent from which on it is shown; JSON has another than messages */
  private static String number(double value, int large) {
    if (value == 0 || Double.isNaN(value) || Double.isInfinite(value)) {
      return value == 0 ? "0" : Double.toString(value);
    }
    BigDecimal shortest = new BigDecimal(Double.toString(value)).stripTrailingZeros();
    int exponent = shortest.precision() - shortest.scale() - 1;
    if (exponent >= -4 && exponent < large) {
      return shortest.toPlainString();
    }
    String digits = shortest.unscaledValue().abs().toString();
    return (value < 0 ? "-" : "") + digits.charAt(0) + (digits.length() > 1 ? "." + digits.substring(1) : "")
        + "e%s%02d".formatted(exponent < 0 ? "-" : "+", Math.abs(exponent));
  }

  /** Text in double quotes, with escapes. */
  static String quote(String text) {
    StringBuilder quoted = new StringBuilder("\"");
    text.codePoints().forEach(c -> {
      switch (c) {
        case '"' -> quoted.append("\\\"");
        case '\\' -> quoted.append("\\\\");
        case '\n' -> quoted.append("\\n");
        case '\r' -> quoted.append("\\r");
        case '\t' -> quoted.append("\\t");
        default -> {
          if (Character.isISOControl(c)) {
            quoted.append(c < 0x80 ? "\\x%02x".formatted(c) : "\\u%04x".formatted(c));
          } else {
            quoted.appendCodePoint(c);
          }
        }
      }
    });
    return quoted.append('"').toString();
  }

  /** The type of a value, as {@code %T} prints it. */
  public static String type(JsonNode value) {
    if (value.isNumber()) {
      return isInteger(value) ? "int64" : "float64";
    }
    return value.isString() ? "string" : value.isBoolean() ? "bool" : value.isObject() ? "map[string]interface {}"
        : value.isArray() ? "[]interface {}" : "<nil>";
  }

  private static Map<String, JsonNode> sorted(JsonNode object) {
    Map<String, JsonNode> members = new TreeMap<>();
    object.properties().forEach(member -> members.put(member.getKey(), member.getValue()));
    return members;
  }

  private static String jsonText(String text) {
    return StringNode.valueOf(text).toString().replace("<", "\\u003c").replace(">", "\\u003e")
        .replace("&", "\\u0026");
  }
}
