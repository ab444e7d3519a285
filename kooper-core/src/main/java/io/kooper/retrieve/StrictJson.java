package io.kooper.retrieve;

import java.util.BitSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Goes through a JSON text from its start to its first fault, whatever its lengths: for what no binding can read. It uses no
 * library, since which version of one there is, or whether there is one, is up to the user's client.
 */
final class StrictJson {

  private static final Pattern SCALAR =
      Pattern.compile("true|false|null|-?(?:0|[1-9][0-9]*+)(?:\\.[0-9]++)?(?:[eE][-+]?[0-9]++)?");
  private static final String ESCAPES = "\"\\/bfnrt";
  private static final String ESCAPED = "\"\\/\b\f\n\r\t";
  private static final int DEEPEST = 10_000; // as in Go, so no API server sends more

  /** The text is no JSON from here on. */
  static final class FaultException extends Exception {
    private static final long serialVersionUID = 1L;

    private FaultException(int at) {
      super("no JSON from character " + at + " on", null, false, false); // never the text, which may be a secret
    }
  }

  private final String text;
  private int at;

  StrictJson(String text) {
    this.text = text;
  }

  /** Takes the next character that is no space, as the first one of a value. */
  char next() throws FaultException {
    while (at < text.length()) {
      char c = text.charAt(at++);
      if (c != ' ' && c != '\n' && c != '\r' && c != '\t') {
        return c;
      }
    }
    throw new FaultException(at);
  }

  /**
   * Takes the next member's name and its colon; null at the object's end, which is taken as well.
   *
   * @param first whether the object has only just begun
   */
  @Nullable String nextName(boolean first) throws FaultException {
    char c = next();
    if (c == '}') {
      return null;
    }
    expect(first || c == ',');
    expect((first ? c : next()) == '"');
    String name = string();
    expect(next() == ':');
    return name;
  }

  /** Takes what is left of a string after its opening quote. */
  String string() throws FaultException {
    StringBuilder value = new StringBuilder();
    int run = at;
    while (true) {
      expect(at < text.length());
      char c = text.charAt(at++);
      expect(c >= ' ');
      if (c == '"' || c == '\\') {
        value.append(text, run, at - 1);
        if (c == '"') {
          return value.toString();
        }
        value.append(escape());
        run = at;
      }
    }
  }

  private char escape() throws FaultException {
    expect(at < text.length());
    char c = text.charAt(at++);
    if (c != 'u') {
      int known = ESCAPES.indexOf(c);
      expect(known >= 0);
      return ESCAPED.charAt(known);
    }
    int code = 0;
    for (int end = at + 4; at < end; at++) {
      int digit = at < text.length() && text.charAt(at) < 128 ? Character.digit(text.charAt(at), 16) : -1;
      expect(digit >= 0);
      code = code << 4 | digit;
    }
    return (char) code;
  }

  /** Takes what is left of a value after its first character. */
  void skip(char first) throws FaultException {
    BitSet isObject = new BitSet(); // of each bracket that is open
    int depth = 0;
    char c = first;
    do {
      boolean opened = c == '{' || c == '[';
      if (opened) {
        expect(depth < DEEPEST);
        isObject.set(depth++, c == '{');
      } else if (c == '"') {
        string();
      } else {
        scalar();
      }
      while (depth > 0 && !hasMore(isObject.get(depth - 1), opened)) {
        depth--;
        opened = false;
      }
      c = depth > 0 ? next() : first;
    } while (depth > 0);
  }

  /** Whether a value follows in the innermost bracket; takes its name, or else the bracket. */
  private boolean hasMore(boolean ofObject, boolean first) throws FaultException {
    if (ofObject) {
      return nextName(first) != null;
    }
    char c = next();
    if (c == ']') {
      return false;
    }
    expect(first || c == ',');
    at -= first ? 1 : 0;
    return true;
  }

  private void scalar() throws FaultException {
    Matcher scalar = SCALAR.matcher(text).region(at - 1, text.length());
    expect(scalar.lookingAt());
    at = scalar.end();
    expect(at == text.length() || " \n\r\t,]}".indexOf(text.charAt(at)) >= 0);
  }

  private void expect(boolean sound) throws FaultException {
    if (!sound) {
      throw new FaultException(at);
    }
  }
}
