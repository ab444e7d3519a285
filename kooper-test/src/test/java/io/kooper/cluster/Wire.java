package io.kooper.cluster;

import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** The connections between a client and an API server, which can be cut, fall silent, or be refused. */
final class Wire implements AutoCloseable {

  /** The two ends of one connection. */
  private static final class Connection {
    final Socket client;
    final Socket server;
    volatile boolean silent;

    Connection(Socket client, Socket server) {
      this.client = client;
      this.server = server;
    }

    void close() throws IOException {
      client.close();
      server.close();
    }
  }

  private final URI apiServer;
  private final ServerSocket listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
  private final Set<Connection> connections = ConcurrentHashMap.newKeySet();
  private volatile boolean refused;
  private volatile boolean silent;

  Wire(Config direct) throws IOException {
    apiServer = URI.create(direct.getMasterUrl());
    start("accept", this::accept);
  }

  /** As the direct one, but by way of this. */
  Config config(Config direct) {
    return new ConfigBuilder(direct).withMasterUrl("https://127.0.0.1:" + listener.getLocalPort() + "/")
        .withTrustCerts(true).withDisableHostnameVerification(true).withCaCertData(null).withCaCertFile(null).build();
  }

  /** All that are open now stay open and carry nothing any more; new ones work. */
  void freeze() {
    connections.forEach(connection -> connection.silent = true);
  }

  /** No connection carries anything, old or new, until {@code on} is false again: then new ones do. */
  void blackhole(boolean on) {
    silent = on;
    freeze();
  }

  /** Ends all that are open now; new ones work. */
  void cut() {
    for (Connection connection : connections) {
      close(connection);
    }
  }

  /** Ends all, and each new one at once, until {@code on} is false again. */
  void refuse(boolean on) {
    refused = on;
    cut();
  }

  private void accept() {
    while (true) {
      try {
        Socket client = listener.accept();
        if (refused || !connect(client)) {
          client.close();
        }
      } catch (IOException e) {
        return; // closed
      }
    }
  }

  private boolean connect(Socket client) {
    try {
      Connection connection = new Connection(client, new Socket(apiServer.getHost(), apiServer.getPort()));
      connection.silent = silent;
      connections.add(connection);
      start("up", () -> carry(connection, connection.client, connection.server));
      start("down", () -> carry(connection, connection.server, connection.client));
      return true;
    } catch (IOException e) {
      return false; // the server is away
    }
  }

  private void carry(Connection connection, Socket from, Socket to) {
    byte[] bytes = new byte[16_384];
    try {
      int length;
      while ((length = from.getInputStream().read(bytes)) >= 0) {
        if (!connection.silent) {
          to.getOutputStream().write(bytes, 0, length);
        }
      }
    } catch (IOException e) {
      // one side has gone: so does the other
    }
    if (!connection.silent) {
      close(connection);
    }
  }

  private void close(Connection connection) {
    connections.remove(connection);
    try {
      connection.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void start(String name, Runnable task) {
    Thread thread = new Thread(task, "wire-" + name);
    thread.setDaemon(true);
    thread.start();
  }

  @Override
  public void close() throws IOException {
    listener.close();
    cut();
  }
}
