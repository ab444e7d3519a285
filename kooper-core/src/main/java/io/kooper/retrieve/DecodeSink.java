package io.kooper.retrieve;

/** Hears what it cost to get an object, as far as the source can tell. Called by the source, on the informer's thread. */
public interface DecodeSink {

  /** The object that comes next was bound from this many bytes of JSON, in this time. */
  default void decoded(int bytes, long nanos) {}
}
