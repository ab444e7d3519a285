package io.kooper.test.net;

import io.kooper.test.net.HttpParser.Head;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** The response to one request. On the loop, once each: a head, what is written, an end. */
public final class Response {

  private final Connection connection;
  private final Head request;
  private final Fields headers = new Fields(true);
  private int status = 200;
  private boolean begun;
  private boolean chunked;
  private boolean ended;
  private Runnable onHead = () -> { };

  Response(Connection connection, Head request) {
    this.connection = connection;
    this.request = request;
  }

  public Response status(int code) {
    status = code;
    return this;
  }

  public int status() {
    return status;
  }

  /** Adds a header. */
  public Response header(String name, String value) {
    headers.add(name, value);
    return this;
  }

  /** Runs when the head is sent. */
  public void onHead(Runnable task) {
    onHead = task;
  }

  /** Sends the head of a body whose length is not known. */
  public void begin() {
    chunked = request.isPersistent();
    begin(chunked ? "Transfer-Encoding: chunked" : "Connection: close");
  }

  /** Sends the head of a body of a length. */
  public void begin(int length) {
    begin("Content-Length: " + length);
  }

  private void begin(String framing) {
    begun = true;
    onHead.run();
    StringBuilder head = new StringBuilder("HTTP/1.1 ").append(status).append(' ').append(reason()).append("\r\n");
    headers.forEach((name, value) -> head.append(name).append(": ").append(oneLine(value)).append("\r\n"));
    head.append(framing).append("\r\n\r\n");
    connection.output().add(head.toString().getBytes(StandardCharsets.UTF_8), null);
  }

  private static String oneLine(String value) {
    return value.replace('\r', ' ').replace('\n', ' ');
  }

  private String reason() {
    return switch (status) {
      case 200 -> "OK";
      case 201 -> "Created";
      case 204 -> "No Content";
      default -> "Status " + status;
    };
  }

  public void write(byte[] bytes) {
    write(bytes, null);
  }

  /** @param sent runs on the loop when the bytes are out */
  public void write(byte[] bytes, @Nullable Runnable sent) {
    if (request.method().equals("HEAD")) {
      return;
    }
    if (chunked && bytes.length > 0) {
      add(Integer.toHexString(bytes.length) + "\r\n");
      connection.output().add(bytes, null);
      connection.output().add("\r\n".getBytes(StandardCharsets.US_ASCII), sent);
    } else {
      connection.output().add(bytes, sent);
    }
  }

  private void add(String text) {
    connection.output().add(text.getBytes(StandardCharsets.US_ASCII), null);
  }

  /** Sends all of a response that is not begun. */
  public void end(byte[] body) {
    if (status == 204) {
      begin(0);
    } else {
      begin(body.length);
      write(body);
    }
    end();
  }

  public void end() {
    if (ended) {
      return;
    }
    ended = true;
    if (!begun) {
      begin(0);
    }
    if (chunked && !request.method().equals("HEAD")) {
      add("0\r\n\r\n");
    }
    String wish = request.headers().get("Connection");
    connection.responded(request.isPersistent() && (wish == null || !wish.toLowerCase(Locale.ROOT).contains("close")));
  }

  /** Ends the connection behind what was written, without a word to HTTP or TLS. */
  public void abort() {
    connection.end();
  }

  /** Whether the client is behind. */
  public boolean isFull() {
    return connection.output().isFull();
  }

  /** Runs a task once, on the loop, when the client has caught up. */
  public void onDrain(Runnable drained) {
    connection.output().onDrain(drained);
  }

  /** Runs a task on the loop when the connection is closed. */
  public void onClose(Runnable closed) {
    connection.onClose(closed);
  }

  public boolean isClosed() {
    return connection.isClosed();
  }

  /** What answers the request to go on as a WebSocket. */
  public WebSocket upgrade() {
    return new WebSocket(connection, request.headers());
  }
}
