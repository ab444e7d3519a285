package io.kooper.test.validation;

import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The {@code fieldPath} of a rule, such as {@code .spec['a.b'].c}, as messages show it. */
final class FieldPaths {

  private static final Pattern STEP = Pattern.compile("\\.([^.\\[]+)|\\['((?:[^'\\\\]|\\\\.)*)']");

  private FieldPaths() {}

  static String normal(String path, SchemaNode schema) {
    StringBuilder normal = new StringBuilder();
    Matcher steps = STEP.matcher(path);
    SchemaNode at = schema;
    while (steps.find()) {
      String name = steps.group(1) != null ? steps.group(1) : steps.group(2).replaceAll("\\\\(.)", "$1");
      boolean key = at != null && at.additional != null;
      normal.append(key ? "[" : normal.length() == 0 ? "" : ".").append(name).append(key ? "]" : "");
      at = next(at, name);
    }
    return normal.toString();
  }

  private static @Nullable SchemaNode next(@Nullable SchemaNode schema, String name) {
    return schema == null ? null : schema.member(name);
  }
}
