package io.kooper.test.net;

import java.io.IOException;
import java.io.OutputStream;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * What a connection has yet to send, in order. Whoever writes never waits: it asks whether there is too much, and is told when
 * that is out. Written by any thread; sent by the connection's own.
 */
final class Output {

  private static final long HIGH = 64 * 1024; // bytes; a client that leaves so much is behind
  private static final long LOW = HIGH / 2;

  /** @param sent runs on the loop when the bytes are out */
  private record Piece(byte[] bytes, @Nullable Runnable sent, End end) {}

  /** How the connection goes on behind a piece. */
  enum End { NONE, GOODBYE, SILENT }

  private final BlockingQueue<Piece> pieces = new LinkedBlockingQueue<>();
  private final AtomicLong waiting = new AtomicLong(); // bytes
  private final AtomicReference<@Nullable Runnable> drained = new AtomicReference<>();
  private final Loop loop;

  Output(Loop loop) {
    this.loop = loop;
  }

  void add(byte[] bytes, @Nullable Runnable sent) {
    waiting.addAndGet(bytes.length);
    pieces.add(new Piece(bytes, sent, End.NONE));
  }

  void end(End end) {
    pieces.add(new Piece(new byte[0], null, end));
  }

  boolean isFull() {
    return waiting.get() > HIGH;
  }

  /** Runs a task once, on the loop, when there is room again. */
  void onDrain(Runnable task) {
    drained.set(task);
    drain();
  }

  /** Sends until the connection is to end, and says how. */
  End send(OutputStream out) throws IOException, InterruptedException {
    while (true) {
      Piece piece = pieces.poll();
      if (piece == null) {
        out.flush();
        piece = pieces.take();
      }
      out.write(piece.bytes);
      waiting.addAndGet(-piece.bytes.length);
      if (piece.sent != null) {
        out.flush();
        loop.execute(piece.sent);
      }
      drain();
      if (piece.end != End.NONE) {
        out.flush();
        return piece.end;
      }
    }
  }

  private void drain() {
    if (waiting.get() <= LOW) {
      Runnable task = drained.getAndSet(null);
      if (task != null) {
        loop.execute(task);
      }
    }
  }
}
