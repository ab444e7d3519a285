package io.kooper.test.validation;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** Resources within an object: they say what they are. */
final class Embedded {

  private static final String LABEL = "[a-z]([-a-z0-9]*[a-z0-9])?";

  private Embedded() {}

  static List<Problem> problems(SchemaNode schema, JsonNode object) {
    List<Problem> problems = new ArrayList<>();
    collect(schema, "", object, problems);
    return problems;
  }

  /** The first one that says with something else than text what it is; the API server does not read further. */
  static @Nullable Problem mistyped(SchemaNode schema, JsonNode object) {
    return problems(schema, object).stream().filter(problem -> problem.message().endsWith(": must be a string"))
        .findFirst().orElse(null);
  }

  private static void collect(@Nullable SchemaNode schema, String path, JsonNode value, List<Problem> problems) {
    if (schema == null) {
      return;
    }
    if (value.isObject()) {
      if (schema.embedded) {
        checkText(path + ".apiVersion", value.get("apiVersion"), problems);
        checkText(path + ".kind", value.get("kind"), problems);
      }
      value.properties().forEach(member -> {
        String name = member.getKey();
        String child = !schema.properties.containsKey(name) ? path + "[" + name + "]"
            : path.isEmpty() ? name : path + "." + name;
        collect(schema.member(name), child, member.getValue(), problems);
      });
    } else if (value.isArray()) {
      for (int i = 0; i < value.size(); i++) {
        collect(schema.items, path + "[" + i + "]", value.get(i), problems);
      }
    }
  }

  private static void checkText(String path, @Nullable JsonNode value, List<Problem> problems) {
    if (value == null) {
      problems.add(Problem.required(path, ""));
    } else if (!value.isString()) {
      problems.add(Problem.invalid(path, Go.value(value), "must be a string"));
    } else if (value.stringValue().isEmpty()) {
      problems.add(Problem.invalid(path, "\"\"", "must not be empty"));
    } else if (path.endsWith(".apiVersion") && value.stringValue().chars().filter(c -> c == '/').count() > 1) {
      problems.add(Problem.invalid(path, Go.value(value), "unexpected GroupVersion string: " + value.stringValue()));
    } else if (path.endsWith(".kind") && !value.stringValue().toLowerCase(Locale.ROOT).matches(LABEL)) {
      problems.add(Problem.invalid(path, Go.value(value), "may have mixed case, but should otherwise match: a DNS-1035 "
          + "label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and "
          + "end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '" + LABEL
          + "')"));
    }
  }
}
