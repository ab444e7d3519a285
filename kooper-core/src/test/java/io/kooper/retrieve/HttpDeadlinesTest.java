package io.kooper.retrieve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ListOptions;
import io.fabric8.kubernetes.api.model.ListOptionsBuilder;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.kooper.retrieve.HttpListerWatcher.Deadlines;
import io.kooper.retrieve.RetrieveException.Reason;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

/** What a source asks besides lists and watches, and how long it waits for a server that is slow. */
class HttpDeadlinesTest {

  private static final Duration LONG = Duration.ofSeconds(20);
  private static final Duration SHORT = Duration.ofMillis(200);

  private final CountDownLatch gone = new CountDownLatch(1);
  private final Recorded<ConfigMap> recorded = new Recorded<>();
  private ScriptedServer server;
  private KubernetesClient client;

  @BeforeEach
  void start() throws Exception {
    server = new ScriptedServer();
    client = new KubernetesClientBuilder()
        .withConfig(new ConfigBuilder(io.fabric8.kubernetes.client.Config.empty()).withMasterUrl(server.url()).build()).build();
  }

  @AfterEach
  void stop() throws Exception {
    client.close();
    server.close();
  }

  private HttpListerWatcher<ConfigMap> source(Deadlines deadlines) {
    Target target = new Target(server.url(), "", "v1", "configmaps", "x",
        Map.of("labelSelector", "a=b", "fieldSelector", "metadata.name=n"));
    return new HttpListerWatcher<>(client, ConfigMap.class, target, null, HttpListerWatcher.Form.PACKED, deadlines);
  }

  private static RetrieveException failure(ThrowingCallable call) {
    return catchThrowableOfType(RetrieveException.class, call);
  }

  private static final ListOptions QUESTION = new ListOptionsBuilder()
      .withResourceVersion("331").withResourceVersionMatch("NotOlderThan").withLimit(1L).build();

  @Nested
  class AQuestion {

    private void ask() throws Exception {
      source(new Deadlines(LONG, LONG, LONG, LONG)).list(QUESTION, recorded);
    }

    @Test
    void isAListOfOneObjectWithoutTheLabelSelectorAndReadsOnePage() throws Exception {
      server.then(200,
          "{\"kind\":\"ConfigMapList\",\"metadata\":{\"resourceVersion\":\"400\",\"continue\":\"more\"},\"items\":[]}");

      ask();

      assertThat(server.request()).startsWith("/api/v1/namespaces/x/configmaps?")
          .contains("limit=1", "resourceVersion=331", "resourceVersionMatch=NotOlderThan", "fieldSelector=metadata.name=n")
          .doesNotContain("labelSelector");
      assertThat(server.requests).isEmpty();
    }

    @Test
    void isAnsweredByAServerThatWasSetBackAsItsVersionIsTooLarge() {
      server.then(504, """
          {"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","reason":"Timeout","code":504,
           "message":"Timeout: Too large resource version: 331, current: 205",
           "details":{"causes":[{"reason":"ResourceVersionTooLarge","message":"Too large resource version"}],
           "retryAfterSeconds":1}}""")
          .then(504, "{\"kind\":\"Status\",\"status\":\"Failure\",\"message\":\"etcd\",\"code\":504}");

      RetrieveException tooLarge = failure(this::ask);
      assertThat(tooLarge.reason()).isEqualTo(Reason.VERSION_TOO_LARGE);
      assertThat(tooLarge.retryAfter()).isEqualTo(Duration.ofSeconds(1));
      assertThat(failure(this::ask).reason()).isEqualTo(Reason.SERVER_ERROR);
    }
  }

  @Nested
  class ADeadline {

    private void silent(int times) {
      for (int i = 0; i < times; i++) {
        server.then(answer -> answer.awaitGone(gone));
      }
    }

    @Test
    void ofAWatchsHeadersGrowsToFourTimesAsMuch() {
      silent(4);
      HttpListerWatcher<ConfigMap> source = source(new Deadlines(SHORT, LONG, LONG, LONG));
      for (int expected : new int[] {200, 400, 800, 800}) {
        assertThat(failure(() -> source.watch(new ListOptions(), recorded))).hasMessageContaining("within " + expected + " ms");
      }
    }

    @Test
    void ofAQuestionDoesTooWithoutThatOfALists() {
      silent(4);
      HttpListerWatcher<ConfigMap> source = source(new Deadlines(SHORT, LONG, LONG, LONG));
      for (int expected : new int[] {200, 400}) {
        assertThat(failure(() -> source.list(QUESTION, recorded))).hasMessageContaining("within " + expected + " ms");
      }
      assertThat(failure(() -> source.list(new ListOptions(), recorded))).hasMessageContaining("within 200 ms");
    }

    @Test
    void betweenTheChunksOfAListGrows() {
      for (int i = 0; i < 2; i++) {
        server.then(answer -> answer.ok().chunk("{\"items\":[").awaitGone(gone));
      }
      Target target = new Target(server.url(), "", "v1", "configmaps", "x", Map.of());
      HttpListerWatcher<ConfigMap> source = new HttpListerWatcher<>(
          client, ConfigMap.class, target, null, HttpListerWatcher.Form.PACKED,
          new Deadlines(LONG, LONG, SHORT, LONG));
      assertThat(failure(() -> source.list(new ListOptions(), recorded))).hasMessageContaining("for 200 ms");
      assertThat(failure(() -> source.list(new ListOptions(), recorded))).hasMessageContaining("for 400 ms");
    }
  }
}
