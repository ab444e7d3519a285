package io.kooper.test.net;

import java.io.FilterInputStream;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;

/** A socket that can be frozen: then what arrives is swallowed, and what is written seems to be on its way for ever. */
final class GatedSocket extends Socket {

  private volatile boolean frozen;

  void freeze() {
    frozen = true;
  }

  boolean isFrozen() {
    return frozen;
  }

  /** Resets the connection: what the client has not read yet is lost, too. */
  void reset() {
    try {
      setSoLinger(true, 0);
    } catch (IOException e) {
      // it is closed already
    }
    end();
  }

  /** Ends the connection without a word to TLS or HTTP. */
  void end() {
    try {
      close();
    } catch (IOException e) {
      // it is as closed as it can be
    }
  }

  @Override
  public InputStream getInputStream() throws IOException {
    return new FilterInputStream(super.getInputStream()) {
      @Override
      public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
      }

      @Override
      public int read(byte[] bytes, int from, int length) throws IOException {
        int count = super.read(bytes, from, length);
        while (count >= 0 && frozen) {
          count = super.read(bytes, from, length);
        }
        return count;
      }
    };
  }

  @Override
  public OutputStream getOutputStream() throws IOException {
    return new FilterOutputStream(super.getOutputStream()) {
      @Override
      public void write(int b) throws IOException {
        write(new byte[] {(byte) b}, 0, 1);
      }

      @Override
      public void write(byte[] bytes, int from, int length) throws IOException {
        if (!frozen) {
          out.write(bytes, from, length);
        }
      }
    };
  }
}
