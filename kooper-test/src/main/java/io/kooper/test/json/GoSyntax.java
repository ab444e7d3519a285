package io.kooper.test.json;

import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * Finds where a text ceases to be JSON, and says so as a program in Go does: the API server repeats these words to clients.
 * One pass, a byte after another.
 */
public final class GoSyntax {

  private static final String END = "unexpected end of JSON input";

  private final byte[] text;
  private int next;

  private GoSyntax(byte[] text) {
    this.text = text;
  }

  /** What is wrong with a text, null if it is JSON. */
  public static @Nullable String problem(byte[] text) {
    GoSyntax syntax = new GoSyntax(text);
    try {
      syntax.value();
      syntax.skipSpace();
      if (syntax.next < text.length) {
        throw syntax.wrong("after top-level value");
      }
      return null;
    } catch (Problem e) {
      return e.getMessage();
    }
  }

  private static final class Problem extends Exception {

    private static final long serialVersionUID = 1L;

    Problem(String message) {
      super(message, null, false, false);
    }
  }

  private void value() throws Problem {
    skipSpace();
    switch (peek()) {
      case '{' -> object();
      case '[' -> array();
      case '"' -> string();
      case 't' -> literal("true");
      case 'f' -> literal("false");
      case 'n' -> literal("null");
      case '-', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9' -> number();
      default -> throw wrong("looking for beginning of value");
    }
  }

  private void object() throws Problem {
    next++;
    skipSpace();
    if (peek() == '}') {
      next++;
      return;
    }
    while (true) {
      skipSpace();
      if (peek() != '"') {
        throw wrong("looking for beginning of object key string");
      }
      string();
      skipSpace();
      if (peek() != ':') {
        throw wrong("after object key");
      }
      next++;
      value();
      skipSpace();
      if (peek() == '}') {
        next++;
        return;
      }
      if (peek() != ',') {
        throw wrong("after object key:value pair");
      }
      next++;
    }
  }

  private void array() throws Problem {
    next++;
    skipSpace();
    if (peek() == ']') {
      next++;
      return;
    }
    while (true) {
      value();
      skipSpace();
      if (peek() == ']') {
        next++;
        return;
      }
      if (peek() != ',') {
        throw wrong("after array element");
      }
      next++;
    }
  }

  private void string() throws Problem {
    next++;
    while (peek() != '"') {
      if (peek() < ' ') {
        throw wrong("in string literal");
      }
      if (peek() == '\\') {
        next++;
        if ("bfnrt\\/\"u".indexOf(peek()) < 0) {
          throw wrong("in string escape code");
        }
        if (peek() == 'u') {
          for (int i = 0; i < 4; i++) {
            next++;
            if (Character.digit(peek(), 16) < 0) {
              throw wrong("in \\u hexadecimal character escape");
            }
          }
        }
      }
      next++;
    }
    next++;
  }

  private void literal(String literal) throws Problem {
    for (int i = 0; i < literal.length(); i++) {
      if (peek() != literal.charAt(i)) {
        throw wrong("in literal %s (expecting %s)".formatted(literal, quoted(literal.charAt(i))));
      }
      next++;
    }
  }

  private void number() throws Problem {
    if (peek() == '-') {
      next++;
      digit("in numeric literal");
    } else {
      next++;
    }
    if (text[next - 1] != '0') {
      digits();
    }
    if (next < text.length && text[next] == '.') {
      next++;
      digit("after decimal point in numeric literal");
      digits();
    }
    if (next < text.length && (text[next] == 'e' || text[next] == 'E')) {
      next++;
      if (peek() == '+' || peek() == '-') {
        next++;
      }
      digit("in exponent of numeric literal");
      digits();
    }
  }

  private void digit(String where) throws Problem {
    if (peek() < '0' || peek() > '9') {
      throw wrong(where);
    }
    next++;
  }

  private void digits() {
    while (next < text.length && text[next] >= '0' && text[next] <= '9') {
      next++;
    }
  }

  private void skipSpace() {
    while (next < text.length && " \t\r\n".indexOf(text[next]) >= 0) {
      next++;
    }
  }

  private int peek() throws Problem {
    if (next == text.length) {
      throw new Problem(END);
    }
    return text[next] & 0xff;
  }

  private Problem wrong(String where) {
    return new Problem("invalid character %s %s".formatted(quoted(text[next] & 0xff), where));
  }

  private static String quoted(int c) {
    String shown = switch (c) {
      case '\'' -> "\\'";
      case '\\' -> "\\\\";
      case '\n' -> "\\n";
      case '\r' -> "\\r";
      case '\t' -> "\\t";
      default -> c < ' ' || c == 0x7f ? "\\x%02x".formatted(c) : c < 0xa0 && c > 0x7f ? "\\u%04x".formatted(c)
          : new String(new byte[] {(byte) c}, StandardCharsets.ISO_8859_1);
    };
    return "'" + shown + "'";
  }
}
