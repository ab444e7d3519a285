package io.kooper.retrieve;

import io.kooper.retrieve.Json.Identity;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Reads an object's name, namespace, uid and version from JSON as API servers write it, without looking at what comes after
 * {@code metadata}. It gives up at anything unusual, such as an escape in one of the values: {@link ObjectPeek} is for that.
 */
final class MetadataScan {

  private static final byte[] METADATA = ascii("metadata");
  private static final byte[] ONLY = ascii("{\"metadata\":");
  private static final byte[][] WANTED = {ascii("name"), ascii("namespace"), ascii("uid"), ascii("resourceVersion")};

  private static final int UNUSUAL = -1;

  private final byte[] bytes;
  private final int length;
  private int at;
  // of the string taken last, without its quotes
  private int from;
  private int to;
  private boolean escaped;

  private MetadataScan(byte[] bytes, int length) {
    this.bytes = bytes;
    this.length = length;
  }

  /** Null when it is unusual, or when something is missing. */
  static @Nullable Identity identity(byte[] bytes, int length) {
    return new MetadataScan(bytes, length).object();
  }

  /** The object with nothing but its metadata; as it is when that cannot be found. */
  static byte[] only(byte[] bytes, int length) {
    MetadataScan scan = new MetadataScan(bytes, length);
    if (scan.token() == '{') {
      do {
        boolean metadata = scan.member() && scan.is(METADATA);
        int value = scan.token();
        int start = scan.at - 1;
        if (value == '"' ? !scan.string() : !scan.skip(value)) {
          break;
        }
        if (metadata && value == '{') {
          byte[] only = Arrays.copyOf(ONLY, ONLY.length + scan.at - start + 1);
          System.arraycopy(bytes, start, only, ONLY.length, scan.at - start);
          only[only.length - 1] = '}';
          return only;
        }
      } while (scan.token() == ',');
    }
    return Arrays.copyOf(bytes, length);
  }

  private @Nullable Identity object() {
    if (token() != '{') {
      return null;
    }
    while (member()) {
      boolean metadata = is(METADATA);
      int value = token();
      if (metadata && value == '{') {
        return metadata();
      }
      if (value != '"' || !string()) {
        return null;
      }
      if (token() != ',') {
        return null;
      }
    }
    return null;
  }

  private @Nullable Identity metadata() {
    @Nullable String[] found = new String[WANTED.length];
    while (member()) {
      int wanted = wanted();
      int value = token();
      if (value == '"') {
        if (!string()) {
          return null;
        }
        if (wanted >= 0) {
          if (escaped || found[wanted] != null) {
            return null;
          }
          found[wanted] = new String(bytes, from, to - from, StandardCharsets.UTF_8);
        }
      } else if (wanted >= 0 || !skip(value)) {
        return null;
      }
      int after = token();
      if (after == '}') {
        return found[0] == null || found[0].isEmpty() || found[2] == null || found[3] == null ? null
            : new Identity(new ObjectKey(found[1] == null ? "" : found[1], found[0]), found[2], found[3]);
      }
      if (after != ',') {
        return null;
      }
    }
    return null;
  }

  /** Takes a member's name and colon. */
  private boolean member() {
    return token() == '"' && string() && !escaped && token() == ':';
  }

  private int wanted() {
    for (int i = 0; i < WANTED.length; i++) {
      if (is(WANTED[i])) {
        return i;
      }
    }
    return UNUSUAL;
  }

  private boolean is(byte[] name) {
    return to - from == name.length && Arrays.equals(bytes, from, to, name, 0, name.length);
  }

  private int token() {
    while (at < length && JsonValue.isSpace(bytes[at])) {
      at++;
    }
    return at < length ? bytes[at++] : UNUSUAL;
  }

  /** Takes what is left of a string; false when it has no end. */
  private boolean string() {
    from = at;
    escaped = false;
    for (; at < length; at++) {
      if (bytes[at] == '"') {
        to = at++;
        return true;
      }
      if (bytes[at] == '\\') {
        escaped = true;
        at++;
      }
    }
    return false;
  }

  /** Takes what is left of a value that is no string, after its first byte. Its brackets match: they were counted before. */
  private boolean skip(int first) {
    int depth = 0;
    for (int c = first; ; c = token()) {
      if (c == '{' || c == '[') {
        depth++;
      } else if (c == '}' || c == ']') {
        depth--;
      } else if (c == UNUSUAL || c == '"' && !string()) {
        return false;
      }
      if (depth == 0) {
        if (c == '}' || c == ']') {
          return true;
        }
        while (at < length && JsonValue.isScalar(bytes[at])) {
          at++;
        }
        return true;
      }
    }
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }
}
