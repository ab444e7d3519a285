package io.kooper.test.net;

import java.io.IOException;
import java.io.OutputStream;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * What a connection has yet to send, in order. Whoever writes never waits: it asks whether there is too much, and is told when
 * that is out. Written by any thread; sent by the connection's own, one of them at a time.
 */
final class Output {

  private static final long HIGH = 64 * 1024; // bytes; a client that leaves so much is behind
  private static final long LOW = HIGH / 2;

  /** @param sent runs on the loop when the bytes are out */
  private record Piece(byte[] bytes, @Nullable Runnable sent, End end) {}

  /** How the connection goes on behind a piece. */
  enum End { NONE, GOODBYE, SILENT }

  private final Queue<Piece> pieces = new ArrayDeque<>(); // guarded by this
  private boolean held; // guarded by this: who has it sends what is added meanwhile
  private boolean sending; // guarded by this: who does so sends what is added meanwhile
  private End end = End.NONE; // guarded by this
  private final AtomicLong waiting = new AtomicLong(); // bytes
  private final AtomicReference<@Nullable Runnable> drained = new AtomicReference<>();
  private final Loop loop;

  Output(Loop loop) {
    this.loop = loop;
  }

  void add(byte[] bytes, @Nullable Runnable sent) {
    waiting.addAndGet(bytes.length);
    add(new Piece(bytes, sent, End.NONE));
  }

  void end(End how) {
    add(new Piece(new byte[0], null, how));
  }

  private synchronized void add(Piece piece) {
    pieces.add(piece);
    if (!held && !sending) {
      notifyAll();
    }
  }

  /** Whether what is added waits for {@link #send}, instead of waking the thread that sends. */
  synchronized void hold(boolean on) {
    held = on;
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
  End sendAll(OutputStream out) throws IOException, InterruptedException {
    while (true) {
      synchronized (this) {
        while (end == End.NONE && (held || sending || pieces.isEmpty())) {
          wait();
        }
        if (end != End.NONE) {
          return end;
        }
      }
      send(out);
    }
  }

  /** Sends what is there, unless somebody else does so. */
  void send(OutputStream out) throws IOException {
    synchronized (this) {
      if (sending || end != End.NONE) {
        return;
      }
      sending = true;
    }
    End how = End.SILENT; // if it fails
    try {
      how = sendPieces(out);
    } finally {
      synchronized (this) {
        sending = false;
        end = how;
        if (how != End.NONE || !pieces.isEmpty()) {
          notifyAll();
        }
      }
    }
  }

  private End sendPieces(OutputStream out) throws IOException {
    for (Piece piece = next(); piece != null; piece = next()) {
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
    out.flush();
    return End.NONE;
  }

  private synchronized @Nullable Piece next() {
    return pieces.poll();
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
