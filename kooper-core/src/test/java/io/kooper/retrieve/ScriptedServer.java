package io.kooper.retrieve;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** An HTTP/1.1 server of which a test says, request by request, what it answers and when. */
final class ScriptedServer implements AutoCloseable {

  /** Answers one request. */
  interface Script {
    void answer(Answer answer) throws Exception;
  }

  private final ServerSocket socket;
  private final Thread acceptor;
  private final List<Socket> connections = new CopyOnWriteArrayList<>();
  private final BlockingQueue<Script> scripts = new LinkedBlockingQueue<>();
  private final AtomicInteger accepted = new AtomicInteger();

  /** What was asked for, decoded, in order. */
  final BlockingQueue<String> requests = new LinkedBlockingQueue<>();

  ScriptedServer() throws IOException {
    socket = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    acceptor = thread(this::accept);
  }

  String url() {
    return "http://127.0.0.1:" + socket.getLocalPort() + "/";
  }

  /** How many connections were made so far. */
  int connections() {
    return accepted.get();
  }

  ScriptedServer then(Script script) {
    scripts.add(script);
    return this;
  }

  ScriptedServer then(int status, String body) {
    return then(answer -> answer.whole(status, body));
  }

  /** The next request, decoded. */
  String request() throws InterruptedException {
    String request = requests.poll(10, TimeUnit.SECONDS);
    if (request == null) {
      throw new AssertionError("no request came");
    }
    return request;
  }

  private static Thread thread(Runnable work) {
    Thread thread = new Thread(work, "scripted-server");
    thread.setDaemon(true);
    thread.start();
    return thread;
  }

  private void accept() {
    try {
      while (true) {
        Socket connection = socket.accept();
        connection.setTcpNoDelay(true);
        accepted.incrementAndGet();
        connections.add(connection);
        thread(() -> serve(connection));
      }
    } catch (IOException e) {
      // closed
    }
  }

  private void serve(Socket connection) {
    try (connection) {
      BufferedReader in = new BufferedReader(new InputStreamReader(connection.getInputStream(), StandardCharsets.US_ASCII));
      String line;
      while ((line = in.readLine()) != null) {
        String request = URLDecoder.decode(line.split(" ")[1], StandardCharsets.UTF_8);
        while (!in.readLine().isEmpty()) {
          // headers
        }
        requests.add(request);
        Script script = scripts.poll();
        Answer answer = new Answer(connection, in);
        if (script == null) {
          answer.whole(599, "{\"message\":\"no script for " + request.replace('"', '\'') + "\"}");
        } else {
          script.answer(answer);
        }
      }
    } catch (Exception e) {
      // the connection broke, which a test may be about
    }
  }

  @Override
  public void close() throws IOException {
    socket.close();
    try {
      acceptor.join(); // until then it may accept one more
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    for (Socket connection : connections) {
      connection.close();
    }
  }

  /** What a script does with its request. */
  static final class Answer {
    private final Socket connection;
    private final BufferedReader in;
    private final OutputStream out;

    Answer(Socket connection, BufferedReader in) throws IOException {
      this.connection = connection;
      this.in = in;
      this.out = connection.getOutputStream();
    }

    void whole(int status, String body, String... headers) throws IOException {
      byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
      StringBuilder head = head(status, headers).append("Content-Length: ").append(bytes.length).append("\r\n\r\n");
      out.write(head.toString().getBytes(StandardCharsets.US_ASCII));
      out.write(bytes);
      out.flush();
    }

    private static StringBuilder head(int status, String... headers) {
      StringBuilder head = new StringBuilder("HTTP/1.1 " + status + " X\r\nContent-Type: application/json\r\n");
      for (String header : headers) {
        head.append(header).append("\r\n");
      }
      return head;
    }

    /** Begins a chunked 200. */
    Answer ok() throws IOException {
      out.write(head(200, "Transfer-Encoding: chunked").append("\r\n").toString().getBytes(StandardCharsets.US_ASCII));
      out.flush();
      return this;
    }

    Answer chunk(String text) throws IOException {
      return chunk(text.getBytes(StandardCharsets.UTF_8));
    }

    Answer chunk(byte[] bytes) throws IOException {
      out.write((Integer.toHexString(bytes.length) + "\r\n").getBytes(StandardCharsets.US_ASCII));
      out.write(bytes);
      out.write("\r\n".getBytes(StandardCharsets.US_ASCII));
      out.flush();
      return this;
    }

    void end() throws IOException {
      out.write("0\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
      out.flush();
    }

    /** Breaks the connection off. */
    void cut() throws IOException {
      connection.close();
    }

    /** Waits until the client has broken the connection off, and counts {@code gone} down. */
    void awaitGone(CountDownLatch gone) {
      try {
        while (in.read() >= 0) {
          // a client sends nothing while it waits for an answer
        }
      } catch (IOException e) {
        // gone as well
      }
      gone.countDown();
    }
  }
}
