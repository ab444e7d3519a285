package io.kooper.crd;

import static io.kooper.crd.Definitions.NAME;
import static io.kooper.crd.FakeCrdApi.lostConnection;
import static io.kooper.crd.FakeCrdApi.nothing;
import static io.kooper.crd.FakeCrdApi.refusal;
import static io.kooper.crd.FakeCrdApi.status;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import ch.qos.logback.classic.Level;
import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinition;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.kooper.clock.ManualClock;
import io.kooper.crd.FakeCrdApi.Happening;
import io.kooper.fake.Logs;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayName("K10: a CRD client")
@Timeout(20)
class CrdClientTest extends CrdClientRig {

  @Nested
  class Ensuring {

    @Test
    void createsADefinitionThatIsNotThere() throws Exception {
      CustomResourceDefinition definition = Definitions.foo();
      definition.getMetadata().setResourceVersion("from another cluster");
      definition.getMetadata().setUid("from another cluster");
      ensure(definition, CrdPolicy.UPDATE);
      assertThat(calls()).containsExactly("get", "create");
      assertThat(Trees.map(api.stored, "metadata", "labels")).containsOnlyKeys("app");
      assertThat(Trees.text(api.stored, "spec", "names", "kind")).isEqualTo("Foo");
      assertThat(Trees.text(api.stored, "metadata", "uid")).isEqualTo("uid-1");
    }

    @Test
    void waitsForWhatItCreatedUntilItIsEstablished() throws Exception {
      api.establishing = false;
      api.next("get", nothing(), nothing(), nothing(), () -> Trees.map(api.stored).put("status", FakeCrdApi.established()));
      ensure(Definitions.foo(), CrdPolicy.UPDATE);
      assertThat(calls()).containsExactly("get", "create", "get", "get", "get");
      assertThat(clock.waits).containsExactly(Duration.ofMillis(100), Duration.ofMillis(200), Duration.ofMillis(400));
    }

    @ParameterizedTest
    @EnumSource
    void waitsForWhatIsThereToo(CrdPolicy policy) throws Exception {
      api.establishing = false;
      api.put(Definitions.FOO_AS_SERVED);
      api.next("get", nothing(), () -> Trees.map(api.stored).put("status", FakeCrdApi.established()));
      ensure(Definitions.foo(), policy);
      assertThat(calls()).as("neither created nor updated").containsExactly("get", "get");
    }

    @ParameterizedTest
    @CsvSource({"True,False", "False,True", "Unknown,True"})
    void isNotContentWithHalf(String accepted, String established) {
      api.put(Definitions.FOO_AS_SERVED);
      Trees.map(api.stored).put("status", status("NamesAccepted", accepted, "PluralConflict", "\"foos\" is already in use",
          "Established", established, "Installing", "not yet"));
      assertThat(ensureFails(Definitions.foo(), CrdPolicy.UPDATE)).hasNoCause().hasMessageContainingAll(
          "\"foos.example.com\" was not ready within PT1M", "NamesAccepted=" + accepted, "Established=" + established);
      assertThat(clock.elapsed()).isEqualTo(MINUTE);
    }

    @Test
    void needsNoPermissionToCreateOrUpdateWhatIsThereAsWanted() throws Exception {
      api.put(Definitions.FOO_AS_SERVED);
      api.always("create", refusal(403, "Forbidden", "no")).always("update", refusal(403, "Forbidden", "no"));
      ensure(Definitions.foo(), CrdPolicy.UPDATE);
    }

    @Test
    void refusesWhatCannotBeADefinitionBeforeItAsksTheServer() {
      CustomResourceDefinition wrong = Definitions.definition(Definitions.FOO.replace("storage: true", "storage: false")
          .replace("name: foos.example.com", "name: foos"));
      assertThatThrownBy(() -> ensure(wrong, CrdPolicy.UPDATE)).isInstanceOf(IllegalArgumentException.class)
          .hasMessageContainingAll("foos.example.com", "storage: true");
      assertThatThrownBy(() -> client.ensurePresent(Definitions.foo(), CrdPolicy.UPDATE, Duration.ZERO))
          .isInstanceOf(IllegalArgumentException.class).hasMessageContaining("timeout is PT0S");
      assertThat(api.calls).isEmpty();
    }

    @Test
    void leavesTheCallersDefinitionAlone() throws Exception {
      CustomResourceDefinition definition = Definitions.foo();
      ensure(definition, CrdPolicy.UPDATE);
      ensure(definition, CrdPolicy.UPDATE);
      assertThat(definition).isEqualTo(Definitions.foo());
    }
  }

  @Nested
  class WhenSeveralDoTheSame {

    @Test
    void comparesAndWaitsWhenAnotherCreatedItFirst() throws Exception {
      api.establishing = false;
      api.next("create", () -> api.put(Definitions.FOO_AS_SERVED));
      api.next("get", nothing(), nothing(), () -> Trees.map(api.stored).put("status", FakeCrdApi.established()));
      ensure(changed(), CrdPolicy.UPDATE);
      assertThat(calls()).containsExactly("get", "create", "get", "update", "get");
    }

    @RepeatedTest(100)
    void makesOneDefinitionInEightReplicas() throws Exception {
      int replicas = 8;
      ExecutorService threads = Executors.newFixedThreadPool(replicas);
      try {
        CountDownLatch start = new CountDownLatch(1);
        List<Future<Boolean>> ends = new ArrayList<>();
        for (int i = 0; i < replicas; i++) {
          Callable<Boolean> replica = () -> {
            start.await();
            client(new LeapingClock()).ensurePresent(changed(), CrdPolicy.UPDATE, MINUTE);
            return true;
          };
          ends.add(threads.submit(replica));
        }
        start.countDown();
        for (Future<Boolean> end : ends) {
          assertThat(end.get(30, TimeUnit.SECONDS)).isTrue();
        }
        assertThat(Trees.text(api.stored, "metadata", "uid")).isEqualTo("uid-1");
        assertThat(calls()).doesNotContain("update");
      } finally {
        threads.shutdownNow();
      }
    }
  }

  @Nested
  class WithADefinitionThatIsBeingDeleted {

    @Test
    void waitsUntilItIsGoneAndCreatesItAgain() throws Exception {
      api.put(Definitions.FOO_AS_SERVED);
      Trees.map(api.stored, "metadata").put("deletionTimestamp", "2026-01-01T00:00:00Z");
      api.next("get", nothing(), nothing(), nothing(), () -> api.stored = null);
      ensure(Definitions.foo(), CrdPolicy.KEEP);
      assertThat(calls()).containsExactly("get", "get", "get", "get", "create");
    }

    @Test
    void saysSoWhenItDoesNotEnd() {
      api.put(Definitions.FOO_AS_SERVED);
      Trees.map(api.stored, "metadata").put("deletionTimestamp", "2026-01-01T00:00:00Z");
      assertThat(ensureFails(Definitions.foo(), CrdPolicy.KEEP))
          .hasMessageContaining("it is being deleted since 2026-01-01T00:00:00Z");
    }

    @Test
    void createsItAgainWhenItIsDeletedDuringTheWait() throws Exception {
      api.establishing = false;
      api.next("get", nothing(), nothing(), () -> api.stored = null);
      api.next("create", nothing(), () -> api.establishing = true);
      ensure(Definitions.foo(), CrdPolicy.UPDATE);
      assertThat(calls()).containsExactly("get", "create", "get", "get", "create");
    }
  }

  @Nested
  class Failing {

    @ParameterizedTest
    @ValueSource(strings = {"get", "create", "update"})
    void triesAgainWhatMayPass(String verb) throws Exception {
      if (verb.equals("update")) {
        api.put(Definitions.FOO_AS_SERVED);
      }
      api.next(verb, lostConnection(), refusal(429, "TooManyRequests", "slow down"), refusal(503, "Unavailable", "later"),
          refusal(500, "InternalError", "oops"));
      ensure(changed(), CrdPolicy.UPDATE);
      assertThat(calls()).filteredOn(verb::equals).hasSizeGreaterThanOrEqualTo(5);
    }

    @Test
    void waitsAsLongAsTheServerAsks() throws Exception {
      api.next("get", refusal(429, "TooManyRequests", "slow down", 7));
      ensure(Definitions.foo(), CrdPolicy.UPDATE);
      assertThat(clock.elapsed()).isEqualTo(Duration.ofSeconds(7));
    }

    @Test
    void tellsTheLastFailureAtTheTimeout() {
      api.next("get", refusal(500, "InternalError", "oops")).always("get", lostConnection());
      Throwable thrown = ensureFails(Definitions.foo(), CrdPolicy.UPDATE);
      assertThat(thrown).hasMessageContainingAll("not ready within PT1M", "it could not be read", "last failure",
          "connection reset").hasRootCauseMessage("connection reset");
      assertThat(thrown.getCause()).isInstanceOf(CrdException.class)
          .hasCauseInstanceOf(KubernetesClientException.class);
      assertThat(clock.elapsed()).isEqualTo(MINUTE);
      assertThat(clock.waits).allMatch(wait -> wait.compareTo(Duration.ofSeconds(2)) <= 0);
    }

    @Test
    void doesNotTellAFailureThatIsOver() {
      api.establishing = false;
      api.next("get", nothing(), refusal(500, "InternalError", "oops"));
      assertThat(ensureFails(Definitions.foo(), CrdPolicy.UPDATE)).hasNoCause()
          .hasMessageContainingAll("no status conditions", "mock server");
    }

    @ParameterizedTest
    @CsvSource({"get,'resourceNames: [foos.example.com], verbs: [get]'", "create,'[customresourcedefinitions], verbs: [create]'",
        "update,'resourceNames: [foos.example.com], verbs: [update]'"})
    void namesTheVerbTheResourceAndTheRuleThatAreMissing(String verb, String rule) {
      if (verb.equals("update")) {
        api.put(Definitions.FOO_AS_SERVED);
      }
      api.always(verb, refusal(403, "Forbidden", "User \"u\" cannot"));
      assertThat(ensureFails(changed(), CrdPolicy.UPDATE)).hasMessageContainingAll(
          "cannot " + verb + " the CustomResourceDefinition \"foos.example.com\"", "403 Forbidden, \"User \"u\" cannot\"",
          "the verb \"" + verb + "\" on resource \"customresourcedefinitions\" of API group \"apiextensions.k8s.io\"", rule)
          .hasRootCauseInstanceOf(KubernetesClientException.class);
      assertThat(clock.elapsed()).as("it may be granted meanwhile").isEqualTo(MINUTE);
    }

    @ParameterizedTest
    @ValueSource(strings = {"get", "create", "update"})
    void succeedsWhenThePermissionIsGrantedMeanwhile(String verb) throws Exception {
      if (verb.equals("update")) {
        api.put(Definitions.FOO_AS_SERVED);
      }
      Happening forbidden = refusal(403, "Forbidden", "User \"u\" cannot");
      api.next(verb, forbidden, refusal(401, "Unauthorized", "Unauthorized"), forbidden);
      List<@Nullable String> pending = new ArrayList<>();
      client.ensurePresent(changed(), CrdPolicy.UPDATE, MINUTE, pending::add);
      assertThat(pending).hasSize(4).last().isNull();
      assertThat(pending.get(0)).contains("foos.example.com is not ready", "grant the verb \"" + verb + "\"");
      assertThat(pending.get(1)).contains("credentials");
    }

    @Test
    void tellsTheLogAtOnceWhatIsToBeGrantedAndAgainEachHalfMinute() {
      api.always("get", refusal(403, "Forbidden", "no"));
      try (Logs log = new Logs(DefaultCrdClient.class.getName(), Level.WARN)) {
        ensureFails(Definitions.foo(), CrdPolicy.UPDATE);
        assertThat(log.lines()).filteredOn(line -> line.contains("grant the verb")).hasSize(2);
      }
    }

    @Test
    void tellsWhenTheServerHasNoSuchApi() {
      api.always("create", refusal(404, "NotFound", "the server could not find the requested resource"));
      assertThat(ensureFails(Definitions.foo(), CrdPolicy.UPDATE)).hasMessageContaining("apiextensions.k8s.io/v1?");
    }
  }

  @Nested
  class Waiting {

    @Test
    void waitsForADefinitionThatIsNotThereYet() throws Exception {
      api.next("get", nothing(), nothing(), () -> api.put(Definitions.FOO_AS_SERVED));
      client.waitToBePresent(NAME, MINUTE);
      assertThat(calls()).containsExactly("get", "get", "get");
    }

    @Test
    void endsAtTheTimeout() {
      assertThatThrownBy(() -> client.waitToBePresent(NAME, Duration.ofMillis(1))).isInstanceOf(CrdException.class)
          .hasMessageContainingAll("not ready within PT0.001S", "it does not exist");
      assertThat(calls()).as("looked at the end, too").containsExactly("get", "get");
    }

    @Test
    void endsSoonAfterAnInterrupt() throws Exception {
      ManualClock standing = new ManualClock();
      FutureTask<Throwable> end = new FutureTask<>(() -> catchThrowable(
          () -> client(standing).waitToBePresent(NAME, MINUTE)));
      Thread thread = new Thread(end, "waits for a CRD");
      thread.start();
      Awaitility.await().until(() -> standing.waiting() == 1);
      thread.interrupt();
      assertThat(end.get(30, TimeUnit.SECONDS)).isInstanceOf(InterruptedException.class);
    }

    @Test
    void seesTheDefinitionOnTheClockOfATest() throws Exception {
      ManualClock standing = new ManualClock();
      FutureTask<Throwable> end = new FutureTask<>(() -> catchThrowable(
          () -> client(standing).waitToBePresent(NAME, MINUTE)));
      new Thread(end, "waits for a CRD").start();
      Awaitility.await().until(() -> standing.waiting() == 1);
      api.put(Definitions.FOO_AS_SERVED);
      standing.advance(Duration.ofMillis(99));
      assertThat(end.isDone()).isFalse();
      standing.advance(Duration.ofMillis(1));
      assertThat(end.get(30, TimeUnit.SECONDS)).isNull();
    }

    @Test
    void isStretchedAtRandomSoThatReplicasDoNotGoInStep() {
      CrdClient stretched = new DefaultCrdClient(api, FakeCrdApi.JSON, clock, () -> 0.8);
      assertThatThrownBy(() -> stretched.waitToBePresent(NAME, Duration.ofMillis(250))).isInstanceOf(CrdException.class);
      assertThat(clock.waits).containsExactly(Duration.ofMillis(80), Duration.ofMillis(160), Duration.ofMillis(10));
    }
  }

  @Nested
  class Deleting {

    @Test
    void deletesAndDoesNotMindWhenThereIsNone() throws Exception {
      api.put(Definitions.FOO_AS_SERVED);
      client.delete(NAME);
      client.delete(NAME);
      assertThat(api.stored).isNull();
    }

    @Test
    void namesTheMissingPermission() {
      api.always("delete", refusal(403, "Forbidden", "no"));
      assertThatThrownBy(() -> client.delete(NAME)).isInstanceOf(CrdException.class)
          .hasMessageContaining("resourceNames: [foos.example.com], verbs: [delete]");
    }
  }

  @Test
  void endsAtOnceWhenTheHttpClientIsClosed() {
    KubernetesClient closed = new KubernetesClientBuilder().withConfig(
        new ConfigBuilder(Config.empty()).withMasterUrl("http://127.0.0.1:1").build()).build();
    closed.close();
    CrdClient client = DefaultCrdClient.of(closed);
    assertThatThrownBy(() -> client.waitToBePresent(NAME, Duration.ofMinutes(1)))
        .isInstanceOf(CrdException.class).hasMessageContaining("the HTTP client is closed");
  }
}
