package io.kooper.test;

import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.internal.SSLUtils;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.net.http.WebSocket;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Speaks to the server without a Kubernetes client, to see exactly what is on the wire. */
public final class RawClient {

  static final JsonMapper MAPPER = JsonMapper.builder().build();
  private static final String END = "END";

  record Reply(int code, JsonNode body, HttpResponse<String> http) {

    String at(String pointer) {
      return body.at(pointer).asString("");
    }
  }

  private final EmbeddedApiServer server;
  private final HttpClient http;

  RawClient(EmbeddedApiServer server) {
    this.server = server;
    this.http = trusting(server.config()).connectTimeout(Duration.ofMinutes(1)).build();
  }

  /** A client that trusts whom a configuration trusts. */
  public static HttpClient.Builder trusting(Config config) {
    try {
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(null, SSLUtils.trustManagers(config), null);
      return HttpClient.newBuilder().sslContext(context);
    } catch (GeneralSecurityException | IOException e) {
      throw new IllegalStateException(e);
    }
  }

  Reply get(String path) {
    return send("GET", path, null, null);
  }

  Reply create(String path, String json) {
    return send("POST", path, "application/json", json);
  }

  Reply put(String path, String json) {
    return send("PUT", path, "application/json", json);
  }

  Reply merge(String path, String json) {
    return send("PATCH", path, "application/merge-patch+json", json);
  }

  Reply delete(String path) {
    return send("DELETE", path, null, null);
  }

  /** Creates a config map with these labels in JSON. */
  Reply configMap(String namespace, String name, String labels) {
    return create("/api/v1/namespaces/" + namespace + "/configmaps",
        "{'metadata':{'name':'%s','labels':%s},'data':{'k':'v'}}".formatted(name, labels));
  }

  Reply send(String method, String path, @Nullable String contentType, @Nullable String json) {
    HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(server.url() + path))
        .timeout(Duration.ofMinutes(1))
        .method(method, json == null ? BodyPublishers.noBody() : BodyPublishers.ofString(json.replace('\'', '"')));
    if (contentType != null) {
      request.header("Content-Type", contentType);
    }
    try {
      HttpResponse<String> response = http.send(request.build(), BodyHandlers.ofString());
      String body = response.body();
      JsonNode tree = body.startsWith("{") ? MAPPER.readTree(body) : MAPPER.nullNode();
      return new Reply(response.statusCode(), tree, response);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  /** Opens a watch over HTTP and returns when the headers are there. */
  RawWatch watch(String pathAndQuery) {
    RawWatch watch = new RawWatch();
    HttpRequest request = HttpRequest.newBuilder(URI.create(server.url() + pathAndQuery)).build();
    HttpResponse<InputStream> response =
        http.sendAsync(request, BodyHandlers.ofInputStream()).orTimeout(10, TimeUnit.SECONDS).join();
    watch.code = response.statusCode();
    Thread reader = new Thread(() -> {
      try (BufferedReader lines =
          new BufferedReader(new InputStreamReader(response.body(), StandardCharsets.UTF_8))) {
        String line;
        while ((line = lines.readLine()) != null) {
          watch.events.add(line);
        }
        watch.events.add(END);
      } catch (IOException e) {
        watch.events.add("broken: " + e);
      }
    }, "raw-watch");
    reader.setDaemon(true);
    reader.start();
    return watch;
  }

  /** Opens a watch over a WebSocket and returns when it stands. */
  RawWatch webSocket(String pathAndQuery) {
    RawWatch watch = new RawWatch();
    URI uri = URI.create(server.url().replaceFirst("^http", "ws") + pathAndQuery);
    http.newWebSocketBuilder().buildAsync(uri, new WebSocket.Listener() {
      private final StringBuilder text = new StringBuilder();

      @Override
      public @Nullable CompletionStage<?> onText(WebSocket socket, CharSequence data, boolean last) {
        text.append(data);
        if (last) {
          watch.events.add(text.toString());
          text.setLength(0);
        }
        socket.request(1);
        return null;
      }

      @Override
      public @Nullable CompletionStage<?> onClose(WebSocket socket, int code, String reason) {
        watch.events.add(END);
        return null;
      }

      @Override
      public void onError(WebSocket socket, Throwable error) {
        watch.events.add("broken: " + error);
      }
    }).orTimeout(10, TimeUnit.SECONDS).join();
    return watch;
  }

  /** What came from a watch. */
  static final class RawWatch {

    final BlockingQueue<String> events = new LinkedBlockingQueue<>();
    int code;

    String line() {
      try {
        String line = events.poll(10, TimeUnit.SECONDS);
        if (line == null) {
          throw new AssertionError("nothing came from the watch");
        }
        return line;
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IllegalStateException(e);
      }
    }

    JsonNode event() {
      return MAPPER.readTree(line());
    }

    /** The next event as {@code ADDED name}; for a bookmark {@code BOOKMARK}. */
    String next() {
      String line = line();
      if (line.equals(END) || line.startsWith("broken")) {
        return line.equals(END) ? END : "broken";
      }
      JsonNode event = MAPPER.readTree(line);
      return (event.path("type").asString() + " " + event.at("/object/metadata/name").asString("")).strip();
    }

    boolean isQuiet() {
      return events.isEmpty();
    }
  }
}
