package io.kooper.retrieve;

import io.fabric8.kubernetes.client.http.AsyncBody;
import io.fabric8.kubernetes.client.http.HttpClient;
import io.fabric8.kubernetes.client.http.HttpRequest;
import io.fabric8.kubernetes.client.http.HttpResponse;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One GET whose body is read by the thread that opened it. The client's own threads only hand chunks over: Vert.x calls
 * from its event loop, on which nothing may be decoded.
 *
 * <p>Closing it before the body has ended breaks the connection off, so that it does not return to the pool half read.
 */
final class Exchange implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(Exchange.class);

  /** Chunks asked for ahead of the reader, of 8 or 16 KB with the usual clients: enough to keep both sides busy. */
  private static final int AHEAD = 16;

  private final HttpResponse<AsyncBody> response;
  private final Handoff<List<ByteBuffer>> chunks;
  private boolean ended;

  private Exchange(HttpResponse<AsyncBody> response, Handoff<List<ByteBuffer>> chunks) {
    this.response = response;
    this.chunks = chunks;
    response.body().done().whenComplete((done, failure) -> chunks.end(failure));
    for (int i = 0; i < AHEAD; i++) {
      response.body().consume();
    }
  }

  /**
   * Sends the request and waits for the response's headers.
   *
   * @throws TimeoutException when they did not come in time; should they come later, that response is broken off
   * @throws ExecutionException when there is no response
   */
  static Exchange open(HttpClient http, String url, long headerNanos)
      throws InterruptedException, TimeoutException, ExecutionException {
    // no more than AHEAD chunks are ever outstanding: putting one must not block the client's thread
    Handoff<List<ByteBuffer>> chunks = new Handoff<>(Integer.MAX_VALUE);
    HttpRequest.Builder request = http.newHttpRequestBuilder().uri(url).header("Accept", "application/json");
    CompletableFuture<HttpResponse<AsyncBody>> future =
        http.consumeBytes(request.build(), (chunk, body) -> chunks.put(chunk));
    try {
      return new Exchange(future.get(headerNanos, TimeUnit.NANOSECONDS), chunks);
    } catch (InterruptedException | TimeoutException e) {
      if (!future.cancel(false)) { // it arrived just now
        future.thenAccept(late -> late.body().cancel());
      }
      throw e;
    }
  }

  int status() {
    return response.code();
  }

  @Nullable String header(String name) {
    return response.header(name);
  }

  /**
   * The next chunk of the body, or null at its end.
   *
   * @throws TimeoutException when none came within {@code nanos}
   * @throws ExecutionException when the connection broke
   */
  @Nullable List<ByteBuffer> next(long nanos) throws InterruptedException, TimeoutException, ExecutionException {
    List<ByteBuffer> chunk = chunks.take(nanos);
    if (chunk == null) {
      ended = true;
    } else {
      response.body().consume();
    }
    return chunk;
  }

  @Override
  public void close() {
    chunks.close();
    if (!ended) {
      try {
        response.body().cancel();
      } catch (RuntimeException e) {
        LOG.debug("the response could not be broken off", e);
      }
    }
  }
}
