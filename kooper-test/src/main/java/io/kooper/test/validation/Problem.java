package io.kooper.test.validation;

import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * One thing that is wrong with an object, as a cause of a {@code Status}.
 *
 * @param reason such as {@code FieldValueInvalid}
 * @param field the path, {@code <nil>} for the object itself
 * @param message the words of the API server, without the path
 */
public record Problem(String reason, String field, String message) {

  /** How a path that names nothing is shown. */
  static final String NO_FIELD = "<nil>";

  /** What has to be there and is not. */
  public static Problem required(String field, String detail) {
    return new Problem("FieldValueRequired", field, body("Required value", null, detail));
  }

  /**
   * What is there and is wrong.
   *
   * @param value what is wrong, null to leave it out
   */
  public static Problem invalid(String field, @Nullable String value, String detail) {
    return new Problem("FieldValueInvalid", field, body("Invalid value", value, detail));
  }

  /** What is there twice. */
  public static Problem duplicate(String field, JsonNode value) {
    return new Problem("FieldValueDuplicate", field, body("Duplicate value", Go.value(value), ""));
  }

  /** What may not be. */
  public static Problem forbidden(String field, String detail) {
    return new Problem("FieldValueForbidden", field, body("Forbidden", null, detail));
  }

  /** A value as a message shows it. */
  public static String shown(JsonNode value) {
    return Go.value(value);
  }

  /** A value as a message of a program in Go shows it that does not think of JSON, such as {@code map[a:b]}. */
  public static String plain(JsonNode value) {
    return Go.plain(value);
  }

  /** One that names a text. */
  public static Problem of(String reason, String field, String what, String text, String detail) {
    return new Problem(reason, field, body(what, Go.quote(text), detail));
  }

  static String body(String what, @Nullable String value, String detail) {
    return what + (value == null ? "" : ": " + value) + (detail.isEmpty() ? "" : ": " + detail);
  }

  /** Whether the API server skips the rules in CEL because of it. */
  boolean blocksRules() {
    return switch (reason) {
      case "FieldValueNotSupported", "FieldValueRequired", "FieldValueTooLong", "FieldValueTooMany",
          "FieldValueTypeInvalid" -> true;
      default -> false;
    };
  }

  /** All of them in one line; what is said twice is said once. */
  public static String join(List<Problem> problems) {
    List<String> lines = problems.stream().map(Problem::toString).distinct().toList();
    return lines.size() == 1 ? lines.get(0) : lines.stream().collect(Collectors.joining(", ", "[", "]"));
  }

  /** The path and what is wrong there. */
  @Override
  public String toString() {
    return field + ": " + message;
  }
}
