package io.kooper.test.net;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.function.Consumer;
import javax.net.ssl.SSLSocketFactory;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Accepts connections on 127.0.0.1, each with threads of its own; what they ask is answered on the loop. */
public final class HttpServer {

  private static final Logger log = LoggerFactory.getLogger(HttpServer.class);
  private static final int BACKLOG = 1024;

  private final ServerSocket server;
  private final Thread accepting;

  private HttpServer(ServerSocket server, @Nullable SSLSocketFactory tls, Connections connections, Loop loop,
      Consumer<Request> handler) {
    this.server = server;
    this.accepting = Loop.daemon(() -> accept(tls, connections, loop, handler), "kooper-test-accept-" + port());
  }

  /**
   * Listens, and returns when it does.
   *
   * @param port 0 for a free one
   * @param tls null for plain text
   * @throws UncheckedIOException when the port is taken
   */
  public static HttpServer listen(int port, @Nullable SSLSocketFactory tls, Connections connections, Loop loop,
      Consumer<Request> handler) {
    try {
      ServerSocket server = new ServerSocket() {
        @Override
        public Socket accept() throws IOException {
          GatedSocket accepted = new GatedSocket();
          implAccept(accepted);
          return accepted;
        }
      };
      server.setReuseAddress(true);
      server.bind(new InetSocketAddress(InetAddress.getByAddress(new byte[] {127, 0, 0, 1}), port), BACKLOG);
      HttpServer listening = new HttpServer(server, tls, connections, loop, handler);
      listening.accepting.start();
      return listening;
    } catch (IOException e) {
      throw new UncheckedIOException("cannot listen on port " + port + ": " + e.getMessage(), e);
    }
  }

  private void accept(@Nullable SSLSocketFactory tls, Connections connections, Loop loop, Consumer<Request> handler) {
    while (!server.isClosed()) {
      try {
        GatedSocket socket = (GatedSocket) server.accept();
        socket.setTcpNoDelay(true);
        Connection connection = connections.open(socket, loop);
        connection.start(tls, handler);
      } catch (IOException | RuntimeException | Error e) { // of one connection, or the end
        log.debug("no connection", e);
      }
    }
  }

  public int port() {
    return server.getLocalPort();
  }

  /** Accepts no more; those that are open stay. The port is free when it returns. */
  public void close() {
    try {
      server.close();
      accepting.join(); // until then it may hold the port
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (IOException e) {
      throw new UncheckedIOException("cannot close the port", e);
    }
  }
}
