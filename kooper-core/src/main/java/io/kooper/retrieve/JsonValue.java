package io.kooper.retrieve;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Finds the end of one JSON value that comes in chunks, and copies its bytes if they are wanted. Of a Kubernetes object's
 * {@code metadata.managedFields} it copies no more than {@code []}.
 *
 * <p>Brackets have to match; the rest is left to whoever reads the copy: what is broken stays broken in it.
 */
final class JsonValue {

  private static final byte[] METADATA = "metadata".getBytes(StandardCharsets.US_ASCII);
  private static final byte[] MANAGED_FIELDS = "managedFields".getBytes(StandardCharsets.US_ASCII);

  private static final VarHandle EIGHT = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
  private static final long QUOTES = 0x2222222222222222L;
  private static final long BACKSLASHES = 0x5c5c5c5c5c5c5c5cL;

  /** Grows to the largest value and is used again: the largest object decides how much memory a list needs. */
  private byte[] copy = new byte[4096];
  private int copied;
  // bytes of the chunk from runStart on belong to the copy while copying is true
  private boolean copying;
  private int runStart;

  private boolean ended = true;
  private boolean scalar;
  private int depth;
  private boolean[] isObject = new boolean[64];
  private boolean inString;
  private boolean escaped;
  private boolean ofObject; // whether managedFields are to be emptied
  private boolean keyNext;
  private boolean inKey;
  private final JsonKey key = new JsonKey();
  private boolean onPath; // the last key was metadata, or inside that managedFields
  private boolean inMetadata;
  private boolean emptying;

  /** Whether {@code c} can be part of a number, true, false or null. */
  static boolean isScalar(byte c) {
    return c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '-' || c == '+' || c == '.';
  }

  static boolean isSpace(byte c) {
    return c == ' ' || c == '\n' || c == '\r' || c == '\t';
  }

  /** Begins a value, whose first byte is the next to be fed. */
  void begin(byte first, boolean copy, boolean ofObject) {
    this.copying = copy;
    this.ofObject = ofObject;
    copied = 0;
    ended = false;
    scalar = isScalar(first);
    depth = 0;
    inString = false;
    escaped = false;
    keyNext = false;
    inKey = false;
    onPath = false;
    inMetadata = false;
    emptying = false;
  }

  /** Whether the whole value has been fed. */
  boolean ended() {
    return ended;
  }

  /** The copy, of which {@link #length} bytes count; valid until the next value that is copied begins. */
  byte[] bytes() {
    return copy;
  }

  int length() {
    return copied;
  }

  /** Takes the value's next bytes; the index of the first that is no longer its own, or {@code to}. */
  int feed(byte[] bytes, int from, int to) throws JsonSlicer.MalformedException {
    runStart = from;
    int i = scalar ? scalar(bytes, from, to) : scan(bytes, from, to);
    if (copying) {
      flush(bytes, i);
    }
    return i;
  }

  private int scalar(byte[] bytes, int from, int to) {
    int i = from;
    while (i < to && isScalar(bytes[i])) {
      i++;
    }
    ended = i < to;
    return i;
  }

  private int scan(byte[] bytes, int from, int to) throws JsonSlicer.MalformedException {
    int i = from;
    while (i < to) {
      if (inString) {
        if (inKey) {
          if (key.ends(bytes[i++])) {
            inString = false;
            inKey = false;
            onPath = key.is(inMetadata ? MANAGED_FIELDS : METADATA);
          }
          continue;
        }
        i = string(bytes, i, to);
        if (!inString && depth == 0) {
          ended = true;
          return i;
        }
        continue;
      }
      switch (bytes[i]) {
        case '"' -> {
          inString = true;
          if (keyNext) {
            keyNext = false;
            inKey = true;
            key.begin();
          }
        }
        case '{' -> open(true);
        case '[' -> {
          open(false);
          if (depth == 3 && inMetadata && onPath) {
            flush(bytes, i + 1);
            copying = false;
            emptying = true;
          }
        }
        case '}', ']' -> {
          close(bytes, i);
          if (depth == 0) {
            ended = true;
            return i + 1;
          }
        }
        case ',' -> keyNext = depth == 1 ? ofObject && isObject[0] : depth == 2 && inMetadata;
        default -> {
        }
      }
      i++;
    }
    return i;
  }

  /** The index after the closing quote, or {@code to} when the string goes on in the next chunk. */
  private int string(byte[] bytes, int from, int to) {
    int i = from;
    if (escaped) {
      escaped = false;
      i++;
    }
    while (i < to) {
      while (i + Long.BYTES <= to) { // eight bytes at once: most of a body is in strings
        long eight = (long) EIGHT.get(bytes, i);
        long marks = zeroBytes(eight ^ QUOTES) | zeroBytes(eight ^ BACKSLASHES);
        if (marks != 0) {
          i += Long.numberOfTrailingZeros(marks) >>> 3;
          break;
        }
        i += Long.BYTES;
      }
      if (i >= to) {
        break;
      }
      byte c = bytes[i];
      if (c == '"') {
        inString = false;
        return i + 1;
      }
      if (c == '\\') {
        i++;
        if (i == to) {
          escaped = true;
          break;
        }
      }
      i++;
    }
    return to;
  }

  /** The highest bit of the lowest byte that is zero, and of no byte below it. */
  private static long zeroBytes(long eight) {
    return (eight - 0x0101010101010101L) & ~eight & 0x8080808080808080L;
  }

  private void open(boolean object) {
    if (depth == isObject.length) {
      isObject = Arrays.copyOf(isObject, depth * 2);
    }
    isObject[depth++] = object;
    inMetadata |= depth == 2 && object && onPath;
    keyNext = object && ofObject && (depth == 1 || depth == 2 && inMetadata);
  }

  private void close(byte[] bytes, int i) throws JsonSlicer.MalformedException {
    depth--;
    if (isObject[depth] != (bytes[i] == '}')) {
      throw new JsonSlicer.MalformedException("brackets that do not match");
    }
    if (emptying && depth == 2) {
      emptying = false;
      copying = true;
      runStart = i;
    }
    inMetadata &= depth >= 2;
    keyNext = false;
  }

  private void flush(byte[] bytes, int end) {
    int more = end - runStart;
    if (copied + more > copy.length) {
      copy = Arrays.copyOf(copy, Math.max(copied + more, copy.length * 2));
    }
    System.arraycopy(bytes, runStart, copy, copied, more);
    copied += more;
  }
}
