package io.kooper.retrieve;

import java.nio.charset.StandardCharsets;
import java.util.BitSet;
import java.util.regex.Pattern;

/**
 * Goes through JSON from its start to its first fault, whatever its lengths. It uses no library, since which version of one there
 * is, or whether there is one, is up to the user's client. Malformed characters are no fault.
 */
final class StrictJson {

  private static final Pattern SCALAR =
      Pattern.compile("true|false|null|-?(?:0|[1-9][0-9]*+)(?:\\.[0-9]++)?(?:[eE][-+]?[0-9]++)?");
  private static final String ESCAPES = "\"\\/bfnrt";
  private static final String ESCAPED = "\"\\/\b\f\n\r\t";
  private static final int DEEPEST = 10_000; // as in Go, so no API server sends more

  /** It is no JSON from here on. */
  static final class FaultException extends Exception {
    private static final long serialVersionUID = 1L;

    private FaultException(int at) {
      super("no JSON from byte " + at + " on", null, false, false); // never the text, which may be a secret
    }
  }

  private final byte[] bytes;
  private final int length;
  private int at;
  // of the member taken last
  private int nameFrom;
  private int nameTo;
  private boolean nameEscapes;

  /** @param at where the next value begins */
  StrictJson(byte[] bytes, int at, int length) {
    this.bytes = bytes;
    this.at = at;
    this.length = length;
  }

  /** Where it is. */
  int at() {
    return at;
  }

  /** Takes the next byte that is no space, as the first one of a value. */
  int next() throws FaultException {
    int c = byteAfter();
    while (c == ' ' || c == '\n' || c == '\r' || c == '\t') {
      c = byteAfter();
    }
    return c;
  }

  private int byteAfter() throws FaultException {
    expect(at < length);
    return bytes[at++] & 0xff;
  }

  /**
   * Whether the object has another member, whose value is next: takes its {@link #name} and colon, or the object's end.
   *
   * @param first whether the object has only just begun
   */
  boolean member(boolean first) throws FaultException {
    int c = next();
    if (c == '}') {
      return false;
    }
    expect(first || c == ',');
    expect((first ? c : next()) == '"');
    nameFrom = at;
    nameEscapes = passString();
    nameTo = at - 1;
    expect(next() == ':');
    return true;
  }

  /** That of the member taken last. */
  String name() {
    return text(nameFrom, nameTo, nameEscapes);
  }

  /**
   * Whether the array has another element, whose first byte is next; takes its bracket if not.
   *
   * @param first whether the array has only just begun
   */
  boolean element(boolean first) throws FaultException {
    int c = next();
    if (c == ']') {
      return false;
    }
    expect(first || c == ',');
    at -= first ? 1 : 0;
    return true;
  }

  /** Takes what is left of a string after its opening quote. */
  String string() throws FaultException {
    int from = at;
    boolean escapes = passString();
    return text(from, at - 1, escapes);
  }

  /** Whether it has escapes. */
  private boolean passString() throws FaultException {
    boolean escapes = false;
    while (true) {
      while (at < length && bytes[at] != '"' && bytes[at] != '\\' && (bytes[at] >= ' ' || bytes[at] < 0)) {
        at++;
      }
      int c = byteAfter();
      if (c == '"') {
        return escapes;
      }
      expect(c == '\\');
      escapes = true;
      int escape = byteAfter();
      expect(escape == 'u' || ESCAPES.indexOf(escape) >= 0);
      for (int digits = escape == 'u' ? 4 : 0; digits > 0; digits--) {
        int digit = byteAfter();
        expect(digit < 128 && Character.digit(digit, 16) >= 0);
      }
    }
  }

  private String text(int from, int to, boolean escapes) {
    String spelled = new String(bytes, from, to - from, StandardCharsets.UTF_8);
    return escapes ? unescaped(spelled) : spelled;
  }

  private static String unescaped(String spelled) {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < spelled.length(); i++) {
      char c = spelled.charAt(i);
      if (c == '\\') {
        char escape = spelled.charAt(++i);
        if (escape == 'u') {
          c = (char) Integer.parseInt(spelled, i + 1, i + 5, 16);
          i += 4;
        } else {
          c = ESCAPED.charAt(ESCAPES.indexOf(escape));
        }
      }
      text.append(c);
    }
    return text.toString();
  }

  /** Takes what is left of a number, true, false or null after its first byte. */
  String scalar() throws FaultException {
    int from = at - 1;
    while (at < length && " \n\r\t,]}".indexOf(bytes[at]) < 0) {
      at++;
    }
    String scalar = new String(bytes, from, at - from, StandardCharsets.ISO_8859_1);
    expect(SCALAR.matcher(scalar).matches());
    return scalar;
  }

  /** Takes what is left of a value after its first byte. */
  void skip(int first) throws FaultException {
    BitSet isObject = new BitSet(); // of each bracket that is open
    int depth = 0;
    int c = first;
    do {
      boolean opened = c == '{' || c == '[';
      if (opened) {
        expect(depth < DEEPEST);
        isObject.set(depth++, c == '{');
      } else if (c == '"') {
        passString();
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
    return ofObject ? member(first) : element(first);
  }

  private void expect(boolean sound) throws FaultException {
    if (!sound) {
      throw new FaultException(at);
    }
  }
}
