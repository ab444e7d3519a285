package io.kooper.examples.support;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.kooper.controller.Controller;
import io.kooper.controller.Health;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.BindException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;

/** Serves what Kubernetes probes, /healthz and /readyz, with nothing but the JDK. One thread answers all. */
public final class Probes implements AutoCloseable {

  private final HttpServer server;

  private Probes(HttpServer server) {
    this.server = server;
  }

  /**
   * Serves the health of a controller, or of an operator.
   *
   * @param port 0 for any that is free
   * @throws IllegalStateException when the port is taken
   */
  public static Probes start(int port, Controller controller) {
    try {
      HttpServer server = HttpServer.create(new InetSocketAddress(port), 0);
      addTo(server, controller);
      server.start();
      return new Probes(server);
    } catch (BindException e) {
      throw new IllegalStateException("port " + port + " is taken", e);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The same on a server that serves other things too. */
  public static void addTo(HttpServer server, Controller controller) {
    server.createContext("/healthz", exchange -> {
      Health health = controller.health();
      answer(exchange, health.live(), health);
    });
    server.createContext("/readyz", exchange -> {
      Health health = controller.health();
      answer(exchange, health.ready(), health);
    });
  }

  public int port() {
    return server.getAddress().getPort();
  }

  private static void answer(HttpExchange exchange, boolean fine, Health health) throws IOException {
    String text = fine ? "ok" : String.join(System.lineSeparator(), health.reasons());
    byte[] body = (text + System.lineSeparator()).getBytes(StandardCharsets.UTF_8);
    try (exchange) {
      exchange.getResponseHeaders().set("Content-Type", "text/plain; charset=utf-8");
      exchange.sendResponseHeaders(fine ? 200 : 503, body.length);
      exchange.getResponseBody().write(body);
    }
  }

  @Override
  public void close() {
    server.stop(0);
  }
}
