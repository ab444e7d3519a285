package io.kooper.test.net;

import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** The open connections, and what can happen to all of them. */
public final class Connections {

  private final Set<Connection> open = ConcurrentHashMap.newKeySet();
  private volatile boolean blackhole;
  private volatile boolean refusing;

  Connection open(GatedSocket socket, Loop loop) {
    Connection connection = new Connection(socket, loop, open::remove);
    open.add(connection);
    if (blackhole) {
      connection.freeze();
    }
    if (refusing) {
      connection.cut();
    }
    return connection;
  }

  /** How many are open. */
  public int count() {
    return open.size();
  }

  /** Whether new connections are cut at once: a server that stops cannot stop accepting in the same moment. */
  public void refuse(boolean on) {
    refusing = on;
  }

  /** Resets all open connections and returns when it is done. */
  public void cutAll() {
    List.copyOf(open).forEach(Connection::cut);
  }

  /** Makes all open connections half-open. */
  public void freezeAll() {
    open.forEach(Connection::freeze);
  }

  /** Whether connections are frozen from their beginning. */
  public void blackhole(boolean on) {
    blackhole = on;
    if (on) {
      freezeAll();
    }
  }
}
