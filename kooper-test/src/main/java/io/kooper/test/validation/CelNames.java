package io.kooper.test.validation;

import java.util.Set;
import org.jspecify.annotations.Nullable;

/** How members of objects are named in rules, where a name must be an identifier. */
final class CelNames {

  private static final Set<String> RESERVED = Set.of("true", "false", "null", "in", "as", "break", "const", "continue",
      "else", "for", "function", "if", "import", "let", "loop", "package", "namespace", "return", "var", "void",
      "while");

  private CelNames() {}

  /** Null for a name that no rule can say. */
  static @Nullable String escape(String name) {
    if (!name.matches("[a-zA-Z_./-][a-zA-Z0-9_./-]*")) {
      return null;
    }
    if (RESERVED.contains(name)) {
      return "__" + name + "__";
    }
    return name.replace("__", "__underscores__").replace(".", "__dot__").replace("-", "__dash__")
        .replace("/", "__slash__");
  }
}
