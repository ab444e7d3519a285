package io.kooper.test.net;

import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;

/** A WebSocket (RFC 6455) that sends texts. Of what the client says it heeds pings and the goodbye. */
public final class WebSocket {

  private static final String GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"; // of RFC 6455, section 1.3
  private static final int TEXT = 1;
  private static final int CLOSE = 8;
  private static final int PING = 9;
  private static final int PONG = 10;
  private static final int MAX_FRAME = 1024 * 1024;

  private final Connection connection;
  private final Fields headers;
  private boolean closing; // guarded by this

  WebSocket(Connection connection, Fields headers) {
    this.connection = connection;
    this.headers = headers;
  }

  /** Answers the request. */
  public void open() {
    String key = headers.get("Sec-WebSocket-Key");
    String head = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: "
        + accept(key == null ? "" : key) + "\r\n\r\n";
    connection.output().add(head.getBytes(StandardCharsets.US_ASCII), null);
    connection.upgraded(this);
  }

  private static String accept(String key) {
    try {
      byte[] hash = MessageDigest.getInstance("SHA-1").digest((key + GUID).getBytes(StandardCharsets.US_ASCII));
      return Base64.getEncoder().encodeToString(hash);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-1", e);
    }
  }

  public void send(byte[] text) {
    send(TEXT, text);
  }

  /** Says goodbye; the connection ends with the client's answer. */
  public void close() {
    goodbye(new byte[] {0x03, (byte) 0xe8}); // 1000, a normal end
  }

  private synchronized boolean goodbye(byte[] payload) {
    if (closing) {
      return false;
    }
    send(CLOSE, payload);
    closing = true;
    return true;
  }

  private synchronized void send(int opcode, byte[] payload) {
    if (closing) {
      return;
    }
    int length = payload.length;
    ByteBuffer frame = ByteBuffer.allocate(length + 10).put((byte) (0x80 | opcode)); // in one frame, not masked
    if (length < 126) {
      frame.put((byte) length);
    } else if (length < 1 << 16) {
      frame.put((byte) 126).putShort((short) length);
    } else {
      frame.put((byte) 127).putLong(length);
    }
    frame.put(payload).flip();
    byte[] bytes = new byte[frame.remaining()];
    frame.get(bytes);
    connection.output().add(bytes, null);
  }

  /** Reads until the client has said goodbye. On the connection's thread. */
  void read(InputStream in) throws IOException {
    DataInputStream data = new DataInputStream(in);
    while (true) {
      int opcode = data.readUnsignedByte() & 0x0f;
      int second = data.readUnsignedByte();
      long length = second & 0x7f;
      length = length == 126 ? data.readUnsignedShort() : length == 127 ? data.readLong() : length;
      if (length < 0 || length > MAX_FRAME || (second & 0x80) == 0) {
        throw new IOException("a frame that no client may send");
      }
      byte[] mask = data.readNBytes(4);
      byte[] payload = data.readNBytes((int) length);
      for (int i = 0; i < payload.length; i++) {
        payload[i] ^= mask[i & 3];
      }
      if (opcode == PING) {
        send(PONG, payload);
      } else if (opcode == CLOSE) {
        goodbye(payload);
        connection.output().end(Output.End.GOODBYE);
        return;
      }
    }
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
}
