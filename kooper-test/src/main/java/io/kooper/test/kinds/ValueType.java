package io.kooper.test.kinds;

import io.kooper.test.validation.Go;
import tools.jackson.databind.JsonNode;

/** What the values at one place may be where server-side apply merges them, which looks no further than that. */
public enum ValueType {

  MAP, LIST, STRING, NUMERIC, BOOLEAN, SCALAR, ANY;

  /** Whether a value is of this type, as a null always is. */
  public boolean fits(JsonNode value) {
    return value.isNull() || switch (this) {
      case MAP -> value.isObject();
      case LIST -> value.isArray();
      case STRING -> value.isString();
      case NUMERIC -> value.isNumber();
      case BOOLEAN -> value.isBoolean();
      case SCALAR -> value.isValueNode();
      case ANY -> true;
    };
  }

  /** What is wrong with a value that does not fit, in the words of the API server. */
  public String mismatch(JsonNode value) {
    return switch (this) {
      case MAP -> "expected map, got &{" + Go.plain(value) + "}";
      case LIST -> "expected list, got &{" + Go.plain(value) + "}";
      case STRING -> "expected string, got &value.valueUnstructured{Value:" + Go.syntax(value) + "}";
      case BOOLEAN -> "expected boolean, got &value.valueUnstructured{Value:" + Go.syntax(value) + "}";
      case NUMERIC -> "expected numeric (int or float), got " + Go.type(value);
      case SCALAR, ANY -> "expected any scalar, got &{" + Go.plain(value) + "}";
    };
  }
}
