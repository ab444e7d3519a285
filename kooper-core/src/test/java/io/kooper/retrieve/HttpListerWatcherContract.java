package io.kooper.retrieve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ListOptions;
import io.fabric8.kubernetes.api.model.ListOptionsBuilder;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.Version;
import io.fabric8.kubernetes.client.http.HttpClient;
import io.kooper.retrieve.HttpListerWatcher.Deadlines;
import io.kooper.retrieve.RetrieveException.Reason;
import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is asked of the API server, and what becomes of everything it may answer, over a real connection. */
abstract class HttpListerWatcherContract {

  /** Long enough never to pass by chance, for what is not about a deadline. */
  private static final Duration LONG = Duration.ofSeconds(20);
  private static final Deadlines PATIENT = new Deadlines(LONG, LONG, LONG, LONG);
  private static final Duration SHORT = Duration.ofMillis(200);

  private final HttpClient.Factory factory;
  private ScriptedServer server;
  private KubernetesClient client;
  private final Recorded<ConfigMap> recorded = new Recorded<>();

  HttpListerWatcherContract(HttpClient.Factory factory) {
    this.factory = factory;
  }

  /** Vert.x 4, of fabric8 7, takes a connection back, or closes it, a moment after its response has ended. */
  private void assumeConnectionsAreBackAtOnce() {
    assumeFalse(factory.getClass().getName().contains(".vertx") && Version.clientVersion().startsWith("7."));
  }

  @BeforeEach
  void start() throws Exception {
    server = new ScriptedServer();
    client = new KubernetesClientBuilder().withHttpClientFactory(factory)
        .withConfig(new ConfigBuilder(io.fabric8.kubernetes.client.Config.empty()).withMasterUrl(server.url()).build()).build();
  }

  @AfterEach
  void stop() throws Exception {
    client.close();
    server.close();
  }

  private HttpListerWatcher<ConfigMap> source(Deadlines deadlines) {
    Target target = new Target(server.url(), "", "v1", "configmaps", "x", Map.of("labelSelector", "a=b,c in (d,e)"));
    return new HttpListerWatcher<>(client, ConfigMap.class, target, null, HttpListerWatcher.Form.PACKED, deadlines);
  }

  private HttpListerWatcher<ConfigMap> source() {
    return source(PATIENT);
  }

  private String list() throws Exception {
    return source().list(new ListOptions(), recorded);
  }

  private static ListOptions from(String version) {
    return new ListOptionsBuilder().withResourceVersion(version).withTimeoutSeconds(30L).withAllowWatchBookmarks(true)
        .build();
  }

  private static RetrieveException failure(ThrowingCallable call) {
    return catchThrowableOfType(RetrieveException.class, call);
  }

  private static String object(String name, String version) {
    return "{\"metadata\":{\"name\":\"" + name + "\",\"namespace\":\"x\",\"uid\":\"u-" + name + "\",\"resourceVersion\":\""
        + version + "\",\"managedFields\":[{\"manager\":\"m\"}]},\"data\":{\"k\":\"v\"}}";
  }

  private static String listOf(String version, String token, String... objects) {
    return "{\"kind\":\"ConfigMapList\",\"apiVersion\":\"v1\",\"metadata\":{\"resourceVersion\":\"" + version + "\""
        + (token.isEmpty() ? "" : ",\"continue\":\"" + token + "\"") + "},\"items\":[" + String.join(",", objects) + "]}\n";
  }

  private static String event(String type, String object) {
    return "{\"type\":\"" + type + "\",\"object\":" + object + "}\n";
  }

  private static String bookmark(String version, String annotations) {
    return event("BOOKMARK", "{\"kind\":\"ConfigMap\",\"apiVersion\":\"v1\",\"metadata\":{\"resourceVersion\":\"" + version
        + "\",\"annotations\":" + annotations + "}}");
  }

  private static String status(int code, String reason, String message) {
    return "{\"kind\":\"Status\",\"apiVersion\":\"v1\",\"metadata\":{},\"status\":\"Failure\",\"message\":\"" + message
        + "\",\"reason\":\"" + reason + "\",\"code\":" + code + "}";
  }

  private Thread inThread(CompletableFuture<Throwable> end, ThrowingCallable call) {
    Thread thread = new Thread(() -> end.complete(catchThrowable(call)), "reader");
    thread.start();
    return thread;
  }

  @Nested
  class AList {

    @Test
    void givesEveryObjectAndTheVersion() throws Exception {
      server.then(200, listOf("7", "", object("a", "1"), object("b", "2")));

      assertThat(list()).isEqualTo("7");

      assertThat(recorded.told).containsExactly("ADDED x/a@1", "ADDED x/b@2");
      assertThat(recorded.objects).allSatisfy(object -> {
        assertThat(object.getKind()).isEqualTo("ConfigMap");
        assertThat(object.getMetadata().getManagedFields()).isNullOrEmpty();
        assertThat(object.getData()).containsEntry("k", "v");
      });
      assertThat(server.request()).isEqualTo("/api/v1/namespaces/x/configmaps?labelSelector=a=b,c in (d,e)");
    }

    @Test
    void asksForWhatItsOptionsSay() throws Exception {
      server.then(200, listOf("7", ""));

      source().list(new ListOptionsBuilder().withResourceVersion("0").withResourceVersionMatch("NotOlderThan")
          .withLimit(5L).build(), recorded);

      assertThat(server.request()).endsWith("&resourceVersion=0&limit=5&resourceVersionMatch=NotOlderThan");
    }

    @Test
    void followsPages() throws Exception {
      server.then(200, listOf("7", "t&1", object("a", "1"))).then(200, listOf("7", "t2")).then(200,
          listOf("7", "", object("b", "2")));

      assertThat(source().list(new ListOptionsBuilder().withResourceVersion("3").withResourceVersionMatch("Exact").build(),
          recorded)).isEqualTo("7");

      assertThat(recorded.told).containsExactly("ADDED x/a@1", "ADDED x/b@2");
      assertThat(server.request()).contains("resourceVersion=3");
      assertThat(server.request()).endsWith("&continue=t&1");
      assertThat(server.request()).endsWith("&continue=t2");
      assumeConnectionsAreBackAtOnce();
      assertThat(server.connections()).as("each page leaves its connection to the next").isEqualTo(1);
    }

    @Test
    void failsWithAPage() {
      server.then(200, listOf("7", "t1", object("a", "1"))).then(410, status(410, "Expired", "too old"));

      assertThat(failure(() -> list()).reason()).isEqualTo(Reason.GONE);
    }

    @Test
    @DisplayName("R12 tells of one undecodable object and goes on")
    void poison() throws Exception {
      server.then(200, listOf("7", "", object("a", "1"),
          "{\"metadata\":{\"name\":\"p\",\"namespace\":\"x\",\"uid\":\"u\",\"resourceVersion\":\"9\"},\"data\":[1]}",
          "{\"metadata\":{\"name\":\"q\",\"namespace\":\"x\"},\"data\":tru}", "{\"data\":{}}", "5", "null",
          object("b", "2")));

      assertThat(list()).isEqualTo("7");

      assertThat(recorded.told).containsExactly("ADDED x/a@1", "UNDECODABLE x/p@9", "UNDECODABLE x/q@null",
          "UNDECODABLE null@null", "UNDECODABLE null@null", "UNDECODABLE null@null", "ADDED x/b@2");
      assertThat(recorded.undecodable.get(0).uid()).isEqualTo("u");
      assertThat(recorded.undecodable.get(0).toString())
          .matches("x/p: (tools|com\\.fasterxml)\\.jackson\\.databind\\.exc\\.MismatchedInputException, field data");
    }

    @ParameterizedTest
    @CsvSource(delimiter = ';', quoteCharacter = '`', value = {
      "{\"metadata\":{\"resourceVersion\":\"7\"},\"items\":[",
      "{\"metadata\":{\"resourceVersion\":\"7\"},\"items\":[{}]",
    })
    void doesNotCountWhenItEndsEarly(String body) {
      server.then(answer -> answer.ok().chunk(body).end()).then(answer -> answer.ok().chunk(body).cut());

      assertThat(failure(() -> list()).reason()).isEqualTo(Reason.CONNECTION_LOST);
      assertThat(failure(() -> list()).reason()).isEqualTo(Reason.CONNECTION_LOST);
    }

    @Test
    void refusesWhatIsNoList() {
      assumeConnectionsAreBackAtOnce(); // else a request may be sent on one that is about to be closed
      server.then(200, "<html>log in</html>").then(200, status(500, "InternalError", "oops")).then(200, "{}")
          .then(200, object("a", "1"));

      assertThat(failure(() -> list()).reason()).isEqualTo(Reason.UNDECODABLE);
      assertThat(failure(() -> list())).hasMessageContaining("oops")
          .extracting(RetrieveException::reason).isEqualTo(Reason.UNDECODABLE);
      assertThat(failure(() -> list()).reason()).isEqualTo(Reason.UNDECODABLE);
      assertThat(failure(() -> list()).reason()).as("an object is not an empty list").isEqualTo(Reason.UNDECODABLE);
    }

    @ParameterizedTest
    @CsvSource({
      "401, UNAUTHORIZED", "403, FORBIDDEN", "404, NOT_FOUND", "410, GONE", "429, THROTTLED", "400, REJECTED",
      "422, REJECTED", "500, SERVER_ERROR", "503, SERVER_ERROR", "504, SERVER_ERROR",
    })
    void saysWhyItFailedAfterOneRequest(int code, Reason reason) {
      server.then(code, status(code, "Why", "the words")).then(code, "not JSON");

      RetrieveException failure = failure(() -> list());

      assertThat(failure.reason()).isEqualTo(reason);
      assertThat(failure).hasMessageContaining("configmaps in namespace \"x\"").hasMessageContaining("the words");
      assertThat(failure(() -> list()).reason()).isEqualTo(reason);
      assertThat(server.requests).hasSize(2);
    }

    @Test
    void saysWhatToGrant() {
      server.then(403, status(403, "Forbidden", "no"));

      assertThat(failure(() -> list())).hasMessage("cannot list configmaps in namespace \"x\" selected by labelSelector=a=b,c in"
          + " (d,e): 403 Why, \"no\"; grant the verb \"list\" on resource \"configmaps\" of API group \"\" in namespace \"x\""
          .replace("Why", "Forbidden") + " by a Role and a RoleBinding");
    }

    @Test
    void tellsHowLongToWait() {
      server.then(answer -> answer.whole(429, status(429, "TooManyRequests", "slow down"), "Retry-After: 3"))
          .then(503, status(503, "x", "y").replace("\"code\"", "\"details\":{\"retryAfterSeconds\":4},\"code\""));

      assertThat(failure(() -> list()).retryAfter()).isEqualTo(Duration.ofSeconds(3));
      assertThat(failure(() -> list()).retryAfter()).isEqualTo(Duration.ofSeconds(4));
    }

    @Test
    void tellsThatItsVersionIsTooLarge() {
      String words = status(504, "Timeout", "Too large resource version: 9, current: 3");
      server.then(504, words).then(504, words.replace("Too large", "x").replace("\"code\"",
          "\"details\":{\"causes\":[{\"reason\":\"ResourceVersionTooLarge\"}]},\"code\""));

      assertThat(failure(() -> list()).reason()).isEqualTo(Reason.VERSION_TOO_LARGE);
      assertThat(failure(() -> list()).reason()).isEqualTo(Reason.VERSION_TOO_LARGE);
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

  @Nested
  class AWatch {

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

      assertThat(failure(() -> source(new Deadlines(SHORT, LONG, LONG, LONG)).watch(from("7"), recorded))
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
}
