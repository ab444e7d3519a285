package io.kooper.retrieve;

import io.fabric8.kubernetes.client.http.AsyncBody;
import io.fabric8.kubernetes.client.http.HttpClient;
import io.fabric8.kubernetes.client.http.HttpRequest;
import io.fabric8.kubernetes.client.http.HttpResponse;
import io.kooper.clock.Clock;
import io.kooper.internal.ClientLife;
import io.kooper.internal.Deadline;
import io.kooper.internal.Log;
import io.kooper.internal.Urls;
import io.kooper.retrieve.RetrieveException.Reason;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * One GET whose body is read by the thread that opened it. The client's own threads only hand chunks over: Vert.x calls
 * from its event loop, on which nothing may be decoded.
 *
 * <p>Closing it before the body has ended breaks the connection off, so that it does not return to the pool half read.
 */
final class Exchange implements AutoCloseable {

  static final String JSON = "application/json";

  private static final Log LOG = Log.of(Exchange.class);

  /** What comes over a connection comes in its own time, which no test can move. */
  private static final Clock CLOCK = Clock.system();

  /** Chunks asked for ahead of the reader, of 8 or 16 KB with the usual clients: enough to keep both sides busy. */
  private static final int AHEAD = 32;

  /** Asked for at once: each time wakes a thread of the client's. Of clients that add up what is asked for. */
  private static final int BATCH = AHEAD / 2;

  /** More than are ever outstanding: putting one must not block the client's thread. */
  private static final int ROOM = 100 * AHEAD;

  /** The client's own timeout comes after ours, which tells better what happened. */
  private static final Duration AFTER_PATIENCE = Duration.ofMillis(100);

  /**
   * A client that is this late with its own timeout does not get to it any more, or the machine is very busy. Less than a
   * request's patience, after which fabric8 ends it in the client's place.
   */
  private static final Duration MUTE_AFTER = Duration.ofSeconds(3);

  /** From this version on, a timeout of the JDK's client includes the body (JDK-8208693). */
  private static final int JDK_OF_BODY_TIMEOUT = 26;

  private final String doing;
  private final HttpResponse<AsyncBody> response;
  private final Handoff<List<ByteBuffer>> chunks;
  private final int batch;
  private Iterator<ByteBuffer> buffers = Collections.emptyIterator(); // of the last chunk
  private long taken;
  private long longest; // that a chunk took to come
  private boolean ended;

  private Exchange(String doing, HttpResponse<AsyncBody> response, Handoff<List<ByteBuffer>> chunks, int batch) {
    this.doing = doing;
    this.batch = batch;
    this.response = response;
    this.chunks = chunks;
    response.body().done().whenComplete((done, failure) -> chunks.end(failure));
    ask(AHEAD);
  }

  private void ask(int count) {
    for (int i = 0; i < count; i++) {
      response.body().consume();
    }
  }

  /**
   * Sends the request and waits for the response's headers.
   *
   * @param accept the kinds of response, the preferred one first
   * @param deadline for the headers; it learns from this request
   * @param doing what for, as in {@code list pods}, for messages
   * @throws RetrieveException when there is no response, or none in time: should it come later, it is broken off; and with
   *     {@link Reason#CLIENT_CLOSED}, nothing being sent, once the client is of no use any more
   */
  static Exchange open(ClientLife life, String url, String accept, Deadline deadline, String doing)
      throws RetrieveException, InterruptedException {
    refuse(life, doing);
    long start = CLOCK.nanoTime();
    try {
      Exchange exchange = open(life.http(), url, accept, deadline.now(), doing);
      deadline.met(CLOCK.nanoTime() - start);
      life.responded();
      return exchange;
    } catch (RetrieveException e) {
      if (e.reason() == Reason.SILENT) {
        deadline.passed();
      } else {
        deadline.reset();
      }
      life.failed(e, false); // a client that is mute has been seen to be
      life.prove();
      refuse(life, doing); // as when it was closed meanwhile
      throw e;
    }
  }

  private static void refuse(ClientLife life, String doing) throws RetrieveException {
    String end = life.end();
    if (end != null) {
      throw new RetrieveException(Reason.CLIENT_CLOSED, "cannot " + doing + ": " + end);
    }
  }

  static Exchange open(HttpClient http, String url, String accept, Duration patience, String doing)
      throws RetrieveException, InterruptedException {
    Handoff<List<ByteBuffer>> chunks = new Handoff<>(ROOM);
    CompletableFuture<HttpResponse<AsyncBody>> future;
    long due = CLOCK.nanoTime() + patience.toNanos();
    try {
      HttpRequest.Builder request = http.newHttpRequestBuilder().uri(url).header("Accept", accept);
      if (timeoutIsOfHeaders(http)) {
        request.timeout(patience.plus(AFTER_PATIENCE).toMillis(), TimeUnit.MILLISECONDS);
      }
      future = http.consumeBytes(request.build(), (chunk, body) -> chunks.put(chunk));
    } catch (Throwable t) { // the client's interceptors are user code
      throw Failures.ofCause(at(url, doing), t);
    }
    try {
      return new Exchange(doing, future.get(due - CLOCK.nanoTime(), TimeUnit.NANOSECONDS), chunks, addsUp(http) ? BATCH : 1);
    } catch (TimeoutException e) {
      boolean mute = timeoutIsOfHeaders(http) && isMute(future);
      throw noAnswer(at(url, doing), patience, mute ? new ClientLife.MuteException(e) : e);
    } catch (InterruptedException e) {
      breakOff(future);
      throw e;
    } catch (ExecutionException e) {
      // the client's own timeout, when this thread was late to wake up
      throw CLOCK.nanoTime() - due >= 0 ? noAnswer(at(url, doing), patience, e) : Failures.ofConnection(at(url, doing), e);
    }
  }

  /** Whether the client does not end the request, though its own timeout is over. Breaks it off. */
  static boolean isMute(CompletableFuture<HttpResponse<AsyncBody>> future) throws InterruptedException {
    try {
      future.get(MUTE_AFTER.toNanos(), TimeUnit.NANOSECONDS);
      return false;
    } catch (TimeoutException e) {
      return true;
    } catch (ExecutionException e) {
      return false;
    } finally {
      breakOff(future);
    }
  }

  /** With the server's address: whether it is the right one is the first question when there is no answer. */
  private static String at(String url, String doing) {
    return doing + " at " + Urls.server(url);
  }

  private static RetrieveException noAnswer(String doing, Duration patience, Exception cause) {
    return new RetrieveException(Reason.SILENT,
        "cannot " + doing + ": the API server did not answer within " + patience.toMillis() + " ms", null, cause);
  }

  /**
   * Cancelling a request that has no answer yet does not reach its connection, which would stay open; the client's own
   * timeout does. But it is of use only where it ends with the headers: with other clients it cuts bodies off.
   */
  private static boolean timeoutIsOfHeaders(HttpClient http) {
    return addsUp(http) && (!isOfJdk(http) || Runtime.version().feature() < JDK_OF_BODY_TIMEOUT);
  }

  /** Whether a client gives as many chunks as it was asked for. Others, such as OkHttp's, only note that there was a question. */
  private static boolean addsUp(HttpClient http) {
    return isOfJdk(http) || http.getClass().getName().startsWith("io.fabric8.kubernetes.client.vertx");
  }

  private static boolean isOfJdk(HttpClient http) {
    return http.getClass().getName().startsWith("io.fabric8.kubernetes.client.jdkhttp.");
  }

  private static void breakOff(CompletableFuture<HttpResponse<AsyncBody>> future) {
    if (!future.cancel(false)) { // it has just been answered
      future.thenAccept(late -> late.body().cancel());
    }
  }

  int status() {
    return response.code();
  }

  @Nullable String header(String name) {
    return response.header(name);
  }

  /**
   * The next bytes of the body, or null at its end.
   *
   * @throws RetrieveException when none came within {@code nanos}, or the connection broke
   */
  @Nullable ByteBuffer next(long nanos) throws RetrieveException, InterruptedException {
    while (!ended && !buffers.hasNext()) {
      buffers = chunk(nanos);
    }
    return ended ? null : buffers.next();
  }

  private Iterator<ByteBuffer> chunk(long nanos) throws RetrieveException, InterruptedException {
    long start = CLOCK.nanoTime();
    List<ByteBuffer> chunk;
    try {
      chunk = chunks.take(nanos);
    } catch (TimeoutException e) {
      throw new RetrieveException(Reason.SILENT, "cannot " + doing + ": nothing more came for "
          + TimeUnit.NANOSECONDS.toMillis(nanos) + " ms, the connection counts as dead");
    } catch (ExecutionException e) {
      throw Failures.ofConnection(doing, e);
    }
    longest = Math.max(longest, CLOCK.nanoTime() - start);
    ended = chunk == null;
    if (chunk == null) {
      return Collections.emptyIterator();
    }
    if (++taken % batch == 0) {
      ask(batch);
    }
    return chunk.iterator();
  }

  /** The longest time that a chunk took to come, in nanoseconds. */
  long longest() {
    return longest;
  }

  /** The rest of the body, if it comes by the deadline, which learns from it; cut once it is longer than {@code most}. */
  byte[] rest(Deadline deadline, int most) throws RetrieveException, InterruptedException {
    long start = CLOCK.nanoTime();
    long end = start + deadline.nanos();
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try {
      for (ByteBuffer buffer; bytes.size() < most && (buffer = next(end - CLOCK.nanoTime())) != null; ) {
        byte[] copy = new byte[buffer.remaining()];
        buffer.duplicate().get(copy);
        bytes.write(copy, 0, copy.length);
      }
    } catch (RetrieveException e) {
      if (e.reason() == Reason.SILENT) {
        deadline.passed();
      }
      throw e;
    }
    deadline.met(CLOCK.nanoTime() - start);
    return bytes.toByteArray();
  }

  @Override
  public void close() {
    chunks.close();
    if (!ended) {
      try {
        response.body().cancel();
      } catch (Throwable t) {
        LOG.debug("the response could not be broken off", t);
      }
    }
  }
}
