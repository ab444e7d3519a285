package io.kooper.test.http;

import io.kooper.test.json.Json;
import io.kooper.test.json.StatusException;
import io.kooper.test.net.Response;
import io.kooper.test.store.StoredObject;
import io.kooper.test.types.Resource;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Sends the answer of one request, or only a part of it if a fault says so. On the loop. */
final class Answer {

  private static final int CHUNK = 64 * 1024;
  private static final byte[] NOTHING = {};
  private static final byte[] END = {']', '}'};

  private final Response response;
  private List<String> warnings = List.of();
  private List<String> more = List.of();
  private boolean yaml;
  private final double share; // how much of the body goes out before the connection ends; 1 is all

  Answer(Response response, double share) {
    this.response = response;
    this.share = share;
  }

  void send(int code, byte[] json) {
    send(code, yaml ? "application/yaml" : "application/json", yaml ? Bodies.yaml(json) : json);
  }

  /** Whether the client takes YAML and no JSON. */
  void yaml(boolean on) {
    yaml = on;
  }

  void send(int code, String contentType, byte[] json) {
    Stream.concat(warnings.stream(), more.stream()).distinct().forEach(this::put);
    response.status(code).header("Content-Type", contentType);
    if (share >= 1) {
      response.end(json);
      return;
    }
    if (share > 0) {
      response.begin(json.length);
      response.write(Arrays.copyOf(json, (int) (json.length * share)));
    }
    response.abort();
  }

  /** What the client is told beside the answer; the list may grow until that is sent. */
  void warn(List<String> told) {
    warnings = told;
  }

  /** Tells the client at once that a type is to go. */
  void deprecated(Resource resource) {
    String deprecation = resource.kind() == null ? null : resource.kind().deprecation();
    if (deprecation != null) {
      put(deprecation);
    }
  }

  /** As {@link #warn}, and beside it. */
  void warnToo(List<String> told) {
    more = told;
  }

  private void put(String warning) {
    response.header("Warning", "299 - \"" + warning.replace("\\", "\\\\").replace("\"", "\\\"") + "\"");
  }

  void send(StatusException e) {
    if (e.status().path("details").has("retryAfterSeconds")) {
      response.header("Retry-After", e.status().path("details").path("retryAfterSeconds").asString());
    }
    if (e.isPage()) {
      send(e.code(), "text/plain; charset=utf-8", String.valueOf(e.getMessage()).getBytes(StandardCharsets.UTF_8));
    } else {
      send(e.code(), Json.bytes(e.status()));
    }
  }

  /** Sends a list object by object, waiting whenever the client does not keep up. */
  void send(Resource resource, Lists.Page page) {
    int total = page.items().size();
    if (share <= 0) {
      response.abort();
      return;
    }
    int whole = share >= 1 ? total : (int) (total * share);
    response.status(200).header("Content-Type", "application/json").begin();
    Iterator<StoredObject> items = page.items().subList(0, whole).iterator();
    StoredObject torn = whole < total ? page.items().get(whole) : null;
    pump(resource, items, page.head(), torn);
  }

  private void pump(Resource resource, Iterator<StoredObject> items, byte[] head, @Nullable StoredObject torn) {
    ByteArrayOutputStream chunk = new ByteArrayOutputStream();
    chunk.writeBytes(head);
    while (items.hasNext()) {
      chunk.writeBytes(items.next().itemFor(resource));
      if (items.hasNext() || torn != null) {
        chunk.write(',');
      }
      if (chunk.size() >= CHUNK) {
        if (!response.isClosed()) {
          // the next chunk when this one is out, and in a turn of its own: a slow client costs no memory, and other
          // requests wait for a chunk only
          response.write(chunk.toByteArray(), () -> pump(resource, items, NOTHING, torn));
        }
        return;
      }
    }
    if (share >= 1) {
      chunk.writeBytes(END);
    } else if (torn != null) {
      byte[] json = torn.itemFor(resource);
      chunk.write(json, 0, json.length / 2);
    }
    response.write(chunk.toByteArray());
    if (share >= 1) {
      response.end();
    } else {
      response.abort();
    }
  }
}
