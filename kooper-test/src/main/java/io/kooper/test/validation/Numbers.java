package io.kooper.test.validation;

import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.LongNode;
import tools.jackson.databind.node.ObjectNode;

/** The bounds of numbers, which the API server compares as integers if the number is written as one. */
final class Numbers {

  private static final double MAX_EXACT = 9_007_199_254_740_991.0;

  private Numbers() {}

  static boolean isWhole(double value) {
    return value == Math.rint(value) && Math.abs(value) <= MAX_EXACT;
  }

  /** Writes whole numbers as integers, as the API server keeps them. */
  static void shorten(JsonNode value) {
    if (value instanceof ObjectNode object) {
      for (Map.Entry<String, JsonNode> member : object.properties()) {
        if (isLong(member.getValue())) {
          member.setValue(LongNode.valueOf(member.getValue().longValue()));
        } else {
          shorten(member.getValue());
        }
      }
    } else if (value instanceof ArrayNode array) {
      for (int i = 0; i < array.size(); i++) {
        if (isLong(array.get(i))) {
          array.set(i, LongNode.valueOf(array.get(i).longValue()));
        } else {
          shorten(array.get(i));
        }
      }
    }
  }

  private static boolean isLong(JsonNode value) {
    return value.isFloatingPointNumber() && isWhole(value.doubleValue());
  }

  static void check(SchemaNode schema, String path, JsonNode value, Findings findings) {
    boolean integer = Go.isInteger(value);
    double number = value.doubleValue();
    String shown = integer ? Long.toString(value.longValue()) : Go.number(number);
    range(schema, path, "Checked", integer ? (Number) value.longValue() : (Number) number, findings);
    if (schema.multipleOf != null) {
      boolean inRange = range(schema, path, "MultipleOf", schema.multipleOf, findings);
      double factor = schema.multipleOf;
      if (inRange && integer && (long) factor == 0) { // as it is cut to an integer there
        SchemaWalk.invalid(path, "0", "factor MultipleOf declared for %s must be positive: 0".formatted(path), findings);
        return;
      }
      boolean multiple = inRange && integer && (long) factor > 0 ? value.longValue() % (long) factor == 0
          : isWhole(factor < 1 ? 1 / factor * number : number / factor);
      if (!multiple) {
        SchemaWalk.invalid(path, shown, "%s in body should be a multiple of %s".formatted(path,
            inRange && integer ? Long.toString((long) factor) : Go.number(factor)), findings);
      }
    }
    minimum(schema, path, integer, number, shown, findings);
    maximum(schema, path, integer, number, shown, findings);
    findings.match();
  }

  private static void minimum(
      SchemaNode schema, String path, boolean integer, double number, String shown, Findings findings) {
    Double bound = schema.minimum;
    if (bound == null) {
      return;
    }
    boolean inRange = range(schema, path, "Minimum boundary", bound, findings);
    double limit = inRange && integer ? Math.floor(Math.abs(bound)) * Math.signum(bound) : bound;
    if (schema.exclusiveMinimum ? number <= limit : number < limit) {
      SchemaWalk.invalid(path, shown, "%s in body should be greater than %s%s".formatted(path,
          schema.exclusiveMinimum ? "" : "or equal to ", bound(limit, inRange && integer)), findings);
    }
  }

  private static void maximum(
      SchemaNode schema, String path, boolean integer, double number, String shown, Findings findings) {
    Double bound = schema.maximum;
    if (bound == null) {
      return;
    }
    boolean inRange = range(schema, path, "Maximum boundary", bound, findings);
    double limit = inRange && integer ? Math.floor(Math.abs(bound)) * Math.signum(bound) : bound;
    if (schema.exclusiveMaximum ? number >= limit : number > limit) {
      SchemaWalk.invalid(path, shown, "%s in body should be less than %s%s".formatted(path,
          schema.exclusiveMaximum ? "" : "or equal to ", bound(limit, inRange && integer)), findings);
    }
  }

  private static String bound(double limit, boolean integer) {
    return integer ? Long.toString((long) limit) : Go.number(limit);
  }

  /** Whether a number is one of its type and format. */
  private static boolean range(
      SchemaNode schema, String path, String what, @Nullable Number value, Findings findings) {
    if (schema.types.size() != 1 || value == null) {
      return true;
    }
    boolean integer = schema.type.equals("integer");
    double number = value.doubleValue();
    boolean fits = !integer ? !schema.format.equals("float") || Math.abs(number) <= Float.MAX_VALUE
        : (value instanceof Long || isWhole(number) || Math.abs(number) > MAX_EXACT && Math.abs(number) < 1e18)
            && (!schema.format.equals("int32") || number >= Integer.MIN_VALUE && number <= Integer.MAX_VALUE);
    if (!fits) {
      findings.addWithoutPath("%s value must be of type %s %s in %s".formatted(what, schema.type,
          schema.format.isEmpty() ? "(default format)" : "with format " + schema.format, path));
    }
    return fits;
  }
}
