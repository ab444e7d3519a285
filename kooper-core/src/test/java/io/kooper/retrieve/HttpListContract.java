package io.kooper.retrieve;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.ListOptionsBuilder;
import io.fabric8.kubernetes.client.http.HttpClient;
import io.kooper.retrieve.RetrieveException.Reason;
import java.time.Duration;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a list asks the API server for, and what becomes of everything it may answer. */
abstract class HttpListContract extends HttpContract {

  HttpListContract(HttpClient.Factory factory) {
    super(factory);
  }

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
}
