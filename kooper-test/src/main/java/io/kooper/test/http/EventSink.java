package io.kooper.test.http;

import io.kooper.test.net.Response;
import io.kooper.test.net.WebSocket;
import java.util.Arrays;

/** Where the events of a watch go: the chunks of an HTTP response, or the text frames of a WebSocket. */
interface EventSink {

  /** Tells the client that the watch stands: what is written from now on is told. Before anything is sent. */
  void open();

  void send(byte[] event);

  /** Whether the client is behind. */
  boolean isFull();

  /** Runs when the client has caught up. */
  void onDrain(Runnable drained);

  void onClose(Runnable closed);

  /** Ends the watch in an orderly way. */
  void end();

  static EventSink of(Response response) {
    return new EventSink() {
      @Override
      public void open() {
        response.status(200).header("Content-Type", "application/json").begin();
      }

      @Override
      public void send(byte[] event) {
        byte[] line = Arrays.copyOf(event, event.length + 1);
        line[event.length] = '\n';
        response.write(line);
      }

      @Override
      public boolean isFull() {
        return response.isFull();
      }

      @Override
      public void onDrain(Runnable drained) {
        response.onDrain(drained);
      }

      @Override
      public void onClose(Runnable closed) {
        response.onClose(closed);
      }

      @Override
      public void end() {
        response.end();
      }
    };
  }

  static EventSink of(WebSocket socket) {
    return new EventSink() {
      @Override
      public void open() {
        socket.open();
      }

      @Override
      public void send(byte[] event) {
        socket.send(event);
      }

      @Override
      public boolean isFull() {
        return socket.isFull();
      }

      @Override
      public void onDrain(Runnable drained) {
        socket.onDrain(drained);
      }

      @Override
      public void onClose(Runnable closed) {
        socket.onClose(closed);
      }

      @Override
      public void end() {
        socket.close();
      }
    };
  }
}
