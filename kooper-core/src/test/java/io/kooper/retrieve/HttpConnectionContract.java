package io.kooper.retrieve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ListOptions;
import io.fabric8.kubernetes.client.http.HttpClient;
import io.kooper.retrieve.HttpListerWatcher.Deadlines;
import io.kooper.retrieve.RetrieveException.Reason;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/** What a list does about a connection that is slow, silent, broken or faster than its reader. */
abstract class HttpConnectionContract extends HttpContract {

  HttpConnectionContract(HttpClient.Factory factory) {
    super(factory);
  }

  @Test
  void isDeadWhenNothingComesAnyMore() throws Exception {
    CountDownLatch gone = new CountDownLatch(1);
    server.then(answer -> answer.ok().chunk("{\"items\":[" + object("a", "1") + ",").awaitGone(gone));
    Deadlines deadlines = new Deadlines(LONG, LONG, SHORT, LONG);

    assertThat(failure(() -> source(deadlines).list(new ListOptions(), recorded)).reason()).isEqualTo(Reason.SILENT);

    assertThat(gone.await(10, TimeUnit.SECONDS)).as("the connection is closed").isTrue();
  }

  @Test
  void waitsLongerForItsHeadersEachTime() throws Exception {
    CountDownLatch gone = new CountDownLatch(4);
    for (int i = 0; i < 3; i++) {
      server.then(answer -> answer.awaitGone(gone));
    }
    server.then(200, listOf("7", "")).then(answer -> answer.awaitGone(gone));
    HttpListerWatcher<ConfigMap> source = source(new Deadlines(SHORT, LONG, LONG, LONG));

    assertThat(failure(() -> source.list(new ListOptions(), recorded))).hasMessageContaining("within 200 ms");
    assertThat(failure(() -> source.list(new ListOptions(), recorded))).hasMessageContaining("within 400 ms");
    assertThat(failure(() -> source.list(new ListOptions(), recorded))).hasMessageContaining("within 800 ms");
    assertThat(source.list(new ListOptions(), recorded)).isEqualTo("7");
    RetrieveException next = failure(() -> source.list(new ListOptions(), recorded));
    assertThat(next.getMessage()).as("twice what the last took, 200 ms at least").doesNotContain("within 1600 ms");
    assertThat(gone.await(10, TimeUnit.SECONDS)).as("the connections are closed").isTrue();
  }

  @Test
  void doesNotWaitForEverForItsHeaders() {
    CountDownLatch gone = new CountDownLatch(3);
    for (int i = 0; i < 3; i++) {
      server.then(answer -> answer.awaitGone(gone));
    }
    HttpListerWatcher<ConfigMap> source = source(
        new Deadlines(Duration.ofMillis(100), Duration.ofMillis(150), LONG, LONG));

    assertThat(failure(() -> source.list(new ListOptions(), recorded))).hasMessageContaining("within 100 ms");
    assertThat(failure(() -> source.list(new ListOptions(), recorded))).hasMessageContaining("within 150 ms");
    assertThat(failure(() -> source.list(new ListOptions(), recorded))).hasMessageContaining("within 150 ms");
  }

  @Test
  void breaksOffWhatComesAfterTheHeaderDeadline() throws Exception {
    CountDownLatch late = new CountDownLatch(1);
    CountDownLatch gone = new CountDownLatch(1);
    server.then(answer -> {
      late.await();
      try {
        answer.ok().chunk("{").awaitGone(gone);
      } catch (IOException e) { // it is gone already
        gone.countDown();
      }
    });

    assertThat(failure(() -> source(new Deadlines(SHORT, SHORT, LONG, LONG))
        .list(new ListOptions(), recorded)).reason()).isEqualTo(Reason.SILENT);

    late.countDown();
    assertThat(gone.await(10, TimeUnit.SECONDS)).isTrue();
  }

  @Test
  void takesABodyThatComesLongerThanTheHeaderDeadline() throws Exception {
    server.then(answer -> {
      answer.ok().chunk("{\"metadata\":{\"resourceVersion\":\"7\"},\"items\":[");
      for (int i = 0; i < 5; i++) {
        new CountDownLatch(1).await(300, TimeUnit.MILLISECONDS);
        answer.chunk((i == 0 ? "" : ",") + object("a" + i, "1"));
      }
      answer.chunk("]}").end();
    });

    assertThat(source(new Deadlines(Duration.ofSeconds(1), LONG, LONG, LONG))
        .list(new ListOptions(), recorded)).isEqualTo("7");
    assertThat(recorded.told).hasSize(5);
  }

  @Test
  void findsAnotherConnectionWhenThePooledOneIsDead() throws Exception {
    CountDownLatch gone = new CountDownLatch(1);
    server.then(200, listOf("7", "")).then(answer -> answer.awaitGone(gone)).then(200, listOf("8", ""));
    HttpListerWatcher<ConfigMap> source = source(new Deadlines(Duration.ofMillis(1500), LONG, LONG, LONG));

    assertThat(source.list(new ListOptions(), recorded)).isEqualTo("7");
    assertThat(failure(() -> source.list(new ListOptions(), recorded)).reason()).isEqualTo(Reason.SILENT);
    assertThat(source.list(new ListOptions(), recorded)).isEqualTo("8");
    assertThat(server.connections()).isEqualTo(2);
    assertThat(gone.await(10, TimeUnit.SECONDS)).as("the dead one is closed").isTrue();
  }

  @Test
  void endsWhenInterrupted() throws Exception {
    CountDownLatch gone = new CountDownLatch(2);
    server.then(answer -> answer.awaitGone(gone))
        .then(answer -> answer.ok().chunk("{\"items\":[" + object("a", "1")).awaitGone(gone));
    // a connection without an answer is closed once the answer is due
    HttpListerWatcher<ConfigMap> source = source(new Deadlines(Duration.ofSeconds(2), LONG, LONG, LONG));
    CompletableFuture<Throwable> end = new CompletableFuture<>();
    Thread thread = inThread(end, () -> source.list(new ListOptions(), recorded));
    server.request();
    thread.interrupt();
    assertThat(end.get(10, TimeUnit.SECONDS)).as("waiting for headers").isInstanceOf(InterruptedException.class);

    CompletableFuture<Throwable> secondEnd = new CompletableFuture<>();
    thread = inThread(secondEnd, () -> list());
    recorded.next();
    thread.interrupt();
    assertThat(secondEnd.get(10, TimeUnit.SECONDS)).as("in its body").isInstanceOf(InterruptedException.class);
    assertThat(gone.await(10, TimeUnit.SECONDS)).as("both connections are closed").isTrue();
  }

  @Test
  void breaksOffWhenTheSinkThrows() throws Exception {
    CountDownLatch gone = new CountDownLatch(1);
    server.then(answer -> answer.ok().chunk("{\"items\":[" + object("a", "1") + ",").awaitGone(gone));
    IllegalStateException full = new IllegalStateException("full");

    assertThat(catchThrowable(() -> source().list(new ListOptions(), event -> {
      throw full;
    }))).isSameAs(full);
    assertThat(gone.await(10, TimeUnit.SECONDS)).isTrue();
  }

  @Test
  void holdsTheServerBackWhileTheSinkIsBusy() throws Exception {
    AtomicLong written = new AtomicLong();
    AtomicBoolean done = new AtomicBoolean();
    String big = object("a", "1").replace("\"v\"", "\"" + "v".repeat(100_000) + "\"");
    int objects = 600; // 60 MB: far more than all buffers on the way
    server.then(answer -> {
      answer.ok().chunk("{\"metadata\":{\"resourceVersion\":\"7\"},\"items\":[");
      for (int i = 0; i < objects; i++) {
        answer.chunk((i == 0 ? "" : ",") + big);
        written.addAndGet(big.length());
      }
      answer.chunk("]}").end();
      done.set(true);
    });
    CountDownLatch goOn = new CountDownLatch(1);
    AtomicInteger items = new AtomicInteger();
    CompletableFuture<Throwable> end = new CompletableFuture<>();
    inThread(end, () -> source().list(new ListOptions(), event -> {
      items.incrementAndGet();
      try {
        goOn.await();
      } catch (InterruptedException e) {
        throw new IllegalStateException(e);
      }
    }));

    AtomicLong before = new AtomicLong(-1);
    Awaitility.await().pollInterval(Duration.ofMillis(300)).until(
        () -> items.get() == 1 && before.getAndSet(written.get()) == written.get());
    assertThat(done).isFalse();
    assertThat(written.get()).isLessThan(40_000_000L);
    goOn.countDown();
    assertThat(end.get(30, TimeUnit.SECONDS)).isNull();
    assertThat(items).hasValue(objects);
  }

  @Test
  void tellsThatThereIsNoConnectionAndWhereTo() throws Exception {
    server.close();

    RetrieveException failure = failure(() -> list());
    assertThat(failure.reason()).isEqualTo(Reason.CONNECTION_LOST);
    assertThat(failure).hasMessageContaining(" at http://127.0.0.1:").hasMessageContaining("onnection refused")
        .hasMessageEndingWith("; is the API server running, and is this its address?");
  }
}
