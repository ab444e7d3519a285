package io.kooper.test.http;

import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.http.ServerWebSocket;
import java.nio.charset.StandardCharsets;

/** Where the events of a watch go: the chunks of an HTTP response, or the text frames of a WebSocket. */
interface EventSink {

  void send(byte[] event);

  /** Whether the client is behind. */
  boolean isFull();

  /** Runs when the client has caught up. */
  void onDrain(Runnable drained);

  void onClose(Runnable closed);

  /** Ends the watch in an orderly way. */
  void end();

  static EventSink of(HttpServerResponse response) {
    return new EventSink() {
      @Override
      public void send(byte[] event) {
        response.write(Buffer.buffer(event.length + 1).appendBytes(event).appendByte((byte) '\n'));
      }

      @Override
      public boolean isFull() {
        return response.writeQueueFull();
      }

      @Override
      public void onDrain(Runnable drained) {
        response.drainHandler(nothing -> drained.run());
      }

      @Override
      public void onClose(Runnable closed) {
        response.closeHandler(nothing -> closed.run());
      }

      @Override
      public void end() {
        response.end();
      }
    };
  }

  static EventSink of(ServerWebSocket socket) {
    return new EventSink() {
      @Override
      public void send(byte[] event) {
        socket.writeTextMessage(new String(event, StandardCharsets.UTF_8));
      }

      @Override
      public boolean isFull() {
        return socket.writeQueueFull();
      }

      @Override
      public void onDrain(Runnable drained) {
        socket.drainHandler(nothing -> drained.run());
      }

      @Override
      public void onClose(Runnable closed) {
        socket.closeHandler(nothing -> closed.run());
      }

      @Override
      public void end() {
        socket.close();
      }
    };
  }
}
