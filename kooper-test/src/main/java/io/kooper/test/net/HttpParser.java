package io.kooper.test.net;

import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Reads requests of HTTP/1.1 and 1.0. */
final class HttpParser {

  private static final int MAX_HEAD = 64 * 1024;
  private static final int MAX_BODY = 32 * 1024 * 1024; // what is less than this and too much is for the server to say

  /** What arrives is no request. */
  static final class BadRequestException extends IOException {

    private static final long serialVersionUID = 1L;

    final int code;

    BadRequestException(int code, String message) {
      super(message);
      this.code = code;
    }
  }

  private final InputStream in;
  private int head; // bytes of the one being read

  HttpParser(InputStream in) {
    this.in = in;
  }

  /** The next request's head; null when there is none any more. */
  @Nullable Head head() throws IOException {
    head = 0;
    String line = line();
    while (line != null && line.isEmpty()) { // some clients send one too many behind a body
      line = line();
    }
    if (line == null) {
      return null;
    }
    String[] words = line.split(" ");
    if (words.length != 3 || !words[2].startsWith("HTTP/1.")) {
      throw new BadRequestException(400, "no HTTP/1.1: " + words.length + " words in the first line");
    }
    Fields headers = new Fields(true);
    for (String header = required(line()); !header.isEmpty(); header = required(line())) {
      int colon = header.indexOf(':');
      if (colon < 1) {
        throw new BadRequestException(400, "a header without a name");
      }
      headers.add(header.substring(0, colon), header.substring(colon + 1).strip());
    }
    return new Head(words[0], target(words[1]), words[2].equals("HTTP/1.1"), headers);
  }

  /** What a proxy would be sent names the host as well. */
  private static String target(String target) {
    int scheme = target.indexOf("://");
    if (target.startsWith("/") || scheme < 0) {
      return target;
    }
    int path = target.indexOf('/', scheme + 3);
    return path < 0 ? "/" : target.substring(path);
  }

  byte[] body(Head head) throws IOException {
    String encoding = head.headers().get("Transfer-Encoding");
    String length = head.headers().get("Content-Length");
    if (encoding != null) {
      if (length != null || !encoding.toLowerCase(Locale.ROOT).equals("chunked")) {
        throw new BadRequestException(400, "a body of two lengths, or of an unknown encoding");
      }
      return chunks();
    }
    return length == null ? new byte[0] : exactly(number(length, 10));
  }

  private byte[] chunks() throws IOException {
    ByteArrayOutputStream body = new ByteArrayOutputStream();
    while (true) {
      head = 0;
      String size = required(line());
      int semicolon = size.indexOf(';');
      int count = number((semicolon < 0 ? size : size.substring(0, semicolon)).strip(), 16);
      if (count == 0) {
        break;
      }
      if (body.size() + count > MAX_BODY) {
        throw new BadRequestException(413, "too long");
      }
      body.write(exactly(count));
      if (!required(line()).isEmpty()) {
        throw new BadRequestException(400, "a chunk that is longer than it says");
      }
    }
    while (!required(line()).isEmpty()) {
      // trailers say nothing to this server
    }
    return body.toByteArray();
  }

  private static int number(String text, int radix) throws IOException {
    int number;
    try {
      number = Integer.parseUnsignedInt(text, radix);
    } catch (NumberFormatException e) {
      throw new BadRequestException(400, "a length that is no number");
    }
    if (number < 0 || number > MAX_BODY) {
      throw new BadRequestException(413, "too long");
    }
    return number;
  }

  private byte[] exactly(int count) throws IOException {
    byte[] bytes = in.readNBytes(count);
    if (bytes.length < count) {
      throw new EOFException("the client went away within a body");
    }
    return bytes;
  }

  private static String required(@Nullable String line) throws IOException {
    if (line == null) {
      throw new EOFException("the client went away within a request");
    }
    return line;
  }

  private @Nullable String line() throws IOException {
    ByteArrayOutputStream line = new ByteArrayOutputStream();
    for (int b = in.read(); b != '\n'; b = in.read()) {
      if (b < 0) {
        if (line.size() == 0) {
          return null;
        }
        throw new EOFException("the client went away within a line");
      }
      if (++head > MAX_HEAD) {
        throw new BadRequestException(431, "headers too long");
      }
      line.write(b);
    }
    String text = line.toString(StandardCharsets.UTF_8);
    return text.endsWith("\r") ? text.substring(0, text.length() - 1) : text;
  }

  /** The first lines of a request. */
  record Head(String method, String target, boolean isPersistent, Fields headers) {}
}
