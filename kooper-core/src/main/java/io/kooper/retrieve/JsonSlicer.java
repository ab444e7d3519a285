package io.kooper.retrieve;

import io.kooper.retrieve.RetrieveException.Reason;
import java.io.ByteArrayOutputStream;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.BitSet;
import org.jspecify.annotations.Nullable;

/**
 * Reads a response body while it comes in, chunk by chunk, and copies the values that are asked for: so a list takes no more
 * memory than its largest object.
 *
 * <p>What surrounds the values is checked to be JSON. Inside a value brackets have to match, and the rest is left to the binding:
 * so one broken object does not hide the others. A value is handed over only once its last byte was seen.
 */
final class JsonSlicer {

  /** Where the body comes from. */
  interface Chunks {

    /** The next bytes, null at the end. Those given before are not needed any more. */
    @Nullable ByteBuffer next() throws RetrieveException, InterruptedException;
  }

  /** A copy of a value. It grows to the largest one and is used again. */
  static final class Slice extends ByteArrayOutputStream {

    Slice() {
      super(4096);
    }

    /** Of which {@link #size} count. */
    byte[] bytes() {
      return buf;
    }

    /** The string without escapes that it is; empty for anything else. */
    String text() {
      return count > 1 && buf[0] == '"' ? new String(buf, 1, count - 2, StandardCharsets.UTF_8) : "";
    }
  }

  private static final int LONGEST_NAME = 32; // a longer one is none that matters

  private static final VarHandle EIGHT = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
  private static final long QUOTES = 0x2222222222222222L;
  private static final long BACKSLASHES = 0x5c5c5c5c5c5c5c5cL;

  private final String what;
  private final Chunks chunks;
  private byte[] chunk = {};
  private int at;
  private int to;
  private boolean first; // nothing was taken yet of the bracket that was opened last
  private final byte[] name = new byte[LONGEST_NAME];

  // the bytes of the chunk from copyFrom on belong to the copy, if there is one
  private @Nullable Slice copy;
  private int copyFrom;

  /** @param what fails if the body is not as it should be: {@code cannot list pods} */
  JsonSlicer(String what, Chunks chunks) {
    this.what = what;
    this.chunks = chunks;
  }

  /** Takes the bracket that begins an object; false at the end of the body. */
  boolean begins() throws RetrieveException, InterruptedException {
    while (at < to || fill()) {
      byte c = chunk[at++];
      if (!isSpace(c)) {
        expect('{', c);
        first = true;
        return true;
      }
    }
    return false;
  }

  /** Takes the name of the object's next member, as it is spelled; then its value has to be taken. Null at the object's end. */
  @Nullable String name() throws RetrieveException, InterruptedException {
    byte c = token();
    if (c == '}') {
      return null;
    }
    if (!first) {
      expect(',', c);
      c = token();
    }
    expect('"', c);
    String found = nameAfterQuote();
    expect(':', token());
    return found;
  }

  /** Takes the bracket that begins an array; false when it is null, which Go writes for an empty one. */
  boolean array() throws RetrieveException, InterruptedException {
    byte c = token();
    first = c == '[';
    if (c == 'n') {
      scalar();
    } else {
      expect('[', c);
    }
    return first;
  }

  /** Whether the array has another element, which has to be taken then. */
  boolean element() throws RetrieveException, InterruptedException {
    byte c = token();
    if (c == ']') {
      first = false;
      return false;
    }
    if (first) {
      at--;
    } else {
      expect(',', c);
    }
    return true;
  }

  void skip() throws RetrieveException, InterruptedException {
    value(null, false);
  }

  Slice value(Slice into) throws RetrieveException, InterruptedException {
    value(into, false);
    return into;
  }

  /** A Kubernetes object. Of its own {@code metadata.managedFields}, often half of its bytes, it copies only {@code []}. */
  Slice object(Slice into) throws RetrieveException, InterruptedException {
    value(into, true);
    return into;
  }

  /** After the only object of a body: what has come in already must be white space. */
  void end() throws RetrieveException {
    for (; at < to; at++) {
      if (!isSpace(chunk[at])) {
        throw unexpected(chunk[at]);
      }
    }
  }

  private void value(@Nullable Slice into, boolean ofObject) throws RetrieveException, InterruptedException {
    byte c = token();
    if (into != null) {
      into.reset();
    }
    copy = into;
    copyFrom = at - 1;
    if (c == '{' || c == '[') {
      nested(c, ofObject);
    } else if (c == '"') {
      string();
    } else if (isScalar(c)) {
      scalar();
    } else {
      throw unexpected(c);
    }
    keep();
    copy = null;
    first = false;
  }

  /** Takes what is left of an object or an array after its first bracket. */
  private void nested(byte bracket, boolean ofObject) throws RetrieveException, InterruptedException {
    Slice whole = copy;
    BitSet isObject = new BitSet(); // of each bracket that is open
    int depth = 0;
    boolean nameNext = false; // and it may be one that matters
    boolean onPath = false; // the last name was metadata, or within it managedFields
    boolean inMetadata = false;
    boolean emptying = false;
    for (byte c = bracket; ; c = read()) {
      switch (c) {
        case '"' -> {
          if (nameNext) {
            nameNext = false;
            onPath = nameAfterQuote().equals(inMetadata ? "managedFields" : "metadata");
          } else {
            string();
          }
        }
        case '{', '[' -> {
          boolean object = c == '{';
          isObject.set(depth++, object);
          inMetadata |= depth == 2 && object && onPath;
          nameNext = object && ofObject && (depth == 1 || depth == 2 && inMetadata);
          if (!object && depth == 3 && inMetadata && onPath) {
            keep();
            copy = null;
            emptying = true;
          }
        }
        case '}', ']' -> {
          depth--;
          if (isObject.get(depth) != (c == '}')) {
            throw malformed("brackets that do not match");
          }
          if (depth == 0) {
            return;
          }
          if (emptying && depth == 2) {
            emptying = false;
            copy = whole;
            copyFrom = at - 1;
          }
          inMetadata &= depth >= 2;
          nameNext = false;
        }
        case ',' -> nameNext = depth == 1 ? ofObject && isObject.get(0) : depth == 2 && inMetadata;
        default -> {
          // the binding's affair
        }
      }
    }
  }

  private void scalar() throws RetrieveException, InterruptedException {
    while ((at < to || fill()) && isScalar(chunk[at])) {
      at++;
    }
  }

  /** Takes what is left of a string after its opening quote. */
  private void string() throws RetrieveException, InterruptedException {
    while (true) {
      while (at + Long.BYTES <= to) { // eight bytes at once: most of a body is in strings
        long eight = (long) EIGHT.get(chunk, at);
        long marks = zeroBytes(eight ^ QUOTES) | zeroBytes(eight ^ BACKSLASHES);
        if (marks != 0) {
          at += Long.numberOfTrailingZeros(marks) >>> 3;
          break;
        }
        at += Long.BYTES;
      }
      byte c = read();
      if (c == '"') {
        return;
      }
      if (c == '\\') {
        read();
      }
    }
  }

  /** The highest bit of the lowest byte that is zero, and of no byte below it. */
  private static long zeroBytes(long eight) {
    return (eight - 0x0101010101010101L) & ~eight & 0x8080808080808080L;
  }

  private String nameAfterQuote() throws RetrieveException, InterruptedException {
    int length = 0;
    for (byte c = read(); c != '"'; c = read()) {
      if (length < LONGEST_NAME) {
        name[length++] = c;
      }
      if (c == '\\') {
        read(); // what is spelled with escapes is no name that matters
      }
    }
    return new String(name, 0, length, StandardCharsets.ISO_8859_1);
  }

  private byte token() throws RetrieveException, InterruptedException {
    byte c = read();
    while (isSpace(c)) {
      c = read();
    }
    return c;
  }

  private byte read() throws RetrieveException, InterruptedException {
    if (at == to && !fill()) {
      throw new RetrieveException(Reason.CONNECTION_LOST, what + ": the answer ended early");
    }
    return chunk[at++];
  }

  private boolean fill() throws RetrieveException, InterruptedException {
    keep();
    ByteBuffer next = chunks.next();
    while (next != null && !next.hasRemaining()) {
      next = chunks.next();
    }
    if (next == null) {
      return false;
    }
    if (next.hasArray()) {
      chunk = next.array();
      at = next.arrayOffset() + next.position();
    } else {
      chunk = new byte[next.remaining()];
      next.duplicate().get(chunk);
      at = 0;
    }
    to = at + next.remaining();
    copyFrom = at;
    return true;
  }

  private void keep() {
    if (copy != null) {
      copy.write(chunk, copyFrom, at - copyFrom);
      copyFrom = at;
    }
  }

  private static boolean isSpace(byte c) {
    return c == ' ' || c == '\n' || c == '\r' || c == '\t';
  }

  /** Whether it can be part of a number, true, false or null. */
  private static boolean isScalar(byte c) {
    return c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '-' || c == '+' || c == '.';
  }

  private void expect(char expected, byte c) throws RetrieveException {
    if (c != expected) {
      throw unexpected(c);
    }
  }

  private RetrieveException unexpected(byte c) {
    // the character alone: more of the body could be a secret
    return malformed("unexpected " + (c > ' ' && c < 127 ? "'" + (char) c + "'" : "byte " + (c & 0xff)));
  }

  private RetrieveException malformed(String how) {
    return new RetrieveException(Reason.UNDECODABLE, what + ": the answer is not as it should be, " + how);
  }
}
