package io.kooper.retrieve;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.ListOptionsBuilder;
import io.fabric8.kubernetes.client.http.HttpClient;
import io.kooper.retrieve.HttpListerWatcher.Deadlines;
import io.kooper.retrieve.RetrieveException.Reason;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a watch asks the API server for, and what becomes of everything it may tell. */
abstract class HttpWatchContract extends HttpContract {

  HttpWatchContract(HttpClient.Factory factory) {
    super(factory);
  }

  @Test
  void givesEveryEvent() throws Exception {
    server.then(answer -> answer.ok()
        .chunk(event("ADDED", object("a", "8")) + event("MODIFIED", object("a", "9")).substring(0, 30))
        .chunk(event("MODIFIED", object("a", "9")).substring(30))
        .chunk(bookmark("10", "{}") + event("LATER", "{}") + event("DELETED", object("a", "11"))).end());

    source().watch(from("7"), recorded);

    assertThat(recorded.told).containsExactly("ADDED x/a@8", "MODIFIED x/a@9", "BOOKMARK @10", "DELETED x/a@11");
    assertThat(server.request()).isEqualTo("/api/v1/namespaces/x/configmaps?labelSelector=a=b,c in (d,e)"
        + "&resourceVersion=7&watch=true&allowWatchBookmarks=true&timeoutSeconds=30");
  }

  @Test
  void passesOverABookmarkThatCannotBeRead() throws Exception {
    server.then(answer -> answer.ok()
        .chunk(event("BOOKMARK", "5") + event("BOOKMARK", "{\"metadata\":[]}") + "{\"type\":\"BOOKMARK\"}"
            + bookmark("", "{}") + bookmark("10", "{}")).end());

    source().watch(from("7"), recorded);

    assertThat(recorded.told).containsExactly("BOOKMARK @10");
  }

  @Test
  void givesAnEventBeforeTheNextOneComes() throws Exception {
    CountDownLatch goOn = new CountDownLatch(1);
    server.then(answer -> {
      answer.ok().chunk(event("ADDED", object("a", "8")));
      goOn.await();
      answer.end();
    });
    CompletableFuture<Throwable> end = new CompletableFuture<>();
    inThread(end, () -> source().watch(from("7"), recorded));

    assertThat(recorded.next()).isEqualTo("ADDED x/a@8");
    goOn.countDown();
    assertThat(end.get(10, TimeUnit.SECONDS)).isNull();
  }

  @Test
  void leavesItsConnectionToTheNextOne() throws Exception {
    server.then(answer -> answer.ok().end()).then(answer -> answer.ok().end());

    source().watch(from("7"), recorded);
    source().watch(from("7"), recorded);

    assumeConnectionsAreBackAtOnce();
    assertThat(server.connections()).isEqualTo(1);
  }

  @Test
  void tellsOfAnUndecodableObjectAndGoesOn() throws Exception {
    server.then(answer -> answer.ok().chunk(event("DELETED",
        "{\"metadata\":{\"name\":\"p\",\"namespace\":\"x\",\"uid\":\"u\",\"resourceVersion\":\"9\"},\"data\":[1]}")
        + event("ADDED", object("a", "10"))).end());

    source().watch(from("7"), recorded);

    assertThat(recorded.told).containsExactly("UNDECODABLE DELETED x/p@9", "ADDED x/a@10");
  }

  @ParameterizedTest
  @CsvSource({
    "410, GONE", "429, THROTTLED", "500, SERVER_ERROR", "504, SERVER_ERROR", "403, FORBIDDEN", "400, REJECTED",
  })
  void endsWithAnErrorEvent(int code, Reason reason) throws Exception {
    CountDownLatch gone = new CountDownLatch(1);
    server.then(answer -> answer.ok().chunk(event("ERROR", status(code, "Why", "the words").replace("\"code\"",
        "\"details\":{\"retryAfterSeconds\":2},\"code\""))).awaitGone(gone));

    RetrieveException failure = failure(() -> source().watch(from("7"), recorded));

    assertThat(failure.reason()).isEqualTo(reason);
    assertThat(failure).hasMessageContaining("the words");
    assertThat(failure.retryAfter()).isEqualTo(Duration.ofSeconds(2));
    assertThat(gone.await(10, TimeUnit.SECONDS)).isTrue();
  }

  @Test
  void isLostInTheMiddleOfAnEvent() throws Exception {
    CountDownLatch told = new CountDownLatch(1);
    server.then(answer -> answer.ok().chunk("{\"type\":\"ADDED\",\"object\":" + object("a", "8")).end())
        .then(answer -> {
          answer.ok().chunk(event("ADDED", object("b", "8")));
          told.await();
          answer.cut();
        });

    assertThat(failure(() -> source().watch(from("7"), recorded)).reason()).isEqualTo(Reason.CONNECTION_LOST);
    assertThat(recorded.told).as("an event that is not complete is not told").isEmpty();
    CompletableFuture<Throwable> end = new CompletableFuture<>();
    inThread(end, () -> source().watch(from("7"), recorded));
    assertThat(recorded.next()).isEqualTo("ADDED x/b@8");
    told.countDown();
    assertThat(end.get(10, TimeUnit.SECONDS)).isInstanceOfSatisfying(
        RetrieveException.class, e -> assertThat(e.reason()).isEqualTo(Reason.CONNECTION_LOST));
  }

  @Test
  void isDeadWhenItOutlastsItsTime() throws Exception {
    CountDownLatch gone = new CountDownLatch(1);
    server.then(answer -> answer.ok().chunk(event("ADDED", object("a", "8"))).awaitGone(gone));
    Deadlines deadlines = new Deadlines(LONG, LONG, LONG, Duration.ofSeconds(1));

    assertThat(failure(() -> source(deadlines).watch(
        new ListOptionsBuilder().withTimeoutSeconds(0L).build(), recorded)).reason()).isEqualTo(Reason.SILENT);

    assertThat(recorded.told).containsExactly("ADDED x/a@8");
    assertThat(gone.await(10, TimeUnit.SECONDS)).isTrue();
  }

  @Test
  void isDeadWithoutHeaders() throws Exception {
    CountDownLatch gone = new CountDownLatch(1);
    server.then(answer -> answer.awaitGone(gone));
    Deadlines deadlines = new Deadlines(Duration.ofSeconds(2), LONG, LONG, LONG); // in which the request gets to the server

    assertThat(failure(() -> source(deadlines).watch(from("7"), recorded))
        .reason()).isEqualTo(Reason.SILENT);
    assertThat(gone.await(10, TimeUnit.SECONDS)).isTrue();
  }

  @Test
  void endsWhenInterrupted() throws Exception {
    CountDownLatch gone = new CountDownLatch(1);
    server.then(answer -> answer.ok().chunk(event("ADDED", object("a", "8"))).awaitGone(gone));
    CompletableFuture<Throwable> end = new CompletableFuture<>();
    Thread thread = inThread(end, () -> source().watch(from("7"), recorded));
    recorded.next();

    thread.interrupt();

    assertThat(end.get(10, TimeUnit.SECONDS)).isInstanceOf(InterruptedException.class);
    assertThat(gone.await(10, TimeUnit.SECONDS)).isTrue();
  }

  @Test
  void refusedByARealServerIsNotTakenForAMock() {
    server.then(400, status(400, "BadRequest", "no such parameter"));

    assertThat(failure(() -> source().watch(from("7"), recorded)).reason()).isEqualTo(Reason.REJECTED);
    assertThat(server.requests).hasSize(1);
  }
}
