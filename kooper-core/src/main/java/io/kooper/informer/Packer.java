package io.kooper.informer;

import java.io.ByteArrayOutputStream;
import java.util.Arrays;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.zip.DataFormatException;
import java.util.zip.Deflater;
import java.util.zip.Inflater;
import org.jspecify.annotations.Nullable;

/**
 * Packs the JSON of a kind's objects. These repeat each other's keys and most of their values, so each is packed against a
 * dictionary: the first objects themselves. A pod of 4 KB takes 170 bytes then, one whose values are random 800.
 *
 * <p>{@link #pack} is called by one thread, {@link #unpack} by any. An inflater has memory outside of the heap: those that are
 * not in use wait in a pool of {@value #POOLED}, and end with {@link #close()}. What was packed can still be unpacked then.
 */
final class Packer implements AutoCloseable {

  /**
   * Twice as much if one object fills it. One whole object makes most of the difference; more of it costs more time than it saves
   * memory: 8 KB of pods make packing one of them take 21 µs instead of 16.
   */
  private static final int DICTIONARY_BYTES = 4 * 1024;

  private static final int SAMPLES = 8; // objects, should they be small
  private static final int LEVEL = 3; // as fast as 1 on objects against a dictionary, and smaller
  private static final int POOLED = 8;

  /**
   * What was packed.
   *
   * @param dictionary that it was packed against, or null; it lives as long as something that needs it
   * @param length of the JSON
   */
  record Packed(byte[] bytes, byte @Nullable [] dictionary, int length) {}

  private final BlockingQueue<Inflater> inflaters = new LinkedBlockingQueue<>(POOLED);
  private volatile boolean closed;

  // of the thread that packs
  private @Nullable Deflater deflater;
  private byte[] buffer = new byte[4096];
  private @Nullable ByteArrayOutputStream samples = new ByteArrayOutputStream();
  private int sampled;
  private byte @Nullable [] dictionary; // null until there are enough samples

  Packed pack(byte[] json, int length) {
    if (deflater == null) {
      deflater = new Deflater(LEVEL, true);
    }
    deflater.reset();
    if (dictionary != null) {
      deflater.setDictionary(dictionary);
    }
    deflater.setInput(json, 0, length);
    deflater.finish();
    int packed = 0;
    while (!deflater.finished()) {
      if (packed == buffer.length) {
        buffer = Arrays.copyOf(buffer, buffer.length * 2);
      }
      packed += deflater.deflate(buffer, packed, buffer.length - packed);
    }
    Packed result = new Packed(Arrays.copyOf(buffer, packed), dictionary, length);
    sample(json, length);
    return result;
  }

  private void sample(byte[] json, int length) {
    if (samples == null) {
      return;
    }
    int room = (sampled == 0 ? 2 : 1) * DICTIONARY_BYTES - samples.size();
    samples.write(json, 0, Math.min(length, room));
    if (++sampled == SAMPLES || samples.size() >= DICTIONARY_BYTES) {
      dictionary = samples.toByteArray();
      samples = null;
    }
  }

  byte[] unpack(Packed packed) {
    Inflater inflater = inflaters.poll();
    if (inflater == null) {
      inflater = new Inflater(true);
    }
    try {
      byte[] json = new byte[packed.length];
      if (packed.dictionary != null) {
        inflater.setDictionary(packed.dictionary);
      }
      inflater.setInput(packed.bytes);
      int length = 0;
      while (length < json.length) {
        int more = inflater.inflate(json, length, json.length - length);
        if (more == 0) {
          throw new IllegalStateException("packed bytes end early");
        }
        length += more;
      }
      return json;
    } catch (DataFormatException e) {
      throw new IllegalStateException("packed bytes are broken", e);
    } finally {
      giveBack(inflater);
    }
  }

  private void giveBack(Inflater inflater) {
    inflater.reset();
    if (closed || !inflaters.offer(inflater)) {
      inflater.end();
    } else if (closed) { // meanwhile
      endAll();
    }
  }

  /** On the thread that packs, or once it has ended. */
  @Override
  public void close() {
    closed = true;
    endAll();
    if (deflater != null) {
      deflater.end();
      deflater = null;
    }
  }

  private void endAll() {
    for (Inflater inflater; (inflater = inflaters.poll()) != null; ) {
      inflater.end();
    }
  }
}
