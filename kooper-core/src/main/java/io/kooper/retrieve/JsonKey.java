package io.kooper.retrieve;

import java.util.Arrays;

/** The key of a JSON member while it comes in, byte by byte: kept as far as one that matters is long. */
final class JsonKey {

  private final byte[] bytes = new byte[32];
  private int length;
  private boolean escaped;

  void begin() {
    length = 0;
    escaped = false;
  }

  /** Takes the next byte after the opening quote; true when it was the closing one. */
  boolean ends(byte c) {
    if (escaped) {
      escaped = false;
    } else if (c == '"') {
      return true;
    } else if (c == '\\') {
      escaped = true;
    }
    if (length < bytes.length) {
      bytes[length++] = c;
    }
    return false;
  }

  /** Whether it is spelled like this, without escapes. */
  boolean is(byte[] name) {
    return length == name.length && Arrays.equals(bytes, 0, length, name, 0, length);
  }
}
