package io.kooper.retrieve;

import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * Reads an object's name, namespace, uid and version from its bytes when it cannot be bound as a whole.
 *
 * <p>It goes through the JSON strictly from the start, up to the first fault or the end of {@code metadata}: a name found
 * anywhere else could be another object's, and a wrong key is worse than none.
 */
final class ObjectPeek {

  private static final int MAX_DEPTH = 500;

  private static final class FaultException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    FaultException() {
      super("a fault in the JSON", null, false, false);
    }
  }

  private final byte[] bytes;
  private final int length;
  private int at;
  private boolean metadataComplete;
  private @Nullable String name;
  private @Nullable String namespace;
  private @Nullable String uid;
  private @Nullable String version;

  private ObjectPeek(byte[] bytes, int length) {
    this.bytes = bytes;
    this.length = length;
  }

  static Undecodable undecodable(byte[] bytes, int length, boolean deleted, Throwable cause) {
    ObjectPeek peek = of(bytes, length);
    return new Undecodable(peek.key(), peek.uid, peek.version, deleted, cause);
  }

  /** The {@code metadata.resourceVersion}, or null when unreadable. */
  static @Nullable String resourceVersion(byte[] bytes, int length) {
    return of(bytes, length).version;
  }

  private static ObjectPeek of(byte[] bytes, int length) {
    ObjectPeek peek = new ObjectPeek(bytes, length);
    try {
      peek.object(1, false);
    } catch (FaultException e) {
      // what was read up to here counts
    }
    return peek;
  }

  private @Nullable ObjectKey key() {
    if (name == null || name.isEmpty()) {
      return null;
    }
    if (namespace == null && !metadataComplete) {
      return null; // it may have come after the fault
    }
    return new ObjectKey(namespace == null ? "" : namespace, name);
  }

  private byte peek() {
    while (at < length) {
      byte c = bytes[at];
      if (c != ' ' && c != '\n' && c != '\r' && c != '\t') {
        return c;
      }
      at++;
    }
    throw new FaultException();
  }

  private void expect(char c) {
    if (peek() != c) {
      throw new FaultException();
    }
    at++;
  }

  private void object(int depth, boolean metadata) {
    expect('{');
    if (peek() == '}') {
      at++;
      return;
    }
    while (true) {
      String key = string();
      expect(':');
      byte c = peek();
      if (metadata && c == '"') {
        field(key, string());
      } else if (depth == 1 && c == '{' && key.equals("metadata")) {
        object(2, true);
        metadataComplete = true;
        throw new FaultException(); // all is known
      } else {
        value(depth);
      }
      if (peek() == '}') {
        at++;
        return;
      }
      expect(',');
    }
  }

  private void field(String key, String value) {
    switch (key) {
      case "name" -> name = value;
      case "namespace" -> namespace = value;
      case "uid" -> uid = value;
      case "resourceVersion" -> version = value;
      default -> {
      }
    }
  }

  private void value(int depth) {
    if (depth > MAX_DEPTH) {
      throw new FaultException();
    }
    switch (peek()) {
      case '"' -> string();
      case '{' -> object(depth + 1, false);
      case '[' -> array(depth + 1);
      default -> scalar();
    }
  }

  private void array(int depth) {
    expect('[');
    if (peek() == ']') {
      at++;
      return;
    }
    while (true) {
      value(depth);
      if (peek() == ']') {
        at++;
        return;
      }
      expect(',');
    }
  }

  private void scalar() {
    int start = at;
    while (at < length && "+-.".indexOf(bytes[at]) >= 0 || at < length && Character.isLetterOrDigit(bytes[at])) {
      at++;
    }
    String text = new String(bytes, start, at - start, StandardCharsets.US_ASCII);
    if (!text.matches("true|false|null|-?[0-9]+(\\.[0-9]+)?([eE][+-]?[0-9]+)?")) {
      throw new FaultException();
    }
  }

  private String string() {
    expect('"');
    int start = at;
    StringBuilder decoded = null;
    while (at < length) {
      byte c = bytes[at];
      if (c == '"') {
        String rest = new String(bytes, start, at - start, StandardCharsets.UTF_8);
        at++;
        return decoded == null ? rest : decoded.append(rest).toString();
      }
      if (c >= 0 && c < ' ') {
        throw new FaultException();
      }
      if (c == '\\') {
        decoded = decoded == null ? new StringBuilder() : decoded;
        decoded.append(new String(bytes, start, at - start, StandardCharsets.UTF_8));
        decoded.append(escape());
        start = at;
      } else {
        at++;
      }
    }
    throw new FaultException();
  }

  private char escape() {
    int letter = at + 1 < length ? bytes[at + 1] : 0;
    at += 2;
    switch (letter) {
      case '"', '\\', '/':
        return (char) letter;
      case 'b':
        return '\b';
      case 'f':
        return '\f';
      case 'n':
        return '\n';
      case 'r':
        return '\r';
      case 't':
        return '\t';
      case 'u':
        int code = 0;
        for (int end = at + 4; at < end; at++) {
          int digit = at < length ? Character.digit(bytes[at], 16) : -1;
          if (digit < 0) {
            throw new FaultException();
          }
          code = code * 16 + digit;
        }
        return (char) code;
      default:
        throw new FaultException();
    }
  }
}
