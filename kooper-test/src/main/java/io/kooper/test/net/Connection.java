package io.kooper.test.net;

import io.kooper.test.net.HttpParser.BadRequestException;
import io.kooper.test.net.HttpParser.Head;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import javax.net.ssl.SSLSocketFactory;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A client's connection. One thread reads requests, answers them when it is their turn on the loop, and sends what it has
 * answered; while a response goes on, it only finds out whether the client has gone. What comes from elsewhere, like a watch's
 * events, is sent by a second thread.
 */
public final class Connection {

  private static final Logger log = LoggerFactory.getLogger(Connection.class);

  private final GatedSocket socket;
  private final Loop loop;
  private final Output output;
  private final Consumer<Connection> closed;
  private final Object lock = new Object();
  private final List<Runnable> onClose = new ArrayList<>(); // guarded by lock
  private boolean isClosed; // guarded by lock
  private boolean responding; // guarded by lock
  private volatile @Nullable WebSocket webSocket;

  Connection(GatedSocket socket, Loop loop, Consumer<Connection> closed) {
    this.socket = socket;
    this.loop = loop;
    this.closed = closed;
    this.output = new Output(loop);
  }

  /** Begins to serve; {@code tls} is null for plain text. */
  void start(@Nullable SSLSocketFactory tls, Consumer<Request> handler) {
    String name = "kooper-test-connection-" + socket.getPort();
    try {
      Socket spoken = tls == null ? socket : tls.createSocket(socket, null, true);
      OutputStream out = new BufferedOutputStream(spoken.getOutputStream(), 16 * 1024);
      Loop.daemon(() -> read(spoken, out, handler), name).start();
      Loop.daemon(() -> write(spoken, out), name + "-out").start();
    } catch (IOException e) {
      log.debug("no TLS", e);
      close();
    }
  }

  private void read(Socket spoken, OutputStream out, Consumer<Request> handler) {
    try {
      BufferedInputStream in = new BufferedInputStream(spoken.getInputStream(), 16 * 1024);
      HttpParser parser = new HttpParser(in);
      for (Head head = parser.head(); head != null; head = parser.head()) {
        if ("100-continue".equalsIgnoreCase(head.headers().get("Expect"))) {
          output.add("HTTP/1.1 100 Continue\r\n\r\n".getBytes(StandardCharsets.US_ASCII), null);
        }
        Request request = request(head, parser.body(head));
        synchronized (lock) {
          responding = true;
        }
        output.hold(true);
        try {
          loop.run(() -> answer(request, handler));
        } finally {
          output.hold(false);
        }
        output.send(out);
        in.mark(1);
        if (in.read() < 0) {
          break;
        }
        in.reset();
        awaitResponse();
        WebSocket upgraded = webSocket;
        if (upgraded != null) {
          upgraded.read(in);
          return; // the writer ends it behind its goodbye
        }
      }
      close();
    } catch (BadRequestException e) {
      String head = "HTTP/1.1 " + e.code + " Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
      output.add(head.getBytes(StandardCharsets.US_ASCII), null);
      output.end(Output.End.GOODBYE);
    } catch (IOException e) {
      log.trace("the client went away", e);
      close();
    } catch (InterruptedException e) {
      close();
    } catch (RuntimeException | Error e) {
      log.warn("a defect of the embedded API server", e);
      close();
    }
  }

  private void answer(Request request, Consumer<Request> handler) {
    try {
      handler.accept(request);
    } catch (RuntimeException | Error e) {
      log.warn("a defect of the embedded API server", e);
      cut(); // the client would wait for ever
    }
  }

  private Request request(Head head, byte[] body) throws BadRequestException {
    int mark = head.target().indexOf('?');
    String path = mark < 0 ? head.target() : head.target().substring(0, mark);
    String query = mark < 0 ? "" : head.target().substring(mark + 1);
    try {
      Fields.decode(path);
      return new Request(head.method(), path, query, head.headers(), Fields.ofQuery(query), body, this, new Response(this, head));
    } catch (IllegalArgumentException e) {
      throw new BadRequestException(400, "a path or a query that is not encoded as it should be");
    }
  }

  private void awaitResponse() throws InterruptedException {
    synchronized (lock) {
      while (responding && !isClosed) {
        lock.wait();
      }
    }
  }

  /** The response to the last request is complete. */
  void responded(boolean persistent) {
    if (!persistent) {
      output.end(Output.End.GOODBYE);
    }
    synchronized (lock) {
      responding = false;
      lock.notifyAll();
    }
  }

  void upgraded(WebSocket to) {
    webSocket = to;
    responded(true);
  }

  private void write(Socket spoken, OutputStream out) {
    try {
      if (output.sendAll(out) == Output.End.GOODBYE) {
        spoken.close(); // TLS says goodbye as well
      }
    } catch (IOException e) {
      log.trace("the client went away", e);
    } catch (InterruptedException e) {
      log.trace("ended", e);
    } finally {
      close();
    }
  }

  Output output() {
    return output;
  }

  /** Runs on the loop when the connection is closed, at once if it is. */
  void onClose(Runnable task) {
    synchronized (lock) {
      if (!isClosed) {
        onClose.add(task);
        return;
      }
    }
    loop.execute(task);
  }

  boolean isClosed() {
    synchronized (lock) {
      return isClosed;
    }
  }

  /** Whether what arrives was only on its way through TLS when the connection was frozen. */
  public boolean isFrozen() {
    return socket.isFrozen();
  }

  void freeze() {
    socket.freeze();
  }

  /** Resets the connection: what the client has not read yet is lost, too. */
  public void cut() {
    socket.reset();
    close();
  }

  /** Ends the connection without a word to HTTP or TLS, behind everything that was written. */
  void end() {
    output.end(Output.End.SILENT);
  }

  private void close() {
    closed.accept(this); // also for the second of two: when it returns, it is done
    List<Runnable> tasks;
    synchronized (lock) {
      if (isClosed) {
        return;
      }
      isClosed = true;
      lock.notifyAll();
      tasks = List.copyOf(onClose);
    }
    socket.end();
    output.end(Output.End.SILENT); // so that the writer ends
    tasks.forEach(loop::execute);
  }
}
