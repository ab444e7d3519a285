package io.kooper.test.kinds;

import io.kooper.test.validation.Go;
import tools.jackson.databind.JsonNode;

/** What the values at one place may be where server-side apply merges them, which looks no further than that. */
public enum ValueType {

  MAP("map"), LIST("list"), STRING("string"), NUMERIC("numeric (int or float)"), BOOLEAN("boolean"), SCALAR("any scalar"),
  ANY("anything");

  private final String shown;

  ValueType(String shown) {
    this.shown = shown;
  }

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
    return "expected " + shown + ", got " + switch (this) {
      case STRING -> "&value.valueUnstructured{Value:" + Go.syntax(value) + "}";
      case NUMERIC -> Go.type(value);
      default -> "&{" + Go.plain(value) + "}";
    };
  }
}
