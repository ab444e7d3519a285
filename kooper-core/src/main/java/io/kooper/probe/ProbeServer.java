package io.kooper.probe;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.kooper.controller.Controller;
import io.kooper.controller.Health;
import io.kooper.internal.Guard;
import io.kooper.internal.Log;
import io.kooper.internal.Threads;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.BindException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Serves what Kubernetes probes and Prometheus scrapes, on the JDK's HTTP server.
 *
 * <p><b>Guarantees.</b> {@code /livez} and {@code /readyz} are answered with 200 when all that was added is live or ready, and
 * else with 503; the body has the reasons, one a line. {@code /metrics} is what the scrape function returns. A health function
 * that throws is neither live nor ready, and a scrape that throws is answered with 500; both are logged. All threads are daemons.
 *
 * <p><b>Caveats.</b> There is no TLS and no authentication, and reasons hold names of objects: let only the cluster reach the
 * port.
 *
 * <pre>{@code
 * try (ProbeServer probes = ProbeServer.builder().controller(controller).scrape(registry::scrape).start()) {
 *   controller.run();
 * }
 * }</pre>
 */
public final class ProbeServer implements AutoCloseable {

  private static final Log log = Log.of(ProbeServer.class);
  private static final int THREADS = 32; // at most, and made as needed: one that hangs does not hold up the others
  private static final Duration IDLE = Duration.ofMinutes(1);
  private static final int LARGEST_PORT = 65_535;

  private final HttpServer server;
  private final ExecutorService threads;
  private final List<Supplier<Health>> healths;
  private final @Nullable Supplier<String> scrape;
  private final Guard guard = new Guard(log, "a health or scrape function of the probe server");

  private ProbeServer(HttpServer server, ExecutorService threads, Builder builder) {
    this.server = server;
    this.threads = threads;
    this.healths = List.copyOf(builder.healths);
    this.scrape = builder.scrape;
  }

  /** A server that is configured step by step. */
  public static Builder builder() {
    return new Builder();
  }

  /** Configures a server. Used by one thread. */
  public static final class Builder {

    private int port = 8080;
    private final List<Supplier<Health>> healths = new ArrayList<>();
    private @Nullable Supplier<String> scrape;

    private Builder() {}

    /** Default: 8080; 0 for any that is free. */
    public Builder port(int port) {
      this.port = port;
      return this;
    }

    /** Adds a controller or an operator, whose election counts too. */
    public Builder controller(Controller controller) {
      Objects.requireNonNull(controller, "controller");
      return health(controller::health);
    }

    /** Adds a function, which must not block. */
    public Builder health(Supplier<Health> health) {
      healths.add(Objects.requireNonNull(health, "health"));
      return this;
    }

    /** Serves {@code /metrics} in Prometheus' text format, as {@code registry::scrape} writes it. Default: not served. */
    public Builder scrape(Supplier<String> text) {
      this.scrape = Objects.requireNonNull(text, "scrape");
      return this;
    }

    /**
     * Starts the server.
     *
     * @throws IllegalArgumentException when the port is none, or nothing was added
     * @throws IllegalStateException when the port is taken
     */
    public ProbeServer start() {
      if (port < 0 || port > LARGEST_PORT) {
        throw new IllegalArgumentException("cannot start a probe server: " + port + " is no port");
      }
      if (healths.isEmpty() && scrape == null) {
        throw new IllegalArgumentException("cannot start a probe server: it was given nothing to serve");
      }
      HttpServer server;
      try {
        server = HttpServer.create(new InetSocketAddress(port), 0);
      } catch (BindException e) {
        throw new IllegalStateException("port " + port + " is taken: choose another one for the probe server", e);
      } catch (IOException e) {
        throw new UncheckedIOException("cannot start a probe server on port " + port, e);
      }
      AtomicInteger number = new AtomicInteger();
      ThreadPoolExecutor threads = new ThreadPoolExecutor(THREADS, THREADS, IDLE.toSeconds(), TimeUnit.SECONDS,
          new LinkedBlockingQueue<>(), task -> Threads.of("kooper-probe-" + number.getAndIncrement(), task));
      threads.allowCoreThreadTimeOut(true);
      ProbeServer probes = new ProbeServer(server, threads, this);
      server.createContext("/", probes::answer);
      server.setExecutor(threads);
      try {
        CompletableFuture.runAsync(server::start, threads).join(); // so that the server's own thread is a daemon too
      } catch (CompletionException e) {
        probes.close();
        throw e;
      }
      return probes;
    }
  }

  /** The port that it listens on. */
  public int port() {
    return server.getAddress().getPort();
  }

  private void answer(HttpExchange exchange) throws IOException {
    try (exchange) {
      String path = exchange.getRequestURI().getPath();
      if (!exchange.getRequestMethod().equals("GET")) {
        send(exchange, 405, "only GET is answered\n");
      } else if (path.equals("/livez")) {
        health(exchange, Health::live);
      } else if (path.equals("/readyz")) {
        health(exchange, Health::ready);
      } else if (path.equals("/metrics") && scrape != null) {
        String text = guard.ask(scrape::get);
        send(exchange, text == null ? 500 : 200, text == null ? "the metrics cannot be read, see the log\n" : text);
      } else {
        send(exchange, 404, "there is /livez, /readyz" + (scrape == null ? "\n" : " and /metrics\n"));
      }
    }
  }

  private void health(HttpExchange exchange, Predicate<Health> good) throws IOException {
    List<Health> all = new ArrayList<>();
    for (Supplier<Health> one : healths) {
      all.add(guard.ask(one::get, new Health(false, false, null, List.of("a health function fails, see the log"))));
    }
    StringBuilder text = new StringBuilder();
    all.forEach(one -> one.reasons().forEach(reason -> text.append(reason).append('\n')));
    boolean ok = all.stream().allMatch(good);
    send(exchange, ok ? 200 : 503, text.isEmpty() ? (ok ? "ok\n" : "no reason was given\n") : text.toString());
  }

  private static void send(HttpExchange exchange, int code, String text) throws IOException {
    byte[] body = text.getBytes(StandardCharsets.UTF_8);
    exchange.getResponseHeaders().set("Content-Type", "text/plain; version=0.0.4; charset=utf-8"); // Prometheus wants a version
    exchange.sendResponseHeaders(code, body.length);
    exchange.getResponseBody().write(body);
  }

  /** Stops listening; answers that are being written are cut. */
  @Override
  public void close() {
    server.stop(0);
    threads.shutdownNow();
  }
}
