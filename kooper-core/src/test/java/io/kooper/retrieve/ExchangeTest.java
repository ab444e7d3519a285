package io.kooper.retrieve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.when;

import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.http.AsyncBody;
import io.fabric8.kubernetes.client.http.HttpClient;
import io.fabric8.kubernetes.client.http.HttpRequest;
import io.fabric8.kubernetes.client.http.HttpResponse;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.mockito.Answers;

class ExchangeTest {

  /** A body of so many chunks of one byte, each of which comes when it was asked for. */
  private static final class Body implements AsyncBody {

    private final CompletableFuture<Void> done = new CompletableFuture<>();
    private final AsyncBody.Consumer<List<ByteBuffer>> consumer;
    private final int chunks;
    private final boolean addsUp; // else it only knows that it was asked
    private int asked;
    private int given;
    private int wakeUps;

    Body(AsyncBody.Consumer<List<ByteBuffer>> consumer, int chunks, boolean addsUp) {
      this.consumer = consumer;
      this.chunks = chunks;
      this.addsUp = addsUp;
    }

    @Override
    public void consume() {
      asked = addsUp ? asked + 1 : given + 1;
    }

    /** The client's thread wakes up: everything that was asked for comes. */
    void come() throws Exception {
      wakeUps += given < asked ? 1 : 0;
      for (; given < Math.min(asked, chunks); given++) {
        consumer.consume(List.of(ByteBuffer.wrap(new byte[] {(byte) given})), this);
      }
      if (given == chunks && asked > chunks) {
        done.complete(null);
      }
    }

    @Override
    public CompletableFuture<Void> done() {
      return done;
    }

    @Override
    public void cancel() {}
  }

  private static Body open(HttpClient http, boolean addsUp, Reading reading) throws Exception {
    Body[] body = new Body[1];
    when(http.newHttpRequestBuilder()).thenReturn(mock(HttpRequest.Builder.class, Answers.RETURNS_SELF));
    when(http.consumeBytes(any(), any())).thenAnswer(call -> {
      body[0] = new Body(call.getArgument(1), 1_000, addsUp);
      HttpResponse<AsyncBody> response = mock();
      when(response.body()).thenReturn(body[0]);
      return CompletableFuture.completedFuture(response);
    });
    try (Exchange exchange = Exchange.open(http, "http://localhost/pods", Exchange.JSON, Duration.ofSeconds(5), "list pods")) {
      int read = 0;
      body[0].come();
      for (ByteBuffer next; (next = exchange.next(Duration.ofSeconds(5).toNanos())) != null; read++) {
        assertThat(next.get()).isEqualTo((byte) read);
        reading.at(body[0], read);
        body[0].come();
      }
      assertThat(read).isEqualTo(1_000);
    }
    return body[0];
  }

  interface Reading {
    void at(Body body, int read);
  }

  @Test
  void asksForChunksAheadAndManyAtOnceSinceEachTimeWakesAThreadOfTheClient() throws Exception {
    HttpClient http;
    try (KubernetesClient client = new KubernetesClientBuilder().withConfig(Config.empty()).build()) {
      http = mock(client.getHttpClient().getClass());
    }

    Body body = open(http, true, (now, read) ->
        assertThat(now.asked - read).as("chunks that may come before the reader needs them").isGreaterThan(8));

    assertThat(body.wakeUps).isLessThan(100);
  }

  /** As OkHttp's does: it notes that it was asked, not how often. */
  @Test
  void asksAClientThatMayNotAddUpForEachChunk() throws Exception {
    assertThat(open(mock(HttpClient.class), false, (now, read) -> { }).given).isEqualTo(1_000);
  }
}
