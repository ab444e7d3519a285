package io.kooper.retrieve;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Cuts a response body, given in chunks of any size, into the pieces that are bound one at a time: the elements of a
 * list's {@code items}, or the events of a watch. An object's own {@code metadata.managedFields} is left out on the way:
 * it is often half of the bytes, and nobody binds it.
 *
 * <p>Only what surrounds the pieces is checked to be JSON; inside a piece brackets have to match and the rest is left to
 * the binding, so that one broken object does not hide the others. A piece is handed over only once its last byte was
 * seen.
 */
final class JsonSlicer {

  /** Takes the pieces, in the order of the body. */
  interface Pieces {

    /**
     * A member of the body's object, or one element of its {@code items}.
     *
     * @param name the member's name
     * @param bytes holds the value; of an object it stays valid until the body's next object begins, else for this call
     * @param length how many of the bytes count
     */
    void piece(String name, byte[] bytes, int length) throws RetrieveException;

    /** The body's object is complete: a whole list, or one event of a watch. */
    void end() throws RetrieveException;
  }

  /** The body is not JSON of the shape expected. */
  static final class MalformedException extends Exception {
    private static final long serialVersionUID = 1L;

    MalformedException(String message) {
      super(message);
    }
  }

  private enum Target {
    SKIP,
    SMALL,
    OBJECT
  }

  private record Member(String name, byte[] key, Target target) {
    Member(String name, Target target) {
      this(name, name.getBytes(StandardCharsets.US_ASCII), target);
    }
  }

  private static final Member ITEMS = new Member("items", Target.OBJECT);
  private static final Member SKIPPED = new Member("", Target.SKIP);
  private static final Member[] OF_LIST = {
    ITEMS, new Member("metadata", Target.SMALL), new Member("kind", Target.SMALL),
    new Member("apiVersion", Target.SMALL), new Member("message", Target.SMALL)
  };
  private static final Member[] OF_EVENT = {new Member("type", Target.SMALL), new Member("object", Target.OBJECT)};
  private static final byte[] METADATA = "metadata".getBytes(StandardCharsets.US_ASCII);
  private static final byte[] MANAGED_FIELDS = "managedFields".getBytes(StandardCharsets.US_ASCII);

  // where in the surrounding JSON the next byte is
  private static final int ROOT = 0;
  private static final int FIRST_KEY = 1;
  private static final int KEY = 2;
  private static final int COLON = 3;
  private static final int VALUE = 4;
  private static final int AFTER_VALUE = 5;
  private static final int FIRST_ITEM = 6;
  private static final int ITEM = 7;
  private static final int AFTER_ITEM = 8;
  private static final int IN_KEY = 9;
  private static final int IN_STRING = 10;
  private static final int IN_SCALAR = 11;
  private static final int IN_CONTAINER = 12;
  private static final int DONE = 13;

  // how far the value of a member that is cut is
  private static final int CUT_COLON = 0;
  private static final int CUT_VALUE = 1;
  private static final int CUT_SCALAR = 2;
  private static final int CUT_AFTER = 3;

  private final boolean list;
  private final Member[] members;
  private final Pieces pieces;

  private int state = ROOT;
  private long offset;
  private boolean inItems;
  private boolean escaped;
  private Member member = SKIPPED;

  // the key being read: longer ones are cut, since none that matters is as long
  private final byte[] key = new byte[32];
  private int keyLength;

  // what is being copied: bytes from runStart on belong to it while copying is true
  private final Bytes small = new Bytes();
  private final Bytes object = new Bytes();
  private Bytes copy = small;
  private boolean copying;
  private int runStart;

  // inside a value that is an object or an array
  private int depth;
  private boolean[] isObject = new boolean[64];
  private boolean inString;
  private boolean keyNext;
  private boolean inKey;

  // inside an object's own metadata; a comma is copied only together with the member that follows it, so that cutting a
  // member in any position leaves as many commas as there should be, and a comma too many stays one too many
  private boolean metadataNext;
  private boolean inMetadata;
  private boolean cutting;
  private boolean broken; // what is cut is not one value: the rest must not pass for a sound object
  private int cutState;
  private boolean pendingComma;
  private int seen;
  private int kept;
  private int memberStart;

  private JsonSlicer(boolean list, Pieces pieces) {
    this.list = list;
    this.members = list ? OF_LIST : OF_EVENT;
    this.pieces = pieces;
  }

  /** For a list's body: hands over {@code items} one by one, and {@code metadata}, {@code kind} and such as they come. */
  static JsonSlicer ofList(Pieces pieces) {
    return new JsonSlicer(true, pieces);
  }

  /** For a watch's body: hands over each event's {@code type} and {@code object}, then {@link Pieces#end}. */
  static JsonSlicer ofWatch(Pieces pieces) {
    return new JsonSlicer(false, pieces);
  }

  /** Whether the body may end here: after a list, or between two events. */
  boolean atEnd() {
    return state == (list ? DONE : ROOT);
  }

  /** The next bytes of the body. After an exception this slicer is of no more use. */
  void feed(byte[] bytes, int from, int to) throws MalformedException, RetrieveException {
    int i = from;
    runStart = from;
    while (i < to) {
      i = switch (state) {
        case IN_CONTAINER -> container(bytes, i, to);
        case IN_STRING -> string(bytes, i, to);
        case IN_KEY -> key(bytes, i);
        case IN_SCALAR -> scalar(bytes, i);
        default -> token(bytes, i, i - from);
      };
    }
    if (copying) {
      copy.append(bytes, runStart, to);
    }
    offset += to - from;
  }

  private int token(byte[] bytes, int i, int fed) throws MalformedException, RetrieveException {
    byte c = bytes[i];
    if (c == ' ' || c == '\n' || c == '\r' || c == '\t') {
      return i + 1;
    }
    if (c == '}' && (state == FIRST_KEY || state == AFTER_VALUE)) {
      state = list ? DONE : ROOT;
      pieces.end();
    } else if (c == '"' && (state == FIRST_KEY || state == KEY)) {
      keyLength = 0;
      state = IN_KEY;
    } else if (c == ']' && (state == FIRST_ITEM || state == AFTER_ITEM)) {
      inItems = false;
      state = AFTER_VALUE;
    } else if (state == VALUE || state == FIRST_ITEM || state == ITEM) {
      return value(bytes, i, c, fed);
    } else if (c == '{' && state == ROOT) {
      state = FIRST_KEY;
    } else if (c == ':' && state == COLON) {
      state = VALUE;
    } else if (c == ',' && (state == AFTER_VALUE || state == AFTER_ITEM)) {
      state = state == AFTER_VALUE ? KEY : ITEM;
    } else {
      throw malformed(c, fed);
    }
    return i + 1;
  }

  private MalformedException malformed(byte c, int fed) {
    // the character alone: more of the body could be a secret
    return new MalformedException("unexpected " + (c > ' ' && c < 127 ? "'" + (char) c + "'" : "byte " + (c & 0xff))
        + " at byte " + (offset + fed));
  }

  private int value(byte[] bytes, int i, byte c, int fed) throws MalformedException {
    if (state == VALUE) {
      member = memberOfKey();
      if (member == ITEMS && c == '[') {
        inItems = true;
        state = FIRST_ITEM;
        return i + 1;
      }
      if (member == ITEMS) {
        if (c != 'n') { // null is what Go writes for an empty list
          throw malformed(c, fed);
        }
        member = SKIPPED;
      }
    }
    copying = member.target != Target.SKIP;
    if (copying) {
      copy = member.target == Target.OBJECT ? object : small;
      copy.length = 0;
      runStart = i;
    }
    if (c == '{' || c == '[') {
      state = IN_CONTAINER;
      depth = 0;
      keyNext = false;
      metadataNext = false;
      inMetadata = false;
      return i;
    }
    if (c == '"') {
      state = IN_STRING;
      return i + 1;
    }
    if (!isScalar(c)) {
      throw malformed(c, fed);
    }
    state = IN_SCALAR;
    return i + 1;
  }

  private Member memberOfKey() {
    for (Member candidate : members) {
      if (keyIs(candidate.key)) {
        return candidate;
      }
    }
    return SKIPPED;
  }

  private boolean keyIs(byte[] name) {
    return keyLength == name.length && Arrays.equals(key, 0, keyLength, name, 0, keyLength);
  }

  private static boolean isScalar(byte c) {
    return c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '-' || c == '+' || c == '.';
  }

  private int scalar(byte[] bytes, int i) throws RetrieveException {
    if (isScalar(bytes[i])) {
      return i + 1;
    }
    return finish(bytes, i);
  }

  private int string(byte[] bytes, int from, int to) throws RetrieveException {
    int i = skipString(bytes, from, to);
    return i < 0 ? finish(bytes, -i) : i;
  }

  private int key(byte[] bytes, int i) {
    if (keyByte(bytes[i])) {
      state = COLON;
    }
    return i + 1;
  }

  /** Takes a byte of a key; true when it was the closing quote. */
  private boolean keyByte(byte c) {
    if (escaped) {
      escaped = false;
    } else if (c == '"') {
      return true;
    } else if (c == '\\') {
      escaped = true;
    }
    if (keyLength < key.length) {
      key[keyLength++] = c;
    }
    return false;
  }

  /** The index after the closing quote, negated; or {@code to} when the string goes on in the next chunk. */
  private int skipString(byte[] bytes, int from, int to) {
    int i = from;
    if (escaped) {
      escaped = false;
      i++;
    }
    while (i < to) {
      byte c = bytes[i];
      if (c == '"') {
        return -(i + 1);
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

  private int finish(byte[] bytes, int end) throws RetrieveException {
    state = inItems ? AFTER_ITEM : AFTER_VALUE;
    if (copying) {
      copy.append(bytes, runStart, end);
      copying = false;
      pieces.piece(member.name, copy.bytes, copy.length);
    }
    return end;
  }

  private int container(byte[] bytes, int from, int to) throws MalformedException, RetrieveException {
    int i = from;
    while (i < to) {
      if (inString) {
        if (inKey) {
          if (keyByte(bytes[i++])) {
            inString = false;
            endKey();
          }
          continue;
        }
        i = skipString(bytes, i, to);
        if (i > 0) {
          return i;
        }
        i = -i;
        inString = false;
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
            return finish(bytes, i + 1);
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

  private void cutByte(byte c) {
    if (c == ' ' || c == '\n' || c == '\r' || c == '\t') {
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
    if (object && member.target == Target.OBJECT) {
      if (depth == 1) {
        keyNext = true;
      } else if (depth == 2 && metadataNext) {
        inMetadata = true;
        keyNext = true;
        cutting = false;
        pendingComma = false;
        seen = 0;
        kept = 0;
      }
    }
  }

  private void close(byte[] bytes, int i) throws MalformedException {
    depth--;
    if (isObject[depth] != (bytes[i] == '}')) {
      throw new MalformedException("brackets that do not match, about byte " + offset);
    }
    if (inMetadata && depth == 1) {
      if (cutting) {
        resumeCopy(i);
      } else if (pendingComma) {
        copy.append(bytes, runStart, i);
        copy.append(',');
        runStart = i;
      }
      inMetadata = false;
    }
    keyNext = false;
  }

  private void resumeCopy(int i) {
    if (broken || cutState < CUT_SCALAR) {
      copy.append(',');
      copy.append(',');
    }
    cutting = false;
    copying = true;
    runStart = i;
  }

  private void comma(byte[] bytes, int i) {
    if (depth == 1) {
      keyNext = isObject[0] && member.target == Target.OBJECT;
      metadataNext = false;
    } else if (inMetadata) {
      if (cutting) {
        resumeCopy(i + 1);
      } else if (!pendingComma && seen > 0) {
        copy.append(bytes, runStart, i);
        runStart = i + 1;
      }
      pendingComma = true;
      keyNext = true;
    }
  }

  private void startKey(byte[] bytes, int i) {
    keyNext = false;
    inKey = true;
    keyLength = 0;
    if (inMetadata) {
      copy.append(bytes, runStart, i);
      runStart = i;
      memberStart = copy.length;
      if (pendingComma && kept > 0) {
        copy.append(',');
      }
      pendingComma = false;
    }
  }

  private void endKey() {
    inKey = false;
    if (!inMetadata) {
      metadataNext = keyIs(METADATA);
      return;
    }
    seen++;
    if (keyIs(MANAGED_FIELDS)) {
      copy.length = memberStart;
      copying = false;
      cutting = true;
      broken = false;
      cutState = CUT_COLON;
    } else {
      kept++;
    }
  }

  /** Bytes that grow and are used again: the largest object decides how much memory a list needs. */
  private static final class Bytes {
    private byte[] bytes = new byte[4096];
    private int length;

    void append(byte[] from, int start, int end) {
      int more = end - start;
      if (length + more > bytes.length) {
        bytes = Arrays.copyOf(bytes, Math.max(length + more, bytes.length * 2));
      }
      System.arraycopy(from, start, bytes, length, more);
      length += more;
    }

    void append(char c) {
      if (length == bytes.length) {
        bytes = Arrays.copyOf(bytes, length * 2);
      }
      bytes[length++] = (byte) c;
    }
  }
}
