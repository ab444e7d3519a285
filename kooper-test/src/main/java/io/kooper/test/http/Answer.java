package io.kooper.test.http;

import io.kooper.test.json.Json;
import io.kooper.test.json.StatusException;
import io.kooper.test.store.StoredObject;
import io.kooper.test.types.Resource;
import io.vertx.core.Context;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerResponse;
import java.nio.charset.StandardCharsets;
import java.util.Iterator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Sends the answer of one request, or only a part of it if a fault says so. On the server's event loop. */
final class Answer {

  private static final int CHUNK = 64 * 1024;

  private final HttpServerResponse response;
  private final Context context;
  private final Runnable cut;
  private List<String> warnings = List.of();
  private boolean yaml;
  private final double share; // how much of the body goes out before the connection ends; 1 is all

  Answer(HttpServerResponse response, Context context, Runnable cut, double share) {
    this.response = response;
    this.context = context;
    this.cut = cut;
    this.share = share;
  }

  void send(int code, byte[] json) {
    send(code, yaml ? "application/yaml" : "application/json", yaml ? Bodies.yaml(json) : json);
  }

  /** Whether the client takes YAML and no JSON. */
  void yaml(boolean on) {
    yaml = on;
  }

  private void send(int code, String contentType, byte[] json) {
    putWarnings();
    response.setStatusCode(code).putHeader("Content-Type", contentType);
    if (share >= 1) {
      response.end(Buffer.buffer(json));
      return;
    }
    if (share > 0) {
      response.putHeader("Content-Length", Integer.toString(json.length));
      response.write(Buffer.buffer(json).slice(0, (int) (json.length * share))).onComplete(written -> cut.run());
    } else {
      cut.run();
    }
  }

  /** What the client is told beside the answer; the list may grow until that is sent. */
  void warn(List<String> told) {
    warnings = told;
  }

  private void putWarnings() {
    warnings.forEach(warning -> response.headers().add("Warning",
        "299 - \"" + warning.replace("\\", "\\\\").replace("\"", "\\\"") + "\""));
  }

  void send(StatusException e) {
    if (e.status().path("details").has("retryAfterSeconds")) {
      response.putHeader("Retry-After", e.status().path("details").path("retryAfterSeconds").asString());
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
      cut.run();
      return;
    }
    int whole = share >= 1 ? total : (int) (total * share);
    response.setStatusCode(200).putHeader("Content-Type", "application/json").setChunked(true);
    Iterator<StoredObject> items = page.items().subList(0, whole).iterator();
    StoredObject torn = whole < total ? page.items().get(whole) : null;
    pump(resource, items, Buffer.buffer(page.head()), torn);
  }

  private void pump(Resource resource, Iterator<StoredObject> items, Buffer buffer, @Nullable StoredObject torn) {
    Buffer chunk = buffer;
    while (items.hasNext()) {
      chunk.appendBytes(items.next().itemFor(resource));
      if (items.hasNext() || torn != null) {
        chunk.appendString(",");
      }
      if (chunk.length() >= CHUNK) {
        if (response.closed()) {
          return;
        }
        // the next chunk when this one is out, and in a turn of its own: a slow client costs no memory, and other
        // requests wait for a chunk only
        response.write(chunk).onSuccess(
            written -> context.runOnContext(nothing -> pump(resource, items, Buffer.buffer(), torn)));
        return;
      }
    }
    if (share >= 1) {
      response.end(chunk.appendString("]}"));
      return;
    }
    if (torn != null) {
      byte[] json = torn.itemFor(resource);
      chunk.appendBytes(json, 0, json.length / 2);
    }
    response.write(chunk).onComplete(written -> cut.run());
  }
}
