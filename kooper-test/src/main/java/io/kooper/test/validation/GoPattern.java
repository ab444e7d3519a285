package io.kooper.test.validation;

import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/** Regular expressions as Go reads them, where Java reads them otherwise. */
final class GoPattern {

  private GoPattern() {}

  /** @throws PatternSyntaxException for one that Java cannot understand */
  static Pattern compile(String pattern) {
    StringBuilder java = new StringBuilder();
    boolean inClass = false;
    for (int i = 0; i < pattern.length(); i++) {
      char c = pattern.charAt(i);
      String rest = pattern.substring(i);
      if (c == '\\' && i + 1 < pattern.length()) {
        java.append(c).append(pattern.charAt(++i));
      } else if (inClass) {
        int name = rest.startsWith("[:") ? rest.indexOf(":]") : -1;
        if (name > 0) {
          java.append(named(rest.substring(2, name)));
          i += name + 1;
        } else if (c == '[' || rest.startsWith("&&")) {
          java.append('\\').append(c); // no classes within classes
        } else {
          inClass = c != ']';
          java.append(c);
        }
      } else if (c == '[') {
        inClass = true;
        java.append(c);
        if (rest.startsWith("[^")) {
          java.append(pattern.charAt(++i));
        }
        if (i + 1 < pattern.length() && pattern.charAt(i + 1) == ']') {
          java.append("\\]"); // the first one is a member
          i++;
        }
      } else if (rest.startsWith("(?P<")) {
        java.append("(?<");
        i += 3;
      } else if (c == '$' && !pattern.contains("(?m") && !pattern.contains("(?sm")) {
        java.append("\\z"); // the end, not before a line break
      } else {
        java.append(c);
      }
    }
    return Pattern.compile(java.toString());
  }

  private static String named(String name) {
    boolean not = name.startsWith("^");
    String members = switch (not ? name.substring(1) : name) {
      case "alnum" -> "Alnum";
      case "alpha" -> "Alpha";
      case "ascii" -> "ASCII";
      case "blank" -> "Blank";
      case "cntrl" -> "Cntrl";
      case "digit" -> "Digit";
      case "graph" -> "Graph";
      case "lower" -> "Lower";
      case "print" -> "Print";
      case "punct" -> "Punct";
      case "space" -> "Space";
      case "upper" -> "Upper";
      case "xdigit" -> "XDigit";
      case "word" -> "";
      default -> throw new PatternSyntaxException("unknown class", name, -1);
    };
    return members.isEmpty() ? not ? "\\W" : "\\w" : (not ? "\\P{" : "\\p{") + members + "}";
  }
}
