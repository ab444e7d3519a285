package io.kooper.retrieve;

import java.nio.charset.StandardCharsets;

/**
 * Cuts a response body, given in chunks of any size, into the pieces that are bound one at a time: the elements of a
 * list's {@code items}, or the events of a watch. An object's own {@code metadata.managedFields} is emptied on the way: it
 * is often half of the bytes, and nobody wants it.
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
     * @param bytes holds the value; of an event's object it stays valid until the next event begins, else for this call
     * @param length how many of the bytes count
     */
    void piece(String name, byte[] bytes, int length) throws RetrieveException;

    /** The body's object is complete: a whole list, or one event of a watch. */
    void end() throws RetrieveException;

    /** What is in a piece that is a short string without escapes, or empty if it is no string. */
    static String text(byte[] bytes, int length) {
      return bytes[0] == '"' ? new String(bytes, 1, length - 2, StandardCharsets.UTF_8) : "";
    }
  }

  /** The body is not JSON of the shape expected. */
  static final class MalformedException extends Exception {
    private static final long serialVersionUID = 1L;

    MalformedException(String message) {
      super(message);
    }
  }

  private enum Kind {
    SKIPPED,
    SMALL,
    OBJECT
  }

  private record Member(String name, byte[] key, Kind kind) {
    Member(String name, Kind kind) {
      this(name, name.getBytes(StandardCharsets.US_ASCII), kind);
    }
  }

  private static final Member ITEMS = new Member("items", Kind.OBJECT);
  private static final Member OTHER = new Member("", Kind.SKIPPED);
  private static final Member[] OF_LIST = {
    ITEMS, new Member("metadata", Kind.SMALL), new Member("kind", Kind.SMALL), new Member("message", Kind.SMALL)
  };
  private static final Member[] OF_EVENT = {new Member("type", Kind.SMALL), new Member("object", Kind.OBJECT)};

  /** What the next byte belongs to. */
  private enum State {
    ROOT,
    FIRST_KEY,
    KEY,
    IN_KEY,
    COLON,
    VALUE,
    AFTER_VALUE,
    FIRST_ITEM,
    ITEM,
    AFTER_ITEM,
    IN_VALUE,
    DONE
  }

  private final boolean list;
  private final Member[] members;
  private final Pieces pieces;

  private State state = State.ROOT;
  private boolean inItems;
  private boolean sawItems;
  private final JsonKey key = new JsonKey();
  private Member member = OTHER;
  // two, since an event's type may come after its object
  private final JsonValue small = new JsonValue();
  private final JsonValue object = new JsonValue();
  private JsonValue value = small;

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
    return state == (list ? State.DONE : State.ROOT);
  }

  /** Whether there were {@code items}, be it none: without them it was no list, least of all an empty one. */
  boolean sawItems() {
    return sawItems;
  }

  /** The next bytes of the body. After an exception this slicer is of no more use. */
  void feed(byte[] bytes, int from, int to) throws MalformedException, RetrieveException {
    int i = from;
    while (i < to) {
      if (state == State.IN_VALUE) {
        i = value.feed(bytes, i, to);
        if (value.ended()) {
          endValue();
        }
      } else if (state == State.IN_KEY) {
        if (key.ends(bytes[i++])) {
          state = State.COLON;
        }
      } else {
        i = token(bytes[i]) ? i + 1 : i;
      }
    }
  }

  private void endValue() throws RetrieveException {
    state = inItems ? State.AFTER_ITEM : State.AFTER_VALUE;
    if (member.kind != Kind.SKIPPED) {
      pieces.piece(member.name, value.bytes(), value.length());
    }
  }

  /** Takes a byte between the values; false when it is the first of one, which takes it itself. */
  private boolean token(byte c) throws MalformedException, RetrieveException {
    if (JsonValue.isSpace(c)) {
      return true;
    }
    if (c == '}' && (state == State.FIRST_KEY || state == State.AFTER_VALUE)) {
      state = list ? State.DONE : State.ROOT;
      pieces.end();
    } else if (c == '"' && (state == State.FIRST_KEY || state == State.KEY)) {
      key.begin();
      state = State.IN_KEY;
    } else if (c == ']' && (state == State.FIRST_ITEM || state == State.AFTER_ITEM)) {
      inItems = false;
      state = State.AFTER_VALUE;
    } else if (state == State.VALUE || state == State.FIRST_ITEM || state == State.ITEM) {
      return beginsItems(c) || !beginValue(c);
    } else if (c == '{' && state == State.ROOT) {
      state = State.FIRST_KEY;
    } else if (c == ':' && state == State.COLON) {
      state = State.VALUE;
    } else if (c == ',' && (state == State.AFTER_VALUE || state == State.AFTER_ITEM)) {
      state = state == State.AFTER_VALUE ? State.KEY : State.ITEM;
    } else {
      throw unexpected(c);
    }
    return true;
  }

  private static MalformedException unexpected(byte c) {
    // the character alone: more of the body could be a secret
    return new MalformedException("unexpected " + (c > ' ' && c < 127 ? "'" + (char) c + "'" : "byte " + (c & 0xff)));
  }

  private boolean beginsItems(byte c) throws MalformedException {
    if (inItems) {
      return false;
    }
    member = memberOfKey();
    if (member != ITEMS) {
      return false;
    }
    sawItems = true;
    if (c == '[') {
      inItems = true;
      state = State.FIRST_ITEM;
      return true;
    }
    if (c != 'n') { // null is what Go writes for an empty list
      throw unexpected(c);
    }
    member = OTHER;
    return false;
  }

  private Member memberOfKey() {
    for (Member candidate : members) {
      if (key.is(candidate.key)) {
        return candidate;
      }
    }
    return OTHER;
  }

  private boolean beginValue(byte c) throws MalformedException {
    if (c != '{' && c != '[' && c != '"' && !JsonValue.isScalar(c)) {
      throw unexpected(c);
    }
    value = member.kind == Kind.OBJECT ? object : small;
    value.begin(c, member.kind != Kind.SKIPPED, member.kind == Kind.OBJECT);
    state = State.IN_VALUE;
    return true;
  }
}
