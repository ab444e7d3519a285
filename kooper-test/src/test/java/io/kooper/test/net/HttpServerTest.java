package io.kooper.test.net;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.io.ByteArrayInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is on the wire, byte for byte, and what happens to connections. */
@Timeout(60)
class HttpServerTest {

  private final Loop loop = new Loop();
  private final Connections connections = new Connections();
  private final BlockingQueue<Request> received = new LinkedBlockingQueue<>();
  private final HttpServer server = HttpServer.listen(0, null, connections, loop, this::handle);

  /** {@code /echo} sends the body back, {@code /chunks} in two pieces; whatever else is left to the test. */
  private void handle(Request request) {
    Response response = request.response();
    if (request.path().equals("/echo")) {
      response.end((request.method() + " " + new String(request.body(), US_ASCII)).getBytes(US_ASCII));
    } else if (request.path().equals("/chunks")) {
      response.begin();
      response.write("ab".getBytes(US_ASCII));
      response.write("c".getBytes(US_ASCII));
      response.end();
    } else if (request.path().equals("/defect")) {
      throw new IllegalStateException("of the server's own");
    } else {
      received.add(request);
    }
  }

  @AfterEach
  void close() {
    server.close();
    connections.cutAll();
    loop.close();
  }

  private final class Client implements AutoCloseable {

    private final Socket socket = new Socket("127.0.0.1", server.port());

    Client() throws IOException {
      socket.setSoTimeout(30_000);
    }

    Client send(String text) throws IOException {
      socket.getOutputStream().write(text.getBytes(US_ASCII));
      return this;
    }

    /** Up to and with an end. */
    String receive(String end) throws IOException {
      StringBuilder text = new StringBuilder();
      while (text.indexOf(end) < 0) {
        int b = socket.getInputStream().read();
        if (b < 0) {
          throw new IOException("closed after " + text);
        }
        text.append((char) b);
      }
      return text.toString();
    }

    String rest() throws IOException {
      return new String(socket.getInputStream().readAllBytes(), US_ASCII);
    }

    @Override
    public void close() throws IOException {
      socket.close();
    }
  }

  @Nested
  class Requests {

    @Test
    void areAnsweredInTheirOrderAlsoWhenTheyAreSentAtOnce() throws Exception {
      try (Client client = new Client()) {
        client.send("POST /echo HTTP/1.1\r\nContent-Length: 1\r\n\r\naPOST /echo HTTP/1.1\r\ncontent-length: 1\r\n\r\nb"
            + "GET /echo HTTP/1.1\r\nConnection: close\r\n\r\n");
        assertThat(client.rest()).isEqualTo("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nPOST aHTTP/1.1 200 OK\r\n"
            + "Content-Length: 6\r\n\r\nPOST bHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nGET ");
      }
    }

    @Test
    void mayHaveBodiesInChunks() throws Exception {
      try (Client client = new Client()) {
        client.send("PUT /echo HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"
            + "3;a=b\r\nabc\r\nA\r\n0123456789\r\n0\r\nTrailer: x\r\n\r\n");
        assertThat(client.receive("789")).endsWith("PUT abc0123456789");
      }
    }

    @Test
    void areAskedToGoOnIfTheyWantToBe() throws Exception {
      try (Client client = new Client()) {
        client.send("PUT /echo HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
        assertThat(client.receive("\r\n\r\n")).isEqualTo("HTTP/1.1 100 Continue\r\n\r\n");
        assertThat(client.send("ok").receive("ok")).endsWith("PUT ok");
      }
    }

    @Test
    void haveParametersAndHeaders() throws Exception {
      try (Client client = new Client()) {
        client.send("GET http://host:1/other%2Fpath?a=1&b=x%20y+z&a=2&c HTTP/1.1\r\nX-Some:  some \r\nx-some: other\r\n\r\n");
        Request request = received.take();
        assertThat(request.path()).isEqualTo("/other%2Fpath");
        assertThat(request.query()).isEqualTo("a=1&b=x%20y+z&a=2&c");
        assertThat(request.params().all("a")).containsExactly("1", "2");
        assertThat(request.params().get("b")).isEqualTo("x y z");
        assertThat(request.params().get("c")).isEmpty();
        assertThat(request.params().get("A")).isNull();
        assertThat(request.header("X-SOME")).isEqualTo("some");
        assertThat(request.headers().all("x-Some")).containsExactly("some", "other");
      }
    }

    @ParameterizedTest
    @CsvSource({
        "400, GET /echo",
        "400, GET /echo HTTP/2.0",
        "400, GET /echo HTTP/1.1|: x",
        "400, GET /echo?a=%zz HTTP/1.1",
        "400, GET /echo/%zz HTTP/1.1",
        "400, PUT /echo HTTP/1.1|Content-Length: x",
        "400, PUT /echo HTTP/1.1|Content-Length: -1",
        "400, PUT /echo HTTP/1.1|Content-Length: 1|Transfer-Encoding: chunked",
        "400, PUT /echo HTTP/1.1|Transfer-Encoding: gzip",
        "413, PUT /echo HTTP/1.1|Content-Length: 99999999",
    })
    void thatAreNoneAreRefused(int code, String text) throws Exception {
      try (Client client = new Client()) {
        assertThat(client.send(text.replace("|", "\r\n") + "\r\n\r\n").rest()).startsWith("HTTP/1.1 " + code + " ");
        assertThat(received).isEmpty();
      }
    }

    @Test
    void withEndlessHeadersAreRefused() throws Exception {
      try (Client client = new Client()) {
        client.send("GET /echo HTTP/1.1\r\nX: " + "x".repeat(65 * 1024 - 27));
        assertThat(client.receive("\r\n")).startsWith("HTTP/1.1 431 ");
      }
    }
  }

  @Nested
  class Responses {

    @Test
    void maybeOfUnknownLength() throws Exception {
      try (Client client = new Client()) {
        client.send("GET /chunks HTTP/1.1\r\n\r\n");
        assertThat(client.receive("0\r\n\r\n"))
            .isEqualTo("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\n\r\n");
      }
    }

    @Test
    void toOldClientsEndWithTheConnection() throws Exception {
      try (Client client = new Client()) {
        client.send("GET /chunks HTTP/1.0\r\n\r\n");
        assertThat(client.rest()).isEqualTo("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nabc");
      }
    }

    @Test
    void toAQuestionForTheHeadHaveNoBody() throws Exception {
      try (Client client = new Client()) {
        client.send("HEAD /echo HTTP/1.1\r\n\r\nGET /echo HTTP/1.1\r\n\r\n");
        assertThat(client.receive("GET ")).startsWith("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nHTTP/1.1 200 OK\r\n");
      }
    }

    @Test
    void waitForClientsThatDoNotReadWithoutHoldingUpOthers() throws Exception {
      try (Client slow = new Client(); Client other = new Client()) {
        slow.send("GET /slow HTTP/1.1\r\n\r\n");
        Response response = received.take().response();
        CompletableFuture<Void> drained = new CompletableFuture<>();
        CountDownLatch written = new CountDownLatch(1);
        byte[] much = new byte[1024 * 1024];
        loop.execute(() -> {
          response.begin();
          for (int i = 0; i < 32; i++) {
            response.write(much);
          }
          response.onDrain(() -> drained.complete(null));
          written.countDown();
        });
        written.await();
        other.send("GET /echo HTTP/1.1\r\n\r\n");
        assertThat(other.receive("GET ")).contains("200");
        assertThat(response.isFull()).isTrue();
        assertThat(drained).isNotDone();
        slow.socket.getInputStream().skipNBytes(32 * much.length);
        drained.get(30, TimeUnit.SECONDS);
        assertThat(response.isFull()).isFalse();
      }
    }

    @Test
    void thatADefectPreventsAreNotWaitedFor() throws Exception {
      try (Client client = new Client(); Client other = new Client()) {
        client.send("GET /defect HTTP/1.1\r\n\r\n");
        assertThatThrownBy(client::rest).isInstanceOf(SocketException.class);
        assertThat(other.send("GET /echo HTTP/1.1\r\n\r\n").receive("GET ")).contains("200");
      }
    }

    @Test
    void areGivenUpWhenTheClientGoesAway() throws Exception {
      Response response;
      CompletableFuture<Void> closed = new CompletableFuture<>();
      try (Client client = new Client()) {
        client.send("GET /watch HTTP/1.1\r\n\r\n");
        response = received.take().response();
        response.onClose(() -> closed.complete(null));
        loop.execute(response::begin);
        client.receive("\r\n\r\n");
        assertThat(response.isClosed()).isFalse();
      }
      closed.get(30, TimeUnit.SECONDS);
      assertThat(response.isClosed()).isTrue();
      assertThat(connections.count()).isZero();
    }
  }

  @Nested
  class Faults {

    @Test
    void cutAConnection() throws Exception {
      try (Client client = new Client()) {
        client.send("GET /one HTTP/1.1\r\n\r\n");
        received.take();
        connections.cutAll();
        assertThatThrownBy(client::rest).isInstanceOf(SocketException.class).hasMessageContaining("reset");
        assertThat(connections.count()).isZero();
      }
    }

    @Test
    void endAConnectionBehindWhatWasWritten() throws Exception {
      try (Client client = new Client()) {
        client.send("GET /one HTTP/1.1\r\n\r\n");
        Response response = received.take().response();
        loop.execute(() -> {
          response.begin(10);
          response.write("half".getBytes(US_ASCII));
          response.abort();
        });
        assertThat(client.rest()).endsWith("\r\n\r\nhalf");
      }
    }

    @Test
    void freezeAConnectionBothWays() throws Exception {
      try (Client frozen = new Client()) {
        frozen.send("GET /one HTTP/1.1\r\n\r\n");
        Request request = received.take();
        connections.freezeAll();
        assertThat(request.connection().isFrozen()).isTrue();
        loop.execute(() -> request.response().end("lost".getBytes(US_ASCII)));
        frozen.send("GET /two HTTP/1.1\r\n\r\n");
        try (Client next = new Client()) {
          next.send("GET /echo HTTP/1.1\r\n\r\n");
          assertThat(next.receive("GET ")).contains("200");
        }
        frozen.socket.setSoTimeout(50);
        assertThatThrownBy(() -> frozen.receive("x")).isInstanceOf(SocketTimeoutException.class);
        assertThat(received).isEmpty();
        assertThat(connections.count()).isOne();
      }
      await().until(() -> connections.count() == 0); // it is found out when the client closes it
    }

    @Test
    void swallowEverythingFromTheBeginning() throws Exception {
      connections.blackhole(true);
      try (Client client = new Client()) {
        client.send("GET /echo HTTP/1.1\r\n\r\n");
        await().until(() -> connections.count() == 1);
        connections.blackhole(false);
        try (Client next = new Client()) {
          next.send("GET /echo HTTP/1.1\r\n\r\n");
          assertThat(next.receive("GET ")).contains("200");
        }
        client.socket.setSoTimeout(50);
        assertThatThrownBy(() -> client.receive("x")).isInstanceOf(SocketTimeoutException.class);
      }
    }

    @Test
    void leaveThePortFreeWhenTheServerIsClosed() {
      int port = server.port();
      server.close();
      for (int i = 0; i < 50; i++) {
        HttpServer again = HttpServer.listen(port, null, connections, loop, this::nobody);
        assertThat(again.port()).isEqualTo(port);
        again.close();
      }
    }

    private void nobody(Request request) {
      throw new AssertionError(request);
    }
  }

  @Nested
  class WebSockets {

    private static final String HEAD = "GET /socket HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        + "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";

    private WebSocket upgrade(Client client) throws Exception {
      client.send(HEAD);
      Request request = received.take();
      CompletableFuture<WebSocket> socket = new CompletableFuture<>();
      loop.execute(() -> {
        WebSocket opened = request.response().upgrade();
        opened.open();
        socket.complete(opened);
      });
      assertThat(client.receive("\r\n\r\n")).startsWith("HTTP/1.1 101 ")
          .contains("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="); // RFC 6455, section 1.3
      return socket.get(30, TimeUnit.SECONDS);
    }

    private byte[] frame(InputStream in) throws IOException {
      DataInputStream data = new DataInputStream(in);
      int first = data.readUnsignedByte();
      int length = data.readUnsignedByte();
      length = length == 126 ? data.readUnsignedShort() : length == 127 ? (int) data.readLong() : length;
      byte[] frame = new byte[length + 1];
      frame[0] = (byte) first;
      data.readFully(frame, 1, length);
      return frame;
    }

    private void send(Client client, int opcode, String payload) throws IOException {
      byte[] mask = {1, 2, 3, 4};
      byte[] bytes = payload.getBytes(US_ASCII);
      byte[] frame = new byte[6 + bytes.length];
      frame[0] = (byte) (0x80 | opcode);
      frame[1] = (byte) (0x80 | bytes.length);
      System.arraycopy(mask, 0, frame, 2, 4);
      for (int i = 0; i < bytes.length; i++) {
        frame[6 + i] = (byte) (bytes[i] ^ mask[i & 3]);
      }
      client.socket.getOutputStream().write(frame);
    }

    @ParameterizedTest
    @CsvSource({"0", "125", "126", "65535", "65536", "1000000"})
    void sendTextsOfEveryLength(int length) throws Exception {
      try (Client client = new Client()) {
        WebSocket socket = upgrade(client);
        loop.execute(() -> socket.send("x".repeat(length).getBytes(US_ASCII)));
        byte[] frame = frame(client.socket.getInputStream());
        assertThat(frame).hasSize(length + 1).startsWith(0x81);
      }
    }

    @Test
    void answerPingsAndGoodbyes() throws Exception {
      try (Client client = new Client()) {
        WebSocket socket = upgrade(client);
        CompletableFuture<Void> closed = new CompletableFuture<>();
        socket.onClose(() -> closed.complete(null));
        send(client, 9, "are you there");
        assertThat(frame(client.socket.getInputStream())).startsWith(0x8a).endsWith('h', 'e', 'r', 'e');
        send(client, 8, "");
        assertThat(frame(client.socket.getInputStream())).containsExactly(0x88);
        assertThat(client.rest()).isEmpty();
        closed.get(30, TimeUnit.SECONDS);
      }
    }

    @Test
    void sayGoodbyeThemselvesAndNothingBehindIt() throws Exception {
      try (Client client = new Client()) {
        WebSocket socket = upgrade(client);
        loop.execute(() -> {
          socket.close();
          socket.send("late".getBytes(US_ASCII));
        });
        byte[] goodbye = frame(client.socket.getInputStream());
        assertThat(goodbye).containsExactly(0x88, 3, 0xe8);
        send(client, 8, new String(goodbye, 1, 0, US_ASCII));
        assertThat(new ByteArrayInputStream(client.rest().getBytes(US_ASCII))).isEmpty();
      }
    }
  }
}
