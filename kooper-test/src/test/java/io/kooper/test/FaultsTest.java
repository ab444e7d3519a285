package io.kooper.test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.kooper.test.RawClient.RawWatch;
import io.kooper.test.RawClient.Reply;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

class FaultsTest {

  private static final String MAPS = "/api/v1/namespaces/default/configmaps";

  private static EmbeddedApiServer server;
  private static int names;

  private final RawClient raw = new RawClient(server); // its connections are the test's own
  private final String name = "m" + names++;

  @BeforeAll
  static void start() {
    server = EmbeddedApiServer.builder().bookmarkInterval(Duration.ofMillis(100)).start();
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  @AfterEach
  void clear() {
    server.faults().clear();
  }

  private RawWatch watch() {
    return raw.watch(MAPS + "?watch=true&resourceVersion=" + raw.get(MAPS).at("/metadata/resourceVersion"));
  }

  private RawWatch webSocket() {
    return raw.webSocket(MAPS + "?watch=true&resourceVersion=" + raw.get(MAPS).at("/metadata/resourceVersion"));
  }

  @Nested
  class Connections {

    @Test
    void thatAreCutBreakInTheMiddle() {
      RawWatch watch = watch();
      RawWatch socket = webSocket();
      server.faults().cutConnections();
      assertThat(watch.next()).isEqualTo("broken");
      assertThat(socket.next()).isEqualTo("broken");
      await().until(() -> server.openWatches() == 0);
      assertThat(raw.get(MAPS).code()).isEqualTo(200);
    }

    @Test
    void thatAreFrozenSayNothingMoreAndDoNotEnd() {
      RawWatch watch = watch();
      RawWatch socket = webSocket();
      server.faults().freezeConnections();
      RawClient other = new RawClient(server);
      RawWatch fresh =
          other.watch(MAPS + "?watch=true&resourceVersion=" + other.get(MAPS).at("/metadata/resourceVersion"));
      other.configMap("default", name, "{}");
      assertThat(fresh.next()).isEqualTo("ADDED " + name);
      assertThat(watch.isQuiet()).isTrue();
      assertThat(socket.isQuiet()).isTrue();
    }

    @Test
    void thatAreFrozenAnswerNoRequest() {
      raw.get(MAPS);
      server.faults().freezeConnections();
      CompletableFuture<Reply> reply = CompletableFuture.supplyAsync(() -> raw.get(MAPS + "?frozen=" + name));
      new RawClient(server).get(MAPS);
      assertThat(reply).isNotDone();
      assertThat(server.requests(r -> r.query().equals("frozen=" + name))).isEmpty();
      server.faults().cutConnections(); // so that the test need not wait for its client
      await().until(reply::isDone);
    }

    @Test
    void inABlackHoleAreAcceptedAndNeverAnswered() {
      server.faults().cutConnections();
      await().until(() -> server.openConnections() == 0);
      server.faults().blackhole(true);
      CompletableFuture<Reply> reply = CompletableFuture.supplyAsync(() -> new RawClient(server).get(MAPS + "?hole"));
      await().untilAsserted(() -> assertThat(server.openConnections()).isEqualTo(1));
      server.faults().blackhole(false);
      assertThat(new RawClient(server).get(MAPS).code()).isEqualTo(200);
      assertThat(reply).isNotDone();
      assertThat(server.requests(r -> r.query().equals("hole"))).isEmpty();
      server.faults().cutConnections();
      await().until(reply::isDone);
    }
  }

  @Nested
  class Restart {

    @Test
    void keepsPortDataAndVersions() {
      raw.configMap("default", name, "{}");
      String url = server.url();
      String version = raw.get(MAPS).at("/metadata/resourceVersion");
      RawWatch watch = watch();
      server.stop();
      assertThat(watch.next()).isEqualTo("broken");
      assertThatThrownBy(() -> raw.get(MAPS)).isInstanceOf(UncheckedIOException.class);
      server.restart();
      assertThat(server.url()).isEqualTo(url);
      assertThat(raw.get(MAPS).at("/metadata/resourceVersion")).isEqualTo(version);
      raw.delete(MAPS + "/" + name);
      assertThat(raw.watch(MAPS + "?watch=true&resourceVersion=" + version).next()).isEqualTo("DELETED " + name);
    }
  }

  @Nested
  class Injected {

    @Test
    void statusMeetsWhatItIsMeantForAndAsOftenAsItIsMeantTo() {
      Faults.Injection injection = server.faults().inject(
          Fault.status(429).retryAfter(Duration.ofSeconds(3)).message("slow down").on("list", "configmaps").times(2));
      Reply refused = raw.get(MAPS);
      assertThat(refused.code()).isEqualTo(429);
      assertThat(refused.at("/reason")).isEqualTo("TooManyRequests");
      assertThat(refused.at("/message")).isEqualTo("slow down");
      assertThat(refused.http().headers().firstValue("Retry-After")).hasValue("3");
      assertThat(raw.get("/api/v1/pods").code()).isEqualTo(200);
      assertThat(raw.get(MAPS).code()).isEqualTo(429);
      assertThat(raw.get(MAPS).code()).isEqualTo(200);
      assertThat(injection.hits()).isEqualTo(2);
    }

    @Test
    void statusMeetsWatchesUntilItIsStopped() {
      Faults.Injection injection = server.faults().inject(Fault.status(403).on("watch", "*"));
      assertThat(raw.get(MAPS + "?watch=true").code()).isEqualTo(403);
      assertThatThrownBy(() -> raw.webSocket(MAPS + "?watch=true")).hasMessageContaining("WebSocketHandshake");
      injection.stop();
      assertThat(raw.watch(MAPS + "?watch=true").code).isEqualTo(200);
    }

    @Test
    void disconnectionComesBeforeTheDeed() {
      server.faults().inject(Fault.disconnect().on("create", "configmaps").when(r -> r.query().isEmpty()).times(1));
      assertThatThrownBy(() -> raw.configMap("default", name, "{}")).isInstanceOf(UncheckedIOException.class);
      assertThat(raw.get(MAPS + "/" + name).code()).isEqualTo(404);
    }

    @Test
    void lossOfTheAnswerComesAfterTheDeed() {
      server.faults().inject(Fault.loseAnswer().on("create", "configmaps").times(1));
      assertThatThrownBy(() -> raw.configMap("default", name, "{}")).isInstanceOf(UncheckedIOException.class);
      assertThat(raw.get(MAPS + "/" + name).code()).isEqualTo(200);
    }

    @Test
    void truncationEndsABodyEarly() {
      raw.configMap("default", name, "{}");
      server.faults().inject(Fault.truncate().times(2));
      assertThatThrownBy(() -> raw.get(MAPS)).isInstanceOf(UncheckedIOException.class);
      assertThatThrownBy(() -> raw.get(MAPS + "/" + name)).isInstanceOf(UncheckedIOException.class);
      assertThat(raw.get(MAPS).code()).isEqualTo(200);
    }

    @Test
    void delayPutsTheAnswerOff() {
      server.faults().inject(Fault.delay(Duration.ofMillis(300)).times(1));
      long before = System.nanoTime();
      assertThat(raw.configMap("default", name, "{}").code()).isEqualTo(201);
      assertThat(Duration.ofNanos(System.nanoTime() - before)).isGreaterThanOrEqualTo(Duration.ofMillis(300));
      server.faults().inject(Fault.delay(Duration.ofMillis(100)).times(1));
      assertThat(raw.webSocket(MAPS + "?watch=true").next()).startsWith("ADDED");
    }

    @Test
    void silenceLastsForEver() {
      server.faults().inject(Fault.hang().on("get", "configmaps").times(1));
      CompletableFuture<Reply> reply = CompletableFuture.supplyAsync(() -> raw.get(MAPS + "/" + name));
      await().until(() -> !server.requests(r -> r.is("get", "configmaps") && name.equals(r.name())).isEmpty());
      assertThat(raw.get(MAPS).code()).isEqualTo(200);
      assertThat(reply).isNotDone();
      server.faults().cutConnections();
      await().until(reply::isDone);
    }
  }

  @Nested
  class Raw {

    @Test
    void objectsAreServedAsTheyAre() {
      RawWatch watch = watch();
      server.faults().putRaw("v1", "configmaps", "default", name,
          "{\"kind\":\"ConfigMap\",\"apiVersion\":\"v1\",\"data\":\"not an object\"}");
      assertThat(watch.next()).isEqualTo("ADDED " + name);
      Reply read = raw.get(MAPS + "/" + name);
      assertThat(read.at("/data")).isEqualTo("not an object");
      assertThat(read.at("/metadata/resourceVersion")).isNotEmpty();
      assertThat(raw.get(MAPS).http().body()).contains("not an object");
      assertThat(raw.merge(MAPS + "/" + name, "{'data':null}").code()).isEqualTo(200);
      assertThat(raw.delete(MAPS + "/" + name).code()).isEqualTo(200);
    }

    @Test
    void objectsWithoutReadableMetadataAreServedAndRemoved() {
      server.faults().putRaw("v1", "secrets", "default", name, "{\"metadata\":\"none\"}");
      assertThat(raw.get("/api/v1/secrets").body().at("/items/0/metadata").asString()).isEqualTo("none");
      assertThat(raw.delete("/api/v1/namespaces/default/secrets/" + name).code()).isEqualTo(200);
      assertThat(raw.get("/api/v1/secrets").body().path("items")).isEmpty();
    }

    @Test
    void textIsRefused() {
      assertThatThrownBy(() -> server.faults().putRaw("v1", "configmaps", "default", name, "[]"))
          .isInstanceOf(IllegalArgumentException.class);
      assertThatThrownBy(() -> server.faults().putRaw("v9", "configmaps", "default", name, "{}"))
          .isInstanceOf(IllegalArgumentException.class);
    }
  }

  @Nested
  class SlowWatches {

    @Test
    void areEndedWhenTheyFallBehindTheHistory() throws Exception {
      try (EmbeddedApiServer small = EmbeddedApiServer.builder().tls(false).history(20).start()) {
        // nobody subscribes to the body: the client stops reading once its buffers are full
        var lazy = HttpClient.newHttpClient().sendAsync(
            HttpRequest.newBuilder(URI.create(small.url() + MAPS + "?watch=true")).build(), BodyHandlers.ofPublisher())
            .get();
        assertThat(lazy.statusCode()).isEqualTo(200);
        String filler = "x".repeat(500_000);
        for (int i = 0; i < 60; i++) {
          small.faults().putRaw("v1", "configmaps", "default", "big", "{\"data\":{\"k\":\"" + i + filler + "\"}}");
        }
        await().until(() -> small.openWatches() == 0);
      }
    }
  }

  @Test
  void aWatchThatIsAcceptedAndEndsWithAnErrorEvent() {
    server.faults().inject(Fault.errorEvent(500).on("watch", "configmaps").times(1));
    RawWatch watch = watch();
    assertThat(watch.event().at("/object/code").asInt()).isEqualTo(500);
    assertThat(watch.line()).isEqualTo("END");
  }

  @Nested
  class Backups {

    @Test
    void putBackTheObjectsAndTheVersionsOfTheirTime() {
      try (EmbeddedApiServer own = EmbeddedApiServer.start()) {
        RawClient client = new RawClient(own);
        client.configMap("default", "kept", "{}");
        Backup backup = own.backup();
        String then = client.get(MAPS).at("/metadata/resourceVersion");
        client.configMap("default", "lost", "{}");
        String later = client.get(MAPS).at("/metadata/resourceVersion");

        for (int i = 0; i < 2; i++) {
          own.restore(backup);
          RawClient again = new RawClient(own);
          assertThat(again.get(MAPS + "/kept").code()).isEqualTo(200);
          assertThat(again.get(MAPS + "/lost").code()).isEqualTo(404);
          assertThat(again.get(MAPS).at("/metadata/resourceVersion")).isEqualTo(then);
          Reply tooLarge = again.get(MAPS + "?limit=1&resourceVersionMatch=NotOlderThan&resourceVersion=" + later);
          assertThat(tooLarge.code()).isEqualTo(504);
          assertThat(tooLarge.at("/details/causes/0/reason")).isEqualTo("ResourceVersionTooLarge");
          again.configMap("default", "new", "{}");
        }
      }
    }
  }
}
