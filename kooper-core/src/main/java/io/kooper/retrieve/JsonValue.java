package io.kooper.retrieve;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Finds the end of one JSON value that comes in chunks, and copies its bytes if they are wanted. Of a Kubernetes object it
 * leaves {@code metadata.managedFields} out.
 *
 * <p>Brackets have to match; the rest is left to whoever reads the copy: what is broken stays broken in it.
 */
final class JsonValue {

  private static final byte[] METADATA = "metadata".getBytes(StandardCharsets.US_ASCII);
  private static final byte[] MANAGED_FIELDS = "managedFields".getBytes(StandardCharsets.US_ASCII);

  private static final VarHandle EIGHT = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
  private static final long QUOTES = 0x2222222222222222L;
  private static final long BACKSLASHES = 0x5c5c5c5c5c5c5c5cL;

  // how far the value of a member that is cut is
  private static final int CUT_COLON = 0;
  private static final int CUT_VALUE = 1;
  private static final int CUT_SCALAR = 2;
  private static final int CUT_AFTER = 3;

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
  private boolean ofObject; // whether managedFields are to be left out
  private boolean keyNext;
  private boolean inKey;
  private final JsonKey key = new JsonKey();

  // inside an object's own metadata; a member that is cut takes the comma before it along, or else the one after it
  private boolean metadataNext;
  private boolean inMetadata;
  private boolean cutting;
  private boolean broken; // what is cut is not one value: the rest must not pass for a sound object
  private int cutState;
  private boolean commaCut; // the last comma is not in the copy: a member has to follow
  private boolean anyKept;
  private int comma; // where the last comma is in the copy
  private int memberStart;

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
    metadataNext = false;
    inMetadata = false;
    cutting = false;
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
            endKey();
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
            startKey(bytes, i);
          } else if (cutting && depth == 2) {
            cutValue(CUT_AFTER);
          }
        }
        case '{' -> open(true);
        case '[' -> open(false);
        case '}', ']' -> {
          close(bytes, i);
          if (depth == 0) {
            ended = true;
            return i + 1;
          }
        }
        case ',' -> {
          if (depth <= 2) {
            comma(bytes, i);
          }
        }
        default -> {
          if (cutting && depth == 2) {
            cutByte(bytes[i]);
          }
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

  private void cutByte(byte c) {
    if (isSpace(c)) {
      cutState = cutState == CUT_SCALAR ? CUT_AFTER : cutState;
    } else if (c == ':' && cutState == CUT_COLON) {
      cutState = CUT_VALUE;
    } else if (!isScalar(c)) {
      broken = true;
    } else if (cutState != CUT_SCALAR) {
      cutValue(CUT_SCALAR);
    }
  }

  private void cutValue(int next) {
    broken |= cutState != CUT_VALUE;
    cutState = next;
  }

  private void open(boolean object) {
    if (cutting && depth == 2) {
      cutValue(CUT_AFTER);
    }
    if (depth == isObject.length) {
      isObject = Arrays.copyOf(isObject, depth * 2);
    }
    isObject[depth++] = object;
    keyNext = false;
    if (object && ofObject) {
      if (depth == 1) {
        keyNext = true;
      } else if (depth == 2 && metadataNext) {
        inMetadata = true;
        keyNext = true;
        cutting = false;
        commaCut = false;
        anyKept = false;
      }
    }
  }

  private void close(byte[] bytes, int i) throws JsonSlicer.MalformedException {
    depth--;
    if (isObject[depth] != (bytes[i] == '}')) {
      throw new JsonSlicer.MalformedException("brackets that do not match");
    }
    if (inMetadata && depth == 1) {
      if (cutting) {
        resumeCopy(i);
      } else if (commaCut) {
        flush(bytes, i);
        append(',');
      }
      inMetadata = false;
    }
    keyNext = false;
  }

  private void resumeCopy(int i) {
    if (broken || cutState < CUT_SCALAR) {
      append(',');
      append(',');
    }
    cutting = false;
    copying = true;
    runStart = i;
  }

  private void comma(byte[] bytes, int i) {
    if (depth == 1) {
      keyNext = isObject[0] && ofObject;
      metadataNext = false;
    } else if (inMetadata) {
      keyNext = true;
      if (cutting) {
        commaCut = !anyKept;
        resumeCopy(commaCut ? i + 1 : i);
      }
      if (!commaCut) {
        flush(bytes, i);
        comma = copied;
      }
    }
  }

  private void startKey(byte[] bytes, int i) {
    keyNext = false;
    inKey = true;
    key.begin();
    if (inMetadata) {
      flush(bytes, i);
      memberStart = copied;
      commaCut = false;
    }
  }

  private void endKey() {
    inKey = false;
    if (!inMetadata) {
      metadataNext = key.is(METADATA);
      return;
    }
    if (!key.is(MANAGED_FIELDS)) {
      anyKept = true;
      return;
    }
    broken = false;
    if (anyKept) {
      for (int i = comma + 1; i < memberStart; i++) {
        broken |= !isSpace(copy[i]);
      }
      memberStart = comma;
    }
    copied = memberStart;
    copying = false;
    cutting = true;
    cutState = CUT_COLON;
  }

  private void flush(byte[] bytes, int end) {
    int more = end - runStart;
    if (copied + more > copy.length) {
      copy = Arrays.copyOf(copy, Math.max(copied + more, copy.length * 2));
    }
    System.arraycopy(bytes, runStart, copy, copied, more);
    copied += more;
    runStart = end;
  }

  private void append(char c) {
    if (copied == copy.length) {
      copy = Arrays.copyOf(copy, copied * 2);
    }
    copy[copied++] = (byte) c;
  }
}
